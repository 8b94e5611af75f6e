package sessions

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
)

// refreshToken is what a client keeps: opaque to it, and of fixed length. Only
// the hashes of the two secrets are ever stored.
type refreshToken struct {
	tag      Tag
	id       [16]byte
	family   [16]byte // proves that the holder had a token of this session
	rotation [32]byte // is good once
}

const refreshTokenBytes = 16 + 16 + 16 + 32

var refreshEncoding = base64.RawURLEncoding.Strict()

// newRefreshToken returns the first token of a session.
func newRefreshToken(tag Tag) refreshToken {
	t := refreshToken{tag: tag}
	_, _ = rand.Read(t.id[:]) // it never fails: the program would have been stopped
	_, _ = rand.Read(t.family[:])
	_, _ = rand.Read(t.rotation[:])
	return t
}

// parseRefreshToken reports whether text has the form of a refresh token.
func parseRefreshToken(text string) (t refreshToken, ok bool) {
	if len(text) != refreshEncoding.EncodedLen(refreshTokenBytes) {
		return t, false
	}
	var b [refreshTokenBytes]byte
	if n, err := refreshEncoding.Decode(b[:], []byte(text)); err != nil || n != len(b) {
		return t, false
	}
	rest := b[:]
	for _, part := range [][]byte{t.tag[:], t.id[:], t.family[:], t.rotation[:]} {
		rest = rest[copy(part, rest):]
	}
	return t, true
}

func (t refreshToken) String() string {
	b := make([]byte, 0, refreshTokenBytes)
	for _, part := range [][]byte{t.tag[:], t.id[:], t.family[:], t.rotation[:]} {
		b = append(b, part...)
	}
	return refreshEncoding.EncodeToString(b)
}

// sessionID returns the session's ID, as access tokens carry it.
func (t refreshToken) sessionID() string { return refreshEncoding.EncodeToString(t.id[:]) }

func (t refreshToken) familyHash() Hash   { return sha256.Sum256(t.family[:]) }
func (t refreshToken) rotationHash() Hash { return sha256.Sum256(t.rotation[:]) }

// successor returns the token that follows t. It depends on t and the salt
// alone, so that a client whose answer was lost can be given the same again.
func (t refreshToken) successor(salt Hash) refreshToken {
	mac := hmac.New(sha256.New, salt[:])
	mac.Write(t.rotation[:])
	mac.Sum(t.rotation[:0])
	return t
}

func newSalt() (salt Hash) {
	_, _ = rand.Read(salt[:])
	return salt
}

// tagOf returns the Tag of a subject. Neither name can have a NUL that would
// move the border between them unnoticed: their lengths are in it.
func tagOf(issuer, subject string) (tag Tag) {
	b := make([]byte, 0, 128)
	b = append(b, byte(len(issuer)>>24), byte(len(issuer)>>16), byte(len(issuer)>>8), byte(len(issuer))) //nolint:gosec // byte by byte
	b = append(append(b, issuer...), subject...)
	h := sha256.Sum256(b)
	return Tag(h[:len(tag)])
}

func same(a, b Hash) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }

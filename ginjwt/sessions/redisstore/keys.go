package redisstore

import (
	"encoding/base64"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// The kinds of keys that a subject has, after the hash tag.
const (
	kindSessions   = 'l' // a hash: a field for each session
	kindGeneration = 'g'
	kindSID        = 's' // one for each revoked session
	kindJTI        = 'j' // one for each revoked token
)

// key returns the name of a key: the prefix, the tag in braces, the kind, and the
// ID of a session or a token. An ID with braces does no harm: a Redis Cluster looks
// at the first ones only.
func (s *Store) key(tag sessions.Tag, kind byte, id string) string {
	n := len(s.cfg.Prefix)
	b := make([]byte, 0, n+len("{}l")+22+len(id))
	b = append(append(b, s.cfg.Prefix...), '{')
	b = base64.RawURLEncoding.AppendEncode(b, tag[:])
	b = append(b, '}', kind)
	return string(append(b, id...))
}

// sidKeys returns the keys of the revocations of sessions.
func (s *Store) sidKeys(tag sessions.Tag, ids []string) []string {
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = s.key(tag, kindSID, id)
	}
	return keys
}

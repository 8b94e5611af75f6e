package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// User is what clients see of a user; what is not exported is not for them.
type User struct {
	Username string `json:"username"`
	Email    string `json:"email"`
	FullName string `json:"full_name"`
	Disabled bool   `json:"disabled"`

	hash   string       // of the password, by argon2id.CreateHash
	scopes ginjwt.Scope // that the user may have
}

var users = map[string]User{
	"johndoe": {"johndoe", "johndoe@example.com", "John Doe", false, "$argon2id$v=19$m=65536,t=3,p=4$tJMtR5erMw/5JG5ykp05og$vsFzhVwMiFY7iaNU5e8CHbo+gLoXMTdAqL3eS5uwAdw", "me items"},
	"alice":   {"alice", "alicechains@example.com", "Alice Chains", true, "$argon2id$v=19$m=65536,t=3,p=4$GLmtDbGs9ohCGYpTqmEoMA$O96nH6hMA/LrsvfSme3f1Wr2k/LoL0RSIyh7AaWXVkk", "me items"},
	"root":    {"root", "root@example.com", "Ruth Root", false, "$argon2id$v=19$m=65536,t=3,p=4$pmii2qnICQNcd0TMHZZ+vQ$Sp0xIvODw3nsgiAM0I2PHaVMG5U39EyqwtywJXTyiWw", "me items admin"},
}

// nobody stands for an unknown user, whose login must take as long as any other.
var nobody = User{hash: "$argon2id$v=19$m=65536,t=3,p=4$FLt1k9WdWz6Wr2wY3z9J3g$BqtPk4940Cdqt5E4q1f+Uuw/7cIpWJmiUVuUsYXzt0A"}

func findUser(_ *gin.Context, claims ginjwt.Claims) (User, error) {
	if user, ok := users[claims.Subject]; ok {
		return user, nil
	}
	return User{}, ginjwt.Unauthenticated("Could not validate credentials")
}

func onlyActive(_ *gin.Context, user User) (User, error) {
	if user.Disabled {
		return User{}, ginjwt.HTTPError(400, "Inactive user")
	}
	return user, nil
}

// loginWith grants those of the requested scopes that the user may have, and
// none if none are requested. The answer tells which (RFC 6749 section 3.3).
func loginWith(issuer *ginjwt.Issuer) func(*gin.Context, ginjwt.OAuth2PasswordRequestForm) (ginjwt.Token, error) {
	return func(c *gin.Context, form ginjwt.OAuth2PasswordRequestForm) (ginjwt.Token, error) {
		user, known := users[form.Username]
		if !known {
			user = nobody
		}
		match, err := matches(c.Request.Context(), form.Password, user.hash)
		if err != nil {
			return ginjwt.Token{}, err
		}
		if !match || !known {
			return ginjwt.Token{}, ginjwt.InvalidGrant("Incorrect username or password")
		}
		granted := slices.DeleteFunc(slices.Clone(form.Scopes), func(s string) bool { return !user.scopes.Has(s) })
		if len(granted) == 0 && len(form.Scopes) > 0 {
			return ginjwt.Token{}, ginjwt.InvalidScope("None of the requested scopes can be granted")
		}
		return issuer.Token(&ginjwt.Claims{Subject: user.Username, Scope: ginjwt.Scope(strings.Join(granted, " "))})
	}
}

var hashing = make(chan struct{}, 4) // a place for each password under way: 64 MiB

// matches checks passwords of up to 256 bytes, and waits a second for a place.
func matches(ctx context.Context, password, hash string) (bool, error) {
	if len(password) > 256 {
		return false, nil
	}
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
		return argon2id.ComparePasswordAndHash(password, hash)
	case <-time.After(time.Second):
		return false, ginjwt.Unavailable(errors.New("too many logins at once"))
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

package main

import (
	"slices"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// User is a user. Clients see the exported fields, and those alone.
type User struct {
	Username string `json:"username"`
	Email    string `json:"email"`
	FullName string `json:"full_name"`
	Disabled bool   `json:"disabled"`

	hash   string       // of the password, by argon2id.CreateHash
	scopes ginjwt.Scope // that the user may have
}

var users = map[string]User{
	"johndoe": {
		Username: "johndoe", Email: "johndoe@example.com", FullName: "John Doe", scopes: "me items",
		hash: "$argon2id$v=19$m=65536,t=3,p=4$tJMtR5erMw/5JG5ykp05og$vsFzhVwMiFY7iaNU5e8CHbo+gLoXMTdAqL3eS5uwAdw",
	},
	"alice": {
		Username: "alice", Email: "alicechains@example.com", FullName: "Alice Chains", Disabled: true, scopes: "me items",
		hash: "$argon2id$v=19$m=65536,t=3,p=4$GLmtDbGs9ohCGYpTqmEoMA$O96nH6hMA/LrsvfSme3f1Wr2k/LoL0RSIyh7AaWXVkk",
	},
	"root": {
		Username: "root", Email: "root@example.com", FullName: "Ruth Root", scopes: "me items admin",
		hash: "$argon2id$v=19$m=65536,t=3,p=4$pmii2qnICQNcd0TMHZZ+vQ$Sp0xIvODw3nsgiAM0I2PHaVMG5U39EyqwtywJXTyiWw",
	},
}

// dummyHash is compared for an unknown user, whose login must take as long as any other.
const dummyHash = "$argon2id$v=19$m=65536,t=3,p=4$FLt1k9WdWz6Wr2wY3z9J3g$BqtPk4940Cdqt5E4q1f+Uuw/7cIpWJmiUVuUsYXzt0A"

// findUser looks the token's user up. The identity provider's users are not in
// our table, not even those whose subject is the name of one of ours.
func findUser(_ *gin.Context, claims ginjwt.Claims) (User, error) {
	if claims.Issuer != ownIssuer {
		return User{Username: claims.Subject + " of " + claims.Issuer}, nil
	}
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

// claimsOf returns the claims of an access token, at the login and whenever it
// is renewed. A user who is gone by then renews nothing.
func claimsOf(_ *gin.Context, login sessions.Login[struct{}]) (ginjwt.AnyClaims, error) {
	user, known := users[login.Subject]
	if !known {
		return nil, ginjwt.InvalidGrant("The user is gone")
	}
	return &ginjwt.Claims{Scope: user.scopes}, nil
}

// checkPassword returns the function that checks a login. It grants those of the
// requested scopes that the user may have, so none if none are requested. The
// answer tells the client which (RFC 6749 section 3.3).
func checkPassword(passwords *sessions.Passwords) func(*gin.Context, ginjwt.OAuth2PasswordRequestForm) (sessions.Login[struct{}], error) {
	return func(c *gin.Context, form ginjwt.OAuth2PasswordRequestForm) (login sessions.Login[struct{}], err error) {
		user := users[form.Username] // an unknown one has an empty hash, which Check takes for just that
		match, err := passwords.Check(c, form.Username, form.Password, user.hash)
		if err != nil {
			return login, err
		}
		if !match {
			return login, ginjwt.InvalidGrant("Incorrect username or password")
		}
		granted := slices.DeleteFunc(slices.Clone(form.Scopes), func(s string) bool { return !user.scopes.Has(s) })
		if len(granted) == 0 && len(form.Scopes) > 0 {
			return login, ginjwt.InvalidScope("None of the requested scopes can be granted")
		}
		return sessions.Login[struct{}]{Subject: user.Username, Scope: ginjwt.Scope(strings.Join(granted, " "))}, nil
	}
}

// newPasswords compares at most four passwords at a time, 64 MiB each. The
// limits on wrong ones are looser than by default, for whoever tries this out.
func newPasswords() *sessions.Passwords {
	return ginjwt.Must(sessions.NewPasswords(sessions.PasswordsConfig{
		Compare: argon2id.ComparePasswordAndHash, Dummy: dummyHash, MaxBytes: 256,
		PerAccountAndAddress: sessions.Rate{Burst: 30, Every: 10 * time.Second},
		PerAddress:           sessions.Rate{Burst: 300, Every: time.Second},
		Address:              (*gin.Context).RemoteIP, // behind a proxy: ClientIP, with gin's trusted proxies set
	}))
}

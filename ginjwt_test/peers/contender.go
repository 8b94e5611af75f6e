package peers

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
)

// CacheSize is how many tokens ginjwt-cached may remember, with sessions or not.
const CacheSize = 10_000

// User is what every contender's handler is given, found by the token's sub.
type User struct{ Name string }

// Contender is one way to guard a route.
type Contender struct {
	Name string
	// New returns a server with the one route GET /me, which answers 200 to
	// whom the token's user is known, and 401 to all others.
	New func(f *Fixture) (http.Handler, error)
	// sessions says that its tokens come of a login, at POST /token, and are
	// good until POST /logout.
	sessions bool
}

// The contenders.
var (
	Bare         = Contender{Name: "bare", New: newBare}
	Ginjwt       = Contender{Name: "ginjwt", New: func(f *Fixture) (http.Handler, error) { return newGinjwt(f, 0) }}
	GinjwtCached = Contender{Name: "ginjwt-cached", New: func(f *Fixture) (http.Handler, error) { return newGinjwt(f, CacheSize) }}
	// GinjwtIssuers must look at a token's issuer before its signature, to
	// choose between two verifiers.
	GinjwtIssuers = Contender{Name: "ginjwt-issuers", New: newGinjwtIssuers}
	GinJWT        = Contender{Name: "gin-jwt", New: newAppleboy}
	GolangJWT     = Contender{Name: "golang-jwt", New: newGolangJWT}
	Least         = Contender{Name: "least", New: newLeast}
	EchoJWT       = Contender{Name: "echo-jwt", New: newEcho}
	JWTAuth       = Contender{Name: "jwtauth", New: newJWTAuth}
	Auth0         = Contender{Name: "auth0", New: newAuth0}
)

// Guards are all contenders that verify tokens, without sessions.
var Guards = []Contender{Ginjwt, GinjwtCached, GinjwtIssuers, GinJWT, GolangJWT, Least, EchoJWT, JWTAuth, Auth0}

// ByName returns the contender called name.
func ByName(name string) (Contender, error) {
	all := append([]Contender{Bare}, Guards...)
	i := slices.IndexFunc(all, func(c Contender) bool { return c.Name == name })
	if i < 0 {
		return Contender{}, fmt.Errorf("peers: no contender is called %q", name)
	}
	return all[i], nil
}

// Ready returns c's server once it has shown that it accepts the good token,
// twice, and refuses all bad ones: nobody is to be measured by work not done.
func (c Contender) Ready(f *Fixture) (http.Handler, error) {
	h, err := c.New(f)
	if err != nil {
		return nil, err
	}
	good, err := c.Good(h, f)
	if err != nil {
		return nil, err
	}
	for range 2 { // the second may come from a cache
		if status := Ask(h, good); status != http.StatusOK {
			return nil, fmt.Errorf("peers: %s answers the good token with %d", c.Name, status)
		}
	}
	if c.sessions {
		if err := c.logsOut(h, good); err != nil {
			return nil, err
		}
	}
	if c.Name == Bare.Name {
		return h, nil
	}
	bad, err := f.Bad()
	if err != nil {
		return nil, err
	}
	for what, token := range bad {
		if status := Ask(h, token); !Refused(what, status) {
			return nil, fmt.Errorf("peers: %s answers a token (%s) with %d", c.Name, what, status)
		}
	}
	return h, nil
}

// Good returns a token that h, a server of c, accepts for the next hour: that of
// a new login if c has sessions, else f's.
func (c Contender) Good(h http.Handler, f *Fixture) (string, error) {
	if c.sessions {
		return logIn(h)
	}
	return f.Good()
}

// Refused reports whether status is the right answer to a bad token: 401. For a
// token without exp 400 will do, which is gin-jwt's answer.
func Refused(what string, status int) bool {
	return status == http.StatusUnauthorized || what == withoutExpiry && status == http.StatusBadRequest
}

// Ask returns the status that h answers token with.
func Ask(h http.Handler, token string) int {
	w := NewWriter()
	h.ServeHTTP(w, NewRequest(token))
	return w.Status
}

// known reports whether u is the user that the token was made for, so that a
// handler which was given nobody is found out.
func known(u User) int {
	if u.Name != subject {
		return http.StatusInternalServerError
	}
	return http.StatusOK
}

func newBare(*Fixture) (http.Handler, error) {
	r := gin.New()
	r.GET("/me", func(c *gin.Context) { c.Status(known(User{subject})) })
	return r, nil
}

package browser_test

import (
	"bytes"
	"crypto/subtle"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/openapi"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// documented is a service with a docs page: FastAPI's tutorial on scopes, and a
// route for each other kind of access. A test changes what it is about before it
// starts the service.
type documented struct {
	site
	calls
	tokenURL string
	sessions bool // log in by package sessions, or else by a form of its own
	cfg      openapi.Config
	group    string           // where the page is mounted
	guard    *gin.HandlerFunc // in front of the page
	provider string           // the authorization server's origin, if there is one
}

// newDocumented starts a service, as its user would write it.
func newDocumented(t *testing.T, change ...func(*documented)) *documented {
	t.Helper()
	d := &documented{tokenURL: "/token", cfg: openapi.Config{Title: "Tutorial", Version: "1.0.0"}}
	for _, fn := range change {
		fn(d)
	}
	r := gin.New()
	r.Use(d.record)
	d.routes(t, r)
	mounted := r.Group(d.group)
	if d.guard != nil {
		mounted.Use(*d.guard)
	}
	require.NoError(t, openapi.Mount(mounted, d.cfg))
	d.site = serve(t, r, false)
	return d
}

type person struct {
	Username string `json:"username"`
	FullName string `json:"full_name"`
}

var john = person{"johndoe", "John Doe"}

func (d *documented) routes(t *testing.T, r *gin.Engine) {
	t.Helper()
	key, err := ginjwt.GenerateKey(ginjwt.HS256)
	require.NoError(t, err)
	issuer, err := ginjwt.NewIssuer(ginjwt.IssuerConfig{Issuer: origin, Audience: []string{origin}, Key: key})
	require.NoError(t, err)
	var policy ginjwt.Policy
	login := ownLogin(issuer)
	if d.sessions {
		logins := newLogins(t, issuer)
		login, policy.Revoker = logins.Token(), logins.Revoker()
		r.POST("/logout", logins.Logout())
	}
	verifier, err := issuer.Verifier(policy)
	require.NoError(t, err)

	token := ginjwt.OAuth2PasswordBearer(d.tokenURL, ginjwt.Scopes{"me": "Read your profile.", "items": "Read your items."})
	user := ginjwt.Depends(ginjwt.JWT[ginjwt.Claims](token, verifier), findPerson)
	active := ginjwt.Security(user, "me")
	apiKey := ginjwt.Depends(ginjwt.APIKeyHeader("X-API-Key"), checkKey)
	basic := ginjwt.Depends(ginjwt.HTTPBasic(), checkBasic)

	r.POST("/token", login)
	r.GET("/users/me/", ginjwt.Handle(active, readUsersMe))
	r.GET("/users/me/items/", ginjwt.Handle(ginjwt.Security(active, "items"), readOwnItems))
	r.GET("/status/", ginjwt.Handle(user, readStatus))
	r.GET("/public", ginjwt.Public(), readPublic)
	r.GET("/maybe", ginjwt.Handle(ginjwt.Optional(user), readMaybe))
	r.GET("/key", ginjwt.Handle(apiKey, readKey))
	r.GET("/basic", ginjwt.Handle(basic, readBasic))
	if d.provider != "" {
		code := ginjwt.OAuth2AuthorizationCodeBearer(d.provider+"/authorize", d.provider+"/token", ginjwt.Scopes{"openid": "Know who you are."})
		federated := ginjwt.Grants(ginjwt.Depends(code, checkCodeToken), func(string) []string { return []string{"openid"} })
		r.GET("/elsewhere", ginjwt.Handle(ginjwt.Security(federated, "openid"), readElsewhere))
	}
}

func newLogins(t *testing.T, issuer *ginjwt.Issuer) *sessions.Sessions[struct{}] {
	t.Helper()
	logins, err := sessions.New(sessions.Config[struct{}]{Issuer: issuer,
		Password: func(_ *gin.Context, form ginjwt.OAuth2PasswordRequestForm) (sessions.Login[struct{}], error) {
			scope, err := checkPassword(form)
			return sessions.Login[struct{}]{Subject: form.Username, Scope: scope}, err
		}})
	require.NoError(t, err)
	return logins
}

func ownLogin(issuer *ginjwt.Issuer) gin.HandlerFunc {
	return ginjwt.Handle(ginjwt.Depends(ginjwt.PasswordForm(), func(_ *gin.Context, form ginjwt.OAuth2PasswordRequestForm) (ginjwt.Token, error) {
		scope, err := checkPassword(form)
		if err != nil {
			return ginjwt.Token{}, err
		}
		return issuer.Token(&ginjwt.Claims{Subject: form.Username, Scope: scope})
	}), ginjwt.WriteToken)
}

func checkPassword(form ginjwt.OAuth2PasswordRequestForm) (ginjwt.Scope, error) {
	if form.Username != john.Username || form.Password != "secret" {
		return "", ginjwt.InvalidGrant("Incorrect username or password")
	}
	return ginjwt.Scope(strings.Join(form.Scopes, " ")), nil
}

func findPerson(_ *gin.Context, claims ginjwt.Claims) (person, error) {
	if claims.Subject != john.Username {
		return person{}, ginjwt.Unauthenticated("Could not validate credentials")
	}
	return john, nil
}

func checkKey(_ *gin.Context, key string) (string, error) {
	if !ginjwt.ConstantTimeEqual(key, "the-key") {
		return "", ginjwt.Unauthenticated("Wrong key")
	}
	return "service", nil
}

func checkBasic(_ *gin.Context, b ginjwt.BasicCredentials) (string, error) {
	if !b.Match("admin", "p:ass") {
		return "", ginjwt.Unauthenticated("Wrong password")
	}
	return b.Username, nil
}

func checkCodeToken(_ *gin.Context, token string) (string, error) {
	if subtle.ConstantTimeCompare([]byte(token), []byte(codeToken)) == 0 {
		return "", ginjwt.Unauthenticated("Wrong token")
	}
	return "federated", nil
}

func readUsersMe(c *gin.Context, me person) { c.JSON(200, me) }
func readOwnItems(c *gin.Context, me person) {
	c.JSON(200, []gin.H{{"item_id": "Foo", "owner": me.Username}})
}
func readStatus(c *gin.Context, _ person)       { c.JSON(200, gin.H{"status": "ok"}) }
func readPublic(c *gin.Context)                 { c.JSON(200, gin.H{"public": true}) }
func readKey(c *gin.Context, name string)       { c.JSON(200, gin.H{"caller": name}) }
func readBasic(c *gin.Context, name string)     { c.JSON(200, gin.H{"caller": name}) }
func readElsewhere(c *gin.Context, name string) { c.JSON(200, gin.H{"caller": name}) }

func readMaybe(c *gin.Context, me *person) {
	if me == nil {
		me = &person{Username: "guest"}
	}
	c.JSON(200, me)
}

// heard is what a service was called with.
type heard struct {
	method, path  string
	authorization string
	apiKey        string
	form          url.Values
	status        int // 0 as long as it is not answered
}

// calls remembers them.
type calls struct {
	mu  sync.Mutex
	all []*heard
}

// record is a middleware.
func (s *calls) record(c *gin.Context) {
	body, _ := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, 1<<20))
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
	form, _ := url.ParseQuery(string(body))
	got := &heard{
		method: c.Request.Method, path: c.Request.URL.Path,
		authorization: c.GetHeader("Authorization"), apiKey: c.GetHeader("X-API-Key"), form: form,
	}
	s.mu.Lock()
	s.all = append(s.all, got)
	s.mu.Unlock()
	c.Next()
	s.mu.Lock()
	got.status = c.Writer.Status()
	s.mu.Unlock()
}

// to returns the answered calls of a path, the oldest first.
func (s *calls) to(path string) (all []heard) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.all {
		if one.path == path && one.status != 0 {
			all = append(all, *one)
		}
	}
	return all
}

// next waits for the call of a path that comes after those before.
func (s *calls) next(t *testing.T, path string, before int) heard {
	t.Helper()
	require.Eventually(t, func() bool { return len(s.to(path)) > before }, 30*time.Second, 5*time.Millisecond, "no call of "+path)
	return s.to(path)[before]
}

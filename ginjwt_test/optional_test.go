package ginjwt_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// serveHeaders serves a GET request with these Authorization headers.
func serveHeaders(h http.Handler, authorization ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, v := range authorization {
		req.Header.Add("Authorization", v)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

func TestOptionalDecidesByWhatWasSent(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	token := sign(t, g.issuer, "johndoe", "me")
	pointer := ginjwt.Depends(g.user, func(_ *gin.Context, u graphUser) (*graphUser, error) { return &u, nil })
	greet := func(c *gin.Context, u *graphUser) {
		if u == nil {
			c.String(200, "nobody")
			return
		}
		c.String(200, u.Name)
	}
	routes := map[string]http.Handler{
		"Optional":             graphEngine(ginjwt.Handle(ginjwt.Optional(g.user), greet)),
		"OptionalOr nil":       graphEngine(ginjwt.Handle(ginjwt.OptionalOr(pointer, nil), greet)),
		"OptionalOr guest":     graphEngine(ginjwt.Handle(ginjwt.OptionalOr(g.user, graphUser{"nobody"}), func(c *gin.Context, u graphUser) { c.String(200, u.Name) })),
		"Optional of Security": graphEngine(ginjwt.Handle(ginjwt.Optional(ginjwt.Security(g.user, "me")), greet)),
		"Optional in Depends": graphEngine(ginjwt.Handle(ginjwt.Depends(ginjwt.Optional(g.user),
			func(_ *gin.Context, u *graphUser) (*graphUser, error) { return u, nil }), greet)),
		"Optional in a Check": graphEngine(ginjwt.Handle(ginjwt.Check(ginjwt.Optional(g.user), "any", func(*gin.Context, *graphUser) error { return nil }), greet)),
		"Get of an Optional":  graphEngine(ginjwt.Require(graphValue(1)), getOptional(ginjwt.Optional(g.user), greet)),
	}
	cases := map[string]struct {
		authorization []string
		status        int
		body          string
	}{
		"nothing":            {nil, 200, "nobody"},
		"an empty header":    {[]string{""}, 200, "nobody"},
		"another scheme":     {[]string{"Basic dTpw"}, 200, "nobody"},
		"a good token":       {[]string{"Bearer " + token}, 200, "johndoe"},
		"a bad token":        {[]string{"Bearer a.b.c"}, 401, `{"detail":"Could not validate credentials"}`},
		"a scheme alone":     {[]string{"Bearer"}, 400, `{"detail":"Malformed Authorization header"}`},
		"a malformed header": {[]string{"Bearer a b"}, 400, `{"detail":"Malformed Authorization header"}`},
		"two headers":        {[]string{"Bearer " + token, "Basic dTpw"}, 400, `{"detail":"More than one Authorization header"}`},
	}
	for route, h := range routes {
		for name, tc := range cases {
			t.Run(route+", "+name, func(t *testing.T) {
				t.Parallel()
				w := serveHeaders(h, tc.authorization...)
				assert.Equal(t, tc.status, w.Code)
				assert.Equal(t, tc.body, w.Body.String())
			})
		}
	}
}

func getOptional(d *ginjwt.Dependency[*graphUser], h func(*gin.Context, *graphUser)) gin.HandlerFunc {
	return func(c *gin.Context) {
		u, err := d.Get(c)
		if err != nil {
			ginjwt.Abort(c, err)
			return
		}
		h(c, u)
	}
}

func TestOptionalNeverTakesAFailureForNobody(t *testing.T) {
	graphCaptureLog(t)
	g := newGraphChain(t)
	token := sign(t, g.issuer, "johndoe", "me")
	fails := func(err error) *ginjwt.Dependency[int] {
		return ginjwt.Depends(g.user, func(*gin.Context, graphUser) (int, error) { return 0, err })
	}
	for name, tc := range map[string]struct {
		d      *ginjwt.Dependency[int]
		status int
	}{
		"a user who is gone":                 {fails(ginjwt.Unauthenticated("gone")), 401},
		"an Error that says no credentials":  {fails(&ginjwt.Error{Status: 401, Code: ginjwt.CodeNoCredentials}), 401},
		"a failure":                          {fails(assert.AnError), 500},
		"an outage":                          {fails(ginjwt.Unavailable(nil)), 503},
		"a missing scope":                    {ginjwt.Security(ginjwt.Depends(g.user, func(*gin.Context, graphUser) (int, error) { return 0, nil }), "admin"), 403},
		"a failure beside the scheme's part": {ginjwt.Depends2(g.user, graphFails(assert.AnError), func(*gin.Context, graphUser, int) (int, error) { return 0, nil }), 500},
	} {
		var later graphLog
		w := get(graphEngine(ginjwt.Require(ginjwt.Optional(tc.d)), later.handler("later")), "/", token)
		assert.Equal(t, tc.status, w.Code, name)
		assert.Empty(t, later.all(), name)
	}
}

func TestOptionalWorksNothingOutForNobody(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	r := graphEngine(ginjwt.Require(ginjwt.Optional(g.user)))
	assert.Equal(t, 200, get(r, "/", "").Code)
	assert.Zero(t, g.calls.Load())
}

func TestOptionalAndRequiredShareTheResult(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	r := graphEngine(ginjwt.Require(ginjwt.Optional(g.user)), ginjwt.Handle(g.user, func(c *gin.Context, u graphUser) { c.String(200, u.Name) }))
	assert.Equal(t, "johndoe", get(r, "/", sign(t, g.issuer, "johndoe", "")).Body.String())
	assert.EqualValues(t, 1, g.calls.Load())
	assert.Equal(t, 401, get(r, "/", "").Code, "an Optional before it opens nothing")
}

func TestOptionalValuesAreEachRequestsOwn(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	r := graphEngine(ginjwt.Handle(ginjwt.Optional(g.user), func(c *gin.Context, u *graphUser) {
		c.String(200, u.Name)
		u.Name = "changed"
	}))
	for range 2 {
		assert.Equal(t, "johndoe", get(r, "/", sign(t, g.issuer, "johndoe", "")).Body.String())
	}
	guest := ginjwt.OptionalOr(g.user, graphUser{"guest"})
	r = graphEngine(ginjwt.Handle(guest, func(c *gin.Context, u graphUser) { c.String(200, u.Name); u.Name = "changed" }))
	for range 2 {
		assert.Equal(t, "guest", get(r, "/", "").Body.String())
	}
}

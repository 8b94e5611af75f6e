package ginjwt_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

func altBoth(_ *gin.Context, a, b altUser) (altUser, error) {
	return altUser{a.name + "+" + b.name, a.by + "+" + b.by, nil}, altVerdict(a.name + b.name)
}

// TestAnAlternativeThatNeedsTwoCredentials is preferred only with both.
func TestAnAlternativeThatNeedsTwoCredentials(t *testing.T) {
	t.Parallel()
	w := newAltWorld(t)
	cookie := ginjwt.Depends(ginjwt.APIKeyCookie("s"), func(_ *gin.Context, s string) (altUser, error) { return altUser{s, "cookie", nil}, nil })
	query := ginjwt.Depends(ginjwt.APIKeyQuery("q"), func(_ *gin.Context, q string) (altUser, error) { return altUser{q, "query", nil}, nil })
	and := ginjwt.Depends2(w.byToken, w.byKey, altBoth)
	inner := ginjwt.Depends2(w.byKey, ginjwt.AnyOf(w.byToken, w.byPassword), altBoth) // a key and one of two
	bearer := w.bearer(t, "ann", "")
	cases := map[string]struct {
		user       *ginjwt.Dependency[altUser]
		headers    []string
		status     int
		body       string
		challenges []string
	}{
		"both sent":                          {ginjwt.AnyOf(and, cookie), []string{"Authorization", bearer, "X-API-Key", "bob", "Cookie", "s=eve"}, 200, "ann+bob by token+key", nil},
		"one sent, another's all":            {ginjwt.AnyOf(and, cookie), []string{"X-API-Key", "bob", "Cookie", "s=eve"}, 200, "eve by cookie", nil},
		"one sent, and a bad one":            {ginjwt.AnyOf(and, cookie), []string{"Authorization", "Bearer a.b.c", "Cookie", "s=eve"}, 200, "eve by cookie", nil},
		"one sent, another's all, malformed": {ginjwt.AnyOf(and, cookie), []string{"Authorization", bearer, "Cookie", "s="}, 400, `{"detail":"Malformed s cookie"}`, []string{"APIKey"}},
		"only the first":                     {ginjwt.AnyOf(and, cookie), []string{"Authorization", bearer}, 401, `{"detail":"Not authenticated"}`, []string{"APIKey"}},
		"only the second":                    {ginjwt.AnyOf(and, cookie), []string{"X-API-Key", "bob"}, 401, `{"detail":"Not authenticated"}`, []string{graphNobody}},
		"only the second, malformed first":   {ginjwt.AnyOf(and, cookie), []string{"X-API-Key", "bob", "Authorization", "Bearer"}, 400, `{"detail":"Malformed Authorization header"}`, []string{altMalformed}},
		"parts of two: the first of them":    {ginjwt.AnyOf(and, ginjwt.Depends2(cookie, query, altBoth)), []string{"Cookie", "s=eve", "X-API-Key", "bob"}, 401, `{"detail":"Not authenticated"}`, []string{graphNobody}},
		"both refused by the user":           {ginjwt.AnyOf(and, cookie), []string{"Authorization", w.bearer(t, "go", ""), "X-API-Key", "ne"}, 401, `{"detail":"Gone"}`, []string{graphInvalid, "APIKey"}},
		"a key and a token":                  {ginjwt.AnyOf(inner, cookie), []string{"Authorization", bearer, "X-API-Key", "bob", "Cookie", "s=eve"}, 200, "bob+ann by key+token", nil},
		"a key and a password":               {ginjwt.AnyOf(inner, cookie), []string{"Authorization", altBasic("cyd", ""), "X-API-Key", "bob", "Cookie", "s=eve"}, 200, "bob+cyd by key+password", nil},
		"a key and neither":                  {ginjwt.AnyOf(inner, cookie), []string{"X-API-Key", "bob", "Cookie", "s=eve"}, 200, "eve by cookie", nil},
		"a key and nothing else":             {ginjwt.AnyOf(inner, cookie), []string{"X-API-Key", "bob"}, 401, `{"detail":"Not authenticated"}`, []string{graphNobody, altNoBasic}},
		"optional, and a part was sent":      {ginjwt.OptionalOr(ginjwt.AnyOf(and, cookie), altUser{"nobody", "none", nil}), []string{"X-API-Key", "bob"}, 401, `{"detail":"Not authenticated"}`, []string{graphNobody}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := altSend(altEngine(tc.user), tc.headers...)
			assert.Equal(t, tc.status, got.Code)
			assert.Equal(t, tc.body, got.Body.String())
			assert.Equal(t, tc.challenges, got.Header().Values("WWW-Authenticate"))
		})
	}
}

func TestOptionalOverAnyOf(t *testing.T) {
	t.Parallel()
	w := newAltWorld(t)
	pointer := graphEngine(ginjwt.Handle(ginjwt.Optional(w.user), func(c *gin.Context, u *altUser) {
		if u == nil {
			u = &altUser{name: "nobody", by: "none"}
		}
		altShow(c, *u)
	}))
	guest := altEngine(ginjwt.OptionalOr(w.user, altUser{name: "nobody", by: "none"}))
	cases := map[string]struct {
		headers []string
		status  int
		body    string
	}{
		"nothing":                 {nil, 200, "nobody by none"},
		"another scheme":          {[]string{"Authorization", "Digest x"}, 200, "nobody by none"},
		"an empty header":         {[]string{"Authorization", ""}, 200, "nobody by none"},
		"a token":                 {[]string{"Authorization", w.bearer(t, "ann", "")}, 200, "ann by token"},
		"a key":                   {[]string{"X-API-Key", "bob"}, 200, "bob by key"},
		"a password":              {[]string{"Authorization", altBasic("cyd", "")}, 200, "cyd by password"},
		"a bad token":             {[]string{"Authorization", "Bearer a.b.c"}, 401, `{"detail":"Could not validate credentials"}`},
		"an empty key":            {[]string{"X-API-Key", ""}, 400, `{"detail":"Malformed X-API-Key header"}`},
		"a scheme alone":          {[]string{"Authorization", "basic"}, 400, `{"detail":"Malformed Authorization header"}`},
		"two foreign ones":        {[]string{"Authorization", "Digest x", "Authorization", "Digest y"}, 400, `{"detail":"More than one Authorization header"}`},
		"a key of another's page": {[]string{"Authorization", altBasic("cyd", ""), "Upgrade", "websocket", "Sec-Fetch-Site", "cross-site"}, 403, `{"detail":"Cross-origin request refused"}`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, r := range []http.Handler{pointer, guest} {
				got := altSend(r, tc.headers...)
				assert.Equal(t, tc.status, got.Code)
				assert.Equal(t, tc.body, got.Body.String())
			}
		})
	}
}

// TestA401AboveAnyOfChallengesForEachAlternative: one of them must help, and
// only what was sent is called wrong.
func TestA401AboveAnyOfChallengesForEachAlternative(t *testing.T) {
	t.Parallel()
	w := newAltWorld(t)
	gone := ginjwt.Depends(w.user, func(*gin.Context, altUser) (altUser, error) { return altUser{}, ginjwt.Unauthenticated("Gone") })
	check := ginjwt.Check(w.user, "tenant", func(*gin.Context, altUser) error { return ginjwt.Unauthenticated("Gone") })
	routes := map[string]http.Handler{
		"in Depends":         altEngine(gone),
		"in a Check":         altEngine(check),
		"below Optional":     graphEngine(ginjwt.Require(ginjwt.Optional(gone))),
		"in a plain handler": graphEngine(ginjwt.Require(w.user), func(c *gin.Context) { ginjwt.Abort(c, ginjwt.Unauthenticated("Gone")) }),
		"with Get": graphEngine(ginjwt.Require(graphValue(1)), func(c *gin.Context) {
			_, err := gone.Get(c)
			ginjwt.Abort(c, err)
		}),
	}
	for name, r := range routes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, tc := range []struct{ headers, want []string }{
				{[]string{"Authorization", w.bearer(t, "ann", "")}, []string{graphInvalid, "APIKey", altNoBasic}},
				{[]string{"X-API-Key", "bob"}, []string{graphNobody, "APIKey", altNoBasic}},
				{[]string{"Authorization", altBasic("cyd", "")}, []string{graphNobody, "APIKey", altNoBasic}},
			} {
				got := altSend(r, tc.headers...)
				assert.Equal(t, 401, got.Code)
				assert.Equal(t, `{"detail":"Gone"}`, got.Body.String())
				assert.Equal(t, tc.want, got.Header().Values("WWW-Authenticate"))
			}
		})
	}
}

// TestATokenThatWasNotLookedAtIsNotCalledInvalid: the key was chosen, and the
// user that it belongs to refused.
func TestATokenThatWasNotLookedAtIsNotCalledInvalid(t *testing.T) {
	t.Parallel()
	w := newAltWorld(t)
	gone := func(*gin.Context, altUser) (altUser, error) { return altUser{}, ginjwt.Unauthenticated("Gone") }
	r := altEngine(ginjwt.Depends(ginjwt.AnyOf(w.byKey, w.byToken), gone))
	got := altSend(r, "X-API-Key", "bob", "Authorization", w.bearer(t, "ann", ""))
	assert.Equal(t, 401, got.Code)
	assert.Equal(t, []string{"APIKey", graphNobody}, got.Header().Values("WWW-Authenticate"))
}

// altBody fails the test when it is read.
type altBody struct{ t *testing.T }

func (b altBody) Read([]byte) (int, error) {
	b.t.Error("the body was read")
	return 0, errors.New("read")
}

// TestAlternativesAreJudgedBeforeTheBodyIsRead, wherever the form stands.
func TestAlternativesAreJudgedBeforeTheBodyIsRead(t *testing.T) {
	t.Parallel()
	w := newAltWorld(t)
	form := ginjwt.PasswordForm()
	withForm := func(f ginjwt.OAuth2PasswordRequestForm, u altUser) (altUser, error) {
		return altUser{u.name + "+" + f.Username, u.by, nil}, nil
	}
	before := func(u *ginjwt.Dependency[altUser]) *ginjwt.Dependency[altUser] {
		return ginjwt.Depends2(form, u, func(_ *gin.Context, f ginjwt.OAuth2PasswordRequestForm, u altUser) (altUser, error) {
			return withForm(f, u)
		})
	}
	routes := map[string]gin.HandlerFunc{
		"beside the AnyOf":           ginjwt.Handle(before(w.user), altShow),
		"inside of an alternative":   ginjwt.Handle(ginjwt.AnyOf(before(w.byToken), before(w.byKey)), altShow),
		"of one alternative":         ginjwt.Handle(ginjwt.AnyOf(w.byToken, before(w.byKey)), altShow),
		"below a demand":             ginjwt.Handle(ginjwt.Security(before(ginjwt.AnyOf(w.byToken, w.byKey)), "a"), altShow),
		"a demand in an alternative": ginjwt.Handle(ginjwt.AnyOf(before(ginjwt.Security(w.byToken, "a")), before(ginjwt.Security(w.byKey, "a"))), altShow),
		"before a second AnyOf": ginjwt.Handle2(ginjwt.AnyOf(before(w.byToken), before(w.byKey)), w.user,
			func(c *gin.Context, u, _ altUser) { altShow(c, u) }),
	}
	for name, h := range routes {
		r := newEngine()
		r.POST("/", h)
		post := func(body *http.Request, headers ...string) *httptest.ResponseRecorder {
			body.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			for i := 0; i < len(headers); i += 2 {
				body.Header.Set(headers[i], headers[i+1])
			}
			rec := httptest.NewRecorder()
			r.ServeHTTP(rec, body)
			return rec
		}
		unread := func() *http.Request { return httptest.NewRequest(http.MethodPost, "/", altBody{t}) }
		form := url.Values{"username": {"u"}, "password": {"p"}}.Encode()
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, 401, post(unread()).Code)
			assert.Equal(t, 401, post(unread(), "Authorization", "Bearer a.b.c", "X-API-Key", "bob:a").Code)
			assert.Equal(t, 400, post(unread(), "X-API-Key", "").Code)
			assert.Equal(t, 401, post(unread(), "X-API-Key", "gone").Code)
			if strings.Contains(name, "demand") {
				assert.Equal(t, 403, post(unread(), "X-API-Key", "bob:b").Code)
			}
			got := post(httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form)), "X-API-Key", "bob:a")
			assert.Equal(t, 200, got.Code)
			assert.Equal(t, "bob+u by key", got.Body.String())
		})
	}
}

package ginjwt

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt/internal/override"
)

// ways is an AnyOf of three, and one of an AnyOf and a fourth.
type ways struct {
	token, key, cookie, query     *Dependency[string] // the schemes
	byToken, byKey, byCookie, byQ *Dependency[string] // what grants scopes
	user                          *Dependency[string] // by token, by key with a cookie, or by a parameter
	both                          *Dependency[string] // the second of them
}

func newWays() *ways {
	w := &ways{token: HTTPBearer(), key: APIKeyHeader("X-API-Key"), cookie: APIKeyCookie("s"), query: APIKeyQuery("q")}
	own := func(name string, d *Dependency[string]) *Dependency[string] {
		return Grants(d, func(string) []string { return []string{name} })
	}
	w.byToken, w.byKey, w.byCookie, w.byQ = own("t", w.token), own("k", w.key), own("c", w.cookie), own("q", w.query)
	w.both = Depends2(Security(w.byKey, "k"), w.cookie, first)
	w.user = AnyOf(Security(w.byToken, "t"), AnyOf(w.both, w.byQ))
	return w
}

func TestDemandsOfAlternatives(t *testing.T) {
	t.Parallel()
	w := newWays()
	guard := SecurityAny(Depends(Security(w.user, "o"), keep), "x", "y")
	nested := w.user.below[1]
	for name, tc := range map[string]struct {
		granter *node
		want    []string
	}{
		"of the first":           {&w.byToken.node, []string{"x", "y", "o", "t"}},
		"of a nested one":        {&w.byKey.node, []string{"x", "y", "o", "k"}},
		"of one without its own": {&w.byQ.node, []string{"x", "y", "o"}},
		"of the nested AnyOf":    {nested, []string{"x", "y", "o"}},
		"of the AnyOf itself":    {&w.user.node, []string{"x", "y", "o"}},
		"of a stranger":          {&w.byCookie.node, nil},
	} {
		assert.Equal(t, tc.want, guard.demands(tc.granter), name)
	}
	assert.Equal(t, []string{"k"}, w.both.demands(&w.byKey.node), "inside of the alternative its own only")
}

// granters returns the granter of each alternative of the AnyOf n.
func granters(n *node) (found []*node) {
	for _, a := range n.alternatives {
		found = append(found, a.granter)
	}
	return found
}

func TestGrantersOfAlternatives(t *testing.T) {
	t.Parallel()
	w := newWays()
	assert.Equal(t, []*node{&w.user.node}, w.user.granters(), "the AnyOf stands for all of them")
	assert.Equal(t, []*node{&w.user.node}, Check(Depends(w.user, keep), "x", func(*gin.Context, string) error { return nil }).granters())
	assert.Equal(t, []*node{&w.byToken.node, w.user.below[1]}, granters(&w.user.node))
	assert.Equal(t, []*node{&w.byKey.node, &w.byQ.node}, granters(w.user.below[1]))
	assert.Nil(t, AnyOf(w.token, w.key).granters())
	mixed := AnyOf(w.token, w.byKey)
	assert.Equal(t, []*node{nil, &w.byKey.node}, granters(&mixed.node))
	assert.Equal(t, []*node{&mixed.node}, mixed.granters())
	assert.Nil(t, Optional(w.user).granters())
	assert.Equal(t, []*node{&w.token.node, &w.key.node, &w.cookie.node, &w.query.node}, w.user.schemes)
}

func TestPathToAnAlternative(t *testing.T) {
	t.Parallel()
	w := newWays()
	clock := Provide(keepNothing)
	form := Depends(PasswordForm(), func(*gin.Context, OAuth2PasswordRequestForm) (string, error) { return "", nil })
	without := AnyOf(w.cookie, w.query)
	above := Depends(Security(w.user, "o"), keep)
	formFirst := Depends3(form, clock, above, func(*gin.Context, string, string, string) (string, error) { return "", nil })
	cases := map[string]struct {
		from *Dependency[string]
		want []*node
	}{
		"itself":                      {w.user, []*node{&w.user.node}},
		"below":                       {above, []*node{&w.user.node}},
		"after what is declared":      {Depends2(clock, above, first), []*node{&clock.node, &w.user.node}},
		"after an AnyOf":              {Depends2(without, above, first), []*node{&without.node, &w.user.node}},
		"before the body":             {formFirst, []*node{&w.user.node}},
		"not that of an alternative":  {AnyOf(above, APIKeyHeader("Other")), []*node{&w.user.node}},
		"none where it does not lie":  {without, nil},
		"none below a sibling either": {Depends2(clock, without, first), nil},
	}
	for name, tc := range cases {
		assert.Equal(t, tc.want, tc.from.path(&w.user.node), name)
	}
	assert.Equal(t, []*node{&above.node}, credentialsFirst([]*node{&form.node, &clock.node, &above.node}))
	alternative := AnyOf(Depends2(form, w.token, first), w.key)
	assert.Equal(t, []*node{&w.cookie.node, &alternative.node}, credentialsFirst([]*node{&alternative.node, &w.cookie.node}),
		"an alternative that reads the body comes after what does not")
}

func TestAnAlternativeKeepsItsName(t *testing.T) {
	t.Parallel()
	token, key := HTTPBearer(SchemeName("my/bearer")), Check(APIKeyHeader("X-API-Key"), "tenant/acme", func(*gin.Context, string) error { return nil })
	assert.Equal(t, "AnyOf(ginjwt.keep[...], APIKeyCookie)", AnyOf(Depends(HTTPBearer(), keep), APIKeyCookie("s")).name)
	assert.Equal(t, "AnyOf(my/bearer, tenant/acme)", AnyOf(token, key).name, "only the path of a function's package is left out")
}

func TestReplacementsInAlternatives(t *testing.T) {
	override.Enable()
	w := newWays()
	is := func(d *Dependency[string]) map[any]any { return map[any]any{&d.node: "fake"} }
	sent := func(ds ...*Dependency[string]) map[any]bool {
		m := map[any]bool{}
		for _, d := range ds {
			m[&d.node] = true
		}
		return m
	}
	granted := func(d *Dependency[string], scope string) map[any]string { return map[any]string{&d.node: scope} }
	secured := Security(w.user, "o")
	cases := map[string]struct {
		guard  *Dependency[string]
		set    answers
		status int
		body   string
	}{
		"nothing said":                       {w.user, answers{}, 401, `{"detail":"Not authenticated"}`},
		"the AnyOf itself needs no more":     {w.user, answers{values: is(w.user)}, 200, "fake"},
		"an alternative that was not sent":   {w.user, answers{values: is(w.byQ)}, 401, `{"detail":"Not authenticated"}`},
		"an alternative that was sent":       {w.user, answers{values: is(w.byQ), sent: sent(w.query)}, 200, "fake"},
		"the first of two that were":         {w.user, answers{values: is(w.byQ), sent: sent(w.query, w.token)}, 401, `{"detail":"Not authenticated"}`},
		"one of both parts sent":             {w.user, answers{values: map[any]any{&w.both.node: "two", &w.byQ.node: "fake"}, sent: sent(w.key, w.query)}, 200, "fake"},
		"both parts sent":                    {w.user, answers{values: map[any]any{&w.both.node: "two", &w.byQ.node: "fake"}, sent: sent(w.key, w.cookie, w.query)}, 200, "two"},
		"a scheme and the rest for real":     {w.user, answers{values: is(w.query), sent: sent(w.query)}, 200, "fake"},
		"an error of the chosen one":         {w.user, answers{errs: map[any]error{&w.byQ.node: Forbidden("no")}, sent: sent(w.query)}, 403, `{"detail":"no"}`},
		"an error of another":                {w.user, answers{values: is(w.byQ), errs: map[any]error{&w.both.node: Forbidden("no")}, sent: sent(w.query)}, 200, "fake"},
		"the AnyOf grants":                   {secured, answers{values: is(w.user), granted: granted(w.user, "o")}, 200, "fake"},
		"the AnyOf grants too little":        {secured, answers{values: is(w.user), granted: granted(w.user, "x")}, 403, `{"detail":"Not enough permissions"}`},
		"the AnyOf says nothing of it":       {secured, answers{values: is(w.user)}, 403, `{"detail":"Not enough permissions"}`},
		"the chosen one grants":              {secured, answers{values: is(w.byQ), sent: sent(w.query), granted: granted(w.byQ, "o")}, 200, "fake"},
		"the chosen one is replaced, silent": {secured, answers{values: is(w.byQ), sent: sent(w.query)}, 403, `{"detail":"Not enough permissions"}`},
		"another one grants":                 {secured, answers{values: is(w.byQ), sent: sent(w.query), granted: granted(w.byKey, "o")}, 403, `{"detail":"Not enough permissions"}`},
		"the AnyOf's word over the chosen's": {secured, answers{values: is(w.byQ), sent: sent(w.query), granted: map[any]string{&w.byQ.node: "o", &w.user.node: "x"}}, 403, `{"detail":"Not enough permissions"}`},
		"optional, nothing sent":             {OptionalOr(w.user, "nobody"), answers{values: is(w.byQ)}, 200, "nobody"},
		"optional, sent":                     {OptionalOr(w.user, "nobody"), answers{values: is(w.byQ), sent: sent(w.query)}, 200, "fake"},
		"said not to be sent":                {w.user, answers{sent: map[any]bool{&w.token.node: false}}, 401, `{"detail":"Not authenticated"}`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := serveReplaced(tc.set, Handle(tc.guard, func(c *gin.Context, v string) { c.String(200, v) }))
			assert.Equal(t, tc.status, got.Code)
			assert.Equal(t, tc.body, got.Body.String())
		})
	}
}

// TestChoosingLooksAtEachSchemeAFewTimes, however often it lies below an
// alternative: a request pays for it.
func TestChoosingLooksAtEachSchemeAFewTimes(t *testing.T) {
	t.Parallel()
	token := HTTPBearer()
	looks, find := 0, token.scheme.find
	token.scheme.find = func(c *gin.Context) (string, *Error) { looks++; return find(c) }
	d := token
	for range 10 { // 1024 ways down
		d = Depends2(d, d, first)
	}
	r := gin.New()
	r.GET("/", Require(AnyOf(APIKeyHeader("X-API-Key"), d)))
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.Header.Set("Authorization", "Bearer x")
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	assert.Equal(t, 200, w.Code)
	assert.LessOrEqual(t, looks, 4)
}

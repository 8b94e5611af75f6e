package ginjwt

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt/internal/override"
)

// answers is an override.Set.
type answers struct {
	values  map[any]any
	errs    map[any]error
	granted map[any]string
	sent    map[any]bool
}

func (a answers) Resolve(_ *gin.Context, dep any, _ func() (any, error)) (any, error, bool) { //nolint:revive // value and error belong together
	err, failed := a.errs[dep]
	v, known := a.values[dep]
	return v, err, failed || known
}

func (a answers) Granted(dep any, _ []string) (string, bool) { s, ok := a.granted[dep]; return s, ok }
func (a answers) Sent(dep any) (sent, ok bool)               { sent, ok = a.sent[dep]; return sent, ok }
func (a answers) Replaces(any) bool                          { return false }

// serveReplaced serves a request without credentials that set answers for.
func serveReplaced(set override.Set, handlers ...gin.HandlerFunc) *httptest.ResponseRecorder {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.GET("/", handlers...)
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req.WithContext(override.With(req.Context(), set)))
	return w
}

// whileOff is what a request with replacements was answered before anything
// switched the seam on, which cannot be undone.
var whileOff = func() int {
	token := OAuth2PasswordBearer("/token")
	set := answers{values: map[any]any{&token.node: "replaced"}, sent: map[any]bool{&token.node: true}}
	return serveReplaced(set, Require(token)).Code
}()

func TestTheSeamIsOffByDefault(t *testing.T) {
	t.Parallel()
	assert.Equal(t, 401, whileOff)
}

type person struct{ name string }

func show(c *gin.Context, p person) { c.String(200, p.name) }

func TestAReplacementAnswersForADependency(t *testing.T) {
	override.Enable()
	calls := 0
	token := OAuth2PasswordBearer("/token")
	user := Depends(token, func(*gin.Context, string) (person, error) { calls++; return person{"real"}, nil })
	above := Depends(user, func(_ *gin.Context, p person) (person, error) { return person{p.name + "!"}, nil })
	cases := map[string]struct {
		set    answers
		status int
		body   string
	}{
		"what is asked for":     {answers{values: map[any]any{&above.node: person{"fake"}}}, 200, "fake"},
		"what lies below it":    {answers{values: map[any]any{&user.node: person{"fake"}}}, 200, "fake!"},
		"a scheme":              {answers{values: map[any]any{&token.node: "t"}}, 200, "real!"},
		"an error":              {answers{errs: map[any]error{&user.node: Forbidden("no")}}, 403, `{"detail":"no"}`},
		"a wrapped error":       {answers{errs: map[any]error{&user.node: fmt.Errorf("w: %w", Forbidden("no"))}}, 403, `{"detail":"no"}`},
		"a 401 is challenged":   {answers{errs: map[any]error{&user.node: Unauthenticated("who")}}, 401, `{"detail":"who"}`},
		"a plain error":         {answers{errs: map[any]error{&user.node: errors.New("x")}}, 500, `{"detail":"Internal Server Error"}`},
		"a value of wrong type": {answers{values: map[any]any{&user.node: "no person"}}, 500, `{"detail":"Internal Server Error"}`},
		"a nil value":           {answers{values: map[any]any{&user.node: nil}}, 500, `{"detail":"Internal Server Error"}`},
		"nothing of this route": {answers{values: map[any]any{"other": 1}}, 401, `{"detail":"Not authenticated"}`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			calls = 0
			w := serveReplaced(tc.set, Handle(above, show))
			assert.Equal(t, tc.status, w.Code)
			assert.Equal(t, tc.body, w.Body.String())
			if w.Code == 401 {
				assert.NotEmpty(t, w.Header().Get("WWW-Authenticate"))
			}
			assert.Equal(t, name == "a scheme", calls == 1, "a replaced function is not called")
		})
	}
}

func TestAReplacementIsRemembered(t *testing.T) {
	override.Enable()
	user := Provide(func(*gin.Context) (*person, error) { return nil, nil })
	set := answers{values: map[any]any{&user.node: &person{"fake"}}}
	w := serveReplaced(set, Require(user), func(c *gin.Context) {
		a, err := user.Get(c)
		assert.NoError(t, err)
		set.values[&user.node] = &person{"another"}
		b, _ := user.Peek(c)
		assert.Same(t, a, b)
	})
	assert.Equal(t, 200, w.Code)
}

// TestANilReplacementOfAnInterface: nil is a value of every interface type.
func TestANilReplacementOfAnInterface(t *testing.T) {
	override.Enable()
	principal := Provide(func(*gin.Context) (any, error) { return "real", nil })
	w := serveReplaced(answers{values: map[any]any{&principal.node: nil}}, Handle(principal, func(c *gin.Context, v any) {
		c.String(200, "%v", v)
	}))
	assert.Equal(t, "<nil>", w.Body.String())
}

func TestAReplacementGrantsScopes(t *testing.T) {
	override.Enable()
	token := OAuth2PasswordBearer("/token")
	granter := Grants(token, func(string) []string { return []string{"real"} })
	user := Security(Depends(granter, func(*gin.Context, string) (person, error) { return person{"real"}, nil }), "me")
	for name, tc := range map[string]struct {
		set    answers
		status int
	}{
		"nothing granted":               {answers{values: map[any]any{&granter.node: "t"}}, 403},
		"granted":                       {answers{values: map[any]any{&granter.node: "t"}, granted: map[any]string{&granter.node: "a me"}}, 200},
		"something else granted":        {answers{values: map[any]any{&granter.node: "t"}, granted: map[any]string{&granter.node: "mee"}}, 403},
		"granted in place of the token": {answers{values: map[any]any{&token.node: "t"}, granted: map[any]string{&granter.node: "me"}}, 200},
		"granted to another":            {answers{values: map[any]any{&granter.node: "t"}, granted: map[any]string{&token.node: "me"}}, 403},
		"without credentials":           {answers{granted: map[any]string{&granter.node: "me"}}, 401},
	} {
		assert.Equal(t, tc.status, serveReplaced(tc.set, Require(user)).Code, name)
	}
}

func TestAReplacementCountsAsSent(t *testing.T) {
	override.Enable()
	token := OAuth2PasswordBearer("/token")
	user := Depends(token, func(*gin.Context, string) (person, error) { return person{"real"}, nil })
	guest := OptionalOr(user, person{"guest"})
	for name, tc := range map[string]struct {
		set  answers
		want string
	}{
		"not said":      {answers{values: map[any]any{&user.node: person{"fake"}}}, "guest"},
		"sent":          {answers{values: map[any]any{&user.node: person{"fake"}}, sent: map[any]bool{&token.node: true}}, "fake"},
		"said not to":   {answers{values: map[any]any{&user.node: person{"fake"}}, sent: map[any]bool{&token.node: false}}, "guest"},
		"only the sent": {answers{sent: map[any]bool{&token.node: true}}, `{"detail":"Not authenticated"}`},
	} {
		assert.Equal(t, tc.want, serveReplaced(tc.set, Handle(guest, show)).Body.String(), name)
	}
}

func TestOneRequestsReplacementsAreNotAnothers(t *testing.T) {
	override.Enable()
	token := OAuth2PasswordBearer("/token")
	set := answers{values: map[any]any{&token.node: "t"}}
	assert.Equal(t, 200, serveReplaced(set, Require(token)).Code)
	assert.Equal(t, 401, serveReplaced(answers{}, Require(token)).Code)
	assert.Equal(t, 401, serveReplaced(nil, Require(token)).Code)
}

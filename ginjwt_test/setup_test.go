package ginjwt_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// TestSetUpMistakesPanicAndSayWhatToChange: each mistake with a part of the text
// that must name it.
func TestSetUpMistakesPanicAndSayWhatToChange(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	other := newGraphChain(t)
	one := graphValue(1)
	var none *ginjwt.Dependency[int]
	zero := new(ginjwt.Dependency[int])
	h1 := func(*gin.Context, int) {}
	h2 := func(*gin.Context, int, int) {}
	h3 := func(*gin.Context, int, int, int) {}
	d1 := func(*gin.Context, int) (int, error) { return 0, nil }
	d2 := func(*gin.Context, int, int) (int, error) { return 0, nil }
	d3 := func(*gin.Context, int, int, int) (int, error) { return 0, nil }
	ok := func(*gin.Context, int) error { return nil }
	rights := func(int) []string { return nil }
	two := ginjwt.Depends2(g.user, other.user, func(_ *gin.Context, a, _ graphUser) (graphUser, error) { return a, nil })
	granted := ginjwt.Grants(one, rights)

	cases := map[string]struct {
		mistake func()
		names   []string
	}{
		"Provide nil":                 {func() { ginjwt.Provide[int](nil) }, []string{"Provide", "nil function"}},
		"Depends on nil":              {func() { ginjwt.Depends(none, d1) }, []string{"Depends", "nil or zero dependency"}},
		"Depends on a zero one":       {func() { ginjwt.Depends(zero, d1) }, []string{"Depends", "nil or zero dependency"}},
		"Depends nil":                 {func() { ginjwt.Depends[int, int](one, nil) }, []string{"Depends", "nil function"}},
		"Depends2 on nil":             {func() { ginjwt.Depends2(one, none, d2) }, []string{"Depends2", "nil or zero"}},
		"Depends2 nil":                {func() { ginjwt.Depends2[int, int, int](one, one, nil) }, []string{"Depends2", "nil function"}},
		"Depends3 on nil":             {func() { ginjwt.Depends3(one, one, none, d3) }, []string{"Depends3", "nil or zero"}},
		"Depends3 nil":                {func() { ginjwt.Depends3[int, int, int, int](one, one, one, nil) }, []string{"Depends3", "nil function"}},
		"Handle nil":                  {func() { ginjwt.Handle(none, h1) }, []string{"Handle", "nil or zero"}},
		"Handle with nil":             {func() { ginjwt.Handle(one, nil) }, []string{"Handle", "nil function"}},
		"Handle2 nil":                 {func() { ginjwt.Handle2(one, none, h2) }, []string{"Handle2", "nil or zero"}},
		"Handle2 with nil":            {func() { ginjwt.Handle2(one, one, nil) }, []string{"Handle2", "nil function"}},
		"Handle3 nil":                 {func() { ginjwt.Handle3(none, one, one, h3) }, []string{"Handle3", "nil or zero"}},
		"Handle3 with nil":            {func() { ginjwt.Handle3(one, one, one, nil) }, []string{"Handle3", "nil function"}},
		"Require without guards":      {func() { ginjwt.Require() }, []string{"Require", "no guards", "Public"}},
		"Require of no guards":        {func() { ginjwt.Require([]ginjwt.Guard{}...) }, []string{"Require", "no guards"}},
		"Require nil":                 {func() { ginjwt.Require(nil) }, []string{"Require", "nil or zero"}},
		"Require a nil dependency":    {func() { ginjwt.Require(one, none) }, []string{"Require", "nil or zero"}},
		"Require a zero dependency":   {func() { ginjwt.Require(zero) }, []string{"Require", "nil or zero"}},
		"OnError nil":                 {func() { ginjwt.OnError(nil) }, []string{"OnError", "nil function"}},
		"Check nil":                   {func() { ginjwt.Check(one, "x", nil) }, []string{"Check", "nil function"}},
		"Check of nil":                {func() { ginjwt.Check(none, "x", ok) }, []string{"Check", "nil or zero"}},
		"Check without a name":        {func() { ginjwt.Check(one, "", ok) }, []string{"Check", "empty name"}},
		"Check with a blank name":     {func() { ginjwt.Check(one, " \t", ok) }, []string{"Check", "empty name"}},
		"Grants nil":                  {func() { ginjwt.Grants(one, nil) }, []string{"Grants", "nil function"}},
		"Grants of nil":               {func() { ginjwt.Grants(none, rights) }, []string{"Grants", "nil or zero"}},
		"Optional of nil":             {func() { ginjwt.Optional(none) }, []string{"Optional", "nil or zero"}},
		"Optional over no scheme":     {func() { ginjwt.Optional(one) }, []string{"Optional", "no security scheme"}},
		"OptionalOr over no scheme":   {func() { ginjwt.OptionalOr(one, 1) }, []string{"OptionalOr", "no security scheme"}},
		"Security of nil":             {func() { ginjwt.Security(none, "a") }, []string{"Security", "nil or zero"}},
		"Security without scopes":     {func() { ginjwt.Security(g.user) }, []string{"Security", "no scopes"}},
		"Security with an empty one":  {func() { ginjwt.Security(g.user, "a", "") }, []string{"Security", `bad scope ""`}},
		"Security with a space":       {func() { ginjwt.Security(g.user, "a b") }, []string{"Security", `bad scope "a b"`}},
		"Security with a quote":       {func() { ginjwt.Security(g.user, `a"b`) }, []string{"Security", "bad scope"}},
		"Security with a backslash":   {func() { ginjwt.Security(g.user, `a\b`) }, []string{"Security", "bad scope"}},
		"Security with a line end":    {func() { ginjwt.Security(g.user, "a\nb") }, []string{"Security", "bad scope"}},
		"Security beyond ASCII":       {func() { ginjwt.Security(g.user, "ä") }, []string{"Security", "bad scope"}},
		"Scopes with a space":         {func() { ginjwt.OAuth2PasswordBearer("/token", ginjwt.Scopes{"a b": ""}) }, []string{"Scopes", `bad scope "a b"`}},
		"Security over nothing":       {func() { ginjwt.Security(one, "a") }, []string{"Security", "nothing below", "grants scopes"}},
		"Security over a bare scheme": {func() { ginjwt.Security(g.token, "a") }, []string{"Security", "nothing below"}},
		"Security over two tokens":    {func() { ginjwt.Security(two, "a") }, []string{"Security", "two tokens"}},
		"Security over two granters": {func() {
			ginjwt.Security(ginjwt.Depends2(granted, ginjwt.Grants(one, rights), d2), "a")
		}, []string{"Security", "two tokens"}},
		"Security over Optional":   {func() { ginjwt.Security(ginjwt.Optional(g.user), "a") }, []string{"Security", "Optional(Security(d"}},
		"Security over OptionalOr": {func() { ginjwt.Security(ginjwt.OptionalOr(g.user, graphUser{}), "a") }, []string{"Security", "Optional(Security(d"}},
		"Security over Optional deeper": {func() { ginjwt.Security(pass(pass(ginjwt.Optional(g.user))), "a") },
			[]string{"Security", "Optional(Security(d"}},
		"a scheme without its URL": {func() { ginjwt.OAuth2PasswordBearer("") }, []string{"OAuth2PasswordBearer", "tokenURL"}},
		"a nil option":             {func() { ginjwt.OAuth2PasswordBearer("/token", nil) }, []string{"OAuth2PasswordBearer", "nil option"}},
		"JWT of nil":               {func() { ginjwt.JWT[ginjwt.Claims](nil, nil) }, []string{"JWT", "nil or zero"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := panicText(tc.mistake)
			assert.True(t, strings.HasPrefix(text, "ginjwt: "), "panic text %q", text)
			for _, part := range tc.names {
				assert.Contains(t, text, part)
			}
		})
	}
}

func panicText(fn func()) (text string) {
	defer func() {
		if v := recover(); v != nil {
			text = fmt.Sprint(v)
		}
	}()
	fn()
	return "no panic"
}

func TestWhatIsNoMistake(t *testing.T) {
	t.Parallel()
	g := newGraphChain(t)
	pair := func(_ *gin.Context, a, _ graphUser) (graphUser, error) { return a, nil }
	for name, set := range map[string]func(){
		"one token on two branches":         func() { ginjwt.Security(ginjwt.Depends2(g.user, pass(g.user), pair), "a") },
		"Security over Security":            func() { ginjwt.Security(ginjwt.Security(g.user, "a"), "a") },
		"Optional over Security":            func() { ginjwt.Optional(ginjwt.Security(g.user, "a")) },
		"Optional over Optional":            func() { ginjwt.Optional(ginjwt.Optional(g.user)) },
		"the same guard twice":              func() { ginjwt.Require(g.user, g.user) },
		"Security over Grants over nothing": func() { ginjwt.Security(ginjwt.Grants(graphValue(1), func(int) []string { return nil }), "a") },
		"every scope character":             func() { ginjwt.Security(g.user, "!#[]~:/.-_azAZ09") },
	} {
		assert.NotPanics(t, set, name)
	}
}

package ginjwt_test

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// formSchema returns the properties of an operation's form, and which of them
// are required.
func formSchema(t testing.TB, o *apiOperation) (properties map[string]map[string]any, required []string) {
	t.Helper()
	require.NotNil(t, o.RequestBody)
	require.Equal(t, []string{formType}, keysOf(o.RequestBody.Content))
	s := o.RequestBody.Content[formType].Schema.(map[string]any)
	require.Equal(t, "object", s["type"])
	properties = map[string]map[string]any{}
	for name, p := range s["properties"].(map[string]any) {
		properties[name] = p.(map[string]any)
	}
	list, _ := s["required"].([]any)
	for _, name := range list {
		require.Contains(t, properties, name)
		required = append(required, name.(string))
	}
	return properties, required
}

// filled returns a form with a value for each of names, as the schema wants it.
func filled(properties map[string]map[string]any, names []string, known map[string]string) url.Values {
	form := url.Values{}
	for _, name := range names {
		p := properties[name]
		value, given := known[name]
		if options, has := p["enum"].([]any); has && !given {
			value = options[0].(string)
		}
		if p["pattern"] == "^password$" {
			value = "password"
		}
		form.Set(name, value)
	}
	return form
}

// formDoc is the document of a service with all endpoints that read a form.
func formDoc(t testing.TB) (*sessWorld, apiDoc) {
	t.Helper()
	w := newSessWorld(t)
	r := newEngine()
	r.POST("/token", w.Token())
	r.POST("/logout", w.Logout())
	r.POST("/revoke", w.Revoke())
	r.POST("/introspect", w.Introspect(sessCaller()))
	r.POST("/lax", ginjwt.Handle(ginjwt.Depends(ginjwt.PasswordForm(), w.formLogin), ginjwt.WriteToken))
	r.POST("/strict", ginjwt.Handle(ginjwt.Depends(ginjwt.PasswordFormStrict(), w.formLogin), ginjwt.WriteToken))
	w.srv = wireServer(t, r)
	d, _ := docOf(t, r)
	return w, d
}

func (w *sessWorld) formLogin(c *gin.Context, form loginForm) (ginjwt.Token, error) {
	login, err := w.password(c, form)
	if err != nil {
		return ginjwt.Token{}, err
	}
	return w.issuer.Token(&ginjwt.Claims{Subject: login.Subject, Scope: login.Scope})
}

var formEndpoints = []string{"/token", "/lax", "/strict", "/revoke", "/introspect", "/logout"}

// A form with all that is required, and one with all that there is, gets the
// success that the document shows, with a body of its schema.
func TestDocumentedFormsAreAccepted(t *testing.T) {
	t.Parallel()
	w, d := formDoc(t)
	success := map[string]string{"/logout": "204"}
	for _, path := range formEndpoints {
		o := d.operation(t, "post", path)
		properties, required := formSchema(t, o)
		if path == "/token" { // what else is required depends on the grant
			required = append(required, "username", "password")
		}
		for what, names := range map[string][]string{"the required": required, "all": slices.Collect(maps.Keys(properties))} {
			tokens := w.logInAt("/token")
			known := map[string]string{
				"username": "alice", "password": "right", "scope": "me items", "refresh_token": tokens.Refresh,
				"token": tokens.Refresh, "token_type_hint": "refresh_token",
			}
			headers := []string{"Authorization: Bearer " + tokens.Access}
			if path == "/introspect" {
				headers = []string{sessAPI}
			}
			answer := w.post(path, filled(properties, names, known), headers...)
			want := "200"
			if s, other := success[path]; other {
				want = s
			}
			require.Equal(t, want, itoa(answer.status), "%s with %s: %s", path, what, answer.body)
			shown := o.Responses[want]
			require.NotNil(t, shown, "%s has no %s", path, want)
			if answer.body == "" {
				assert.Empty(t, shown.Content, path)
				continue
			}
			requireJSONFits(t, d.component(t, shown), []byte(answer.body))
		}
	}
}

func (w *sessWorld) logInAt(path string) sessTokens {
	w.t.Helper()
	return sessTokensOf(w.t, w.post(path, sessForm("grant_type", "password", "username", "alice", "password", "right")))
}

// component returns the schema that a body of JSON refers to.
func (d apiDoc) component(t testing.TB, b *apiBody) any {
	t.Helper()
	const prefix = "#/components/schemas/"
	ref, _ := b.Content["application/json"].Schema.(map[string]any)["$ref"].(string)
	require.Contains(t, ref, prefix)
	require.Contains(t, d.Components.Schemas, ref[len(prefix):])
	return d.Components.Schemas[ref[len(prefix):]]
}

// Without one of the required fields, the form is refused as the document says.
func TestDocumentedFieldsAreRequired(t *testing.T) {
	t.Parallel()
	w, d := formDoc(t)
	for _, path := range formEndpoints {
		o := d.operation(t, "post", path)
		properties, required := formSchema(t, o)
		for _, left := range required {
			form := filled(properties, required, map[string]string{"username": "alice", "password": "right", "token": "x"})
			form.Del(left)
			answer := w.post(path, form, sessAPI)
			require.Equal(t, 400, answer.status, "%s without %s: %s", path, left, answer.body)
			requireJSONFits(t, d.component(t, o.Responses["400"]), []byte(answer.body))
		}
	}
	_, required := formSchema(t, d.operation(t, "post", "/lax"))
	assert.ElementsMatch(t, []string{"username", "password"}, required)
	_, required = formSchema(t, d.operation(t, "post", "/strict"))
	assert.ElementsMatch(t, []string{"grant_type", "username", "password"}, required)
	_, required = formSchema(t, d.operation(t, "post", "/token"))
	assert.Equal(t, []string{"grant_type"}, required)
}

func TestDocumentOfTheEndpoints(t *testing.T) {
	t.Parallel()
	_, d := formDoc(t)
	for path, want := range map[string]struct {
		id, summary string
		responses   []string
		fields      []string
	}{
		"/token":      {"token", "Token", []string{"200", "400", "401"}, []string{"client_id", "client_secret", "grant_type", "password", "refresh_token", "scope", "username"}},
		"/logout":     {"logOut", "Log Out", []string{"204", "401"}, []string{"refresh_token"}},
		"/revoke":     {"revokeToken", "Revoke Token", []string{"200", "400", "401"}, []string{"client_id", "client_secret", "token", "token_type_hint"}},
		"/introspect": {"introspectToken", "Introspect Token", []string{"200", "400", "401"}, []string{"token", "token_type_hint"}},
	} {
		o := d.operation(t, "post", path)
		assert.Equal(t, want.id, o.OperationID)
		assert.Equal(t, want.summary, o.Summary)
		assert.ElementsMatch(t, want.responses, keysOf(o.Responses), path)
		properties, _ := formSchema(t, o)
		assert.ElementsMatch(t, want.fields, keysOf(properties), path)
		for _, secret := range []string{"password", "client_secret", "refresh_token", "token"} {
			if p, has := properties[secret]; has {
				assert.Equal(t, "password", p["format"], "%s of %s is shown while it is typed", secret, path)
			}
		}
	}
	assert.Equal(t, []map[string][]string{{"HTTPBasic": {}}}, d.operation(t, "post", "/introspect").Security)
	assert.Nil(t, d.operation(t, "post", "/token").Security)
}

// An operation that logs out takes the access tokens of the others, so that a page
// sends the one that it has; or none, for there may be a refresh token in the form.
func TestDocumentOfALogoutTakesTheAccessTokens(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	nobody := func(*gin.Context, string) {}
	password, bearer, key := ginjwt.OAuth2PasswordBearer("/token"), ginjwt.HTTPBearer(), ginjwt.APIKeyHeader("X-Key")
	for rule, tc := range map[string]struct {
		before []gin.HandlerFunc
		routes map[string]*ginjwt.Dependency[string]
		want   []map[string][]string
	}{
		"of each bearer scheme":             {nil, map[string]*ginjwt.Dependency[string]{"/a": password, "/b": bearer}, []map[string][]string{{}, {"HTTPBearer": {}}, {"OAuth2PasswordBearer": {}}}},
		"not of other schemes":              {nil, map[string]*ginjwt.Dependency[string]{"/a": password, "/b": key}, []map[string][]string{{}, {"OAuth2PasswordBearer": {}}}},
		"none, where there is none":         {nil, map[string]*ginjwt.Dependency[string]{"/b": key}, nil},
		"a guard before it says what holds": {[]gin.HandlerFunc{ginjwt.Require(key)}, map[string]*ginjwt.Dependency[string]{"/a": password}, []map[string][]string{{"APIKeyHeader": {}}}},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			r := newEngine()
			for path, d := range tc.routes {
				r.GET(path, ginjwt.Handle(d, nobody))
			}
			r.Any("/logout", append(tc.before, w.Logout())...)
			d, _ := docOf(t, r)
			assert.Equal(t, tc.want, d.operation(t, "post", "/logout").Security)
			if tc.before == nil {
				assert.Nil(t, d.operation(t, "get", "/logout").Security, "a GET logs nobody out")
			}
		})
	}
}

// The refusals of the endpoints on the wire are those of the document.
func TestDocumentedRefusalsOfTheEndpoints(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t, func(cfg *sessConfig) { cfg.Client = noClient })
	d, _ := docOf(t, postOnly(w))
	for _, tc := range []struct {
		path    string
		form    url.Values
		headers []string
		status  int
	}{
		{"/token", sessForm("grant_type", "password", "username", "a", "password", "right"), nil, 401},
		{"/token", sessForm("grant_type", "password", "grant_type", "password"), nil, 400},
		{"/revoke", sessForm("token", "x"), nil, 401},
		{"/introspect", sessForm("token", "x"), nil, 401},
		{"/introspect", sessForm("token", ""), []string{sessAPI}, 400},
		{"/logout", nil, nil, 401},
	} {
		answer := w.post(tc.path, tc.form, tc.headers...)
		require.Equal(t, tc.status, answer.status, "%s: %s", tc.path, answer.body)
		shown := d.operation(t, "post", tc.path).Responses[itoa(tc.status)]
		if assert.NotNil(t, shown, "%s has no %d", tc.path, tc.status) {
			assert.Equal(t, answer.header.Get("WWW-Authenticate"), shown.challenge(), "%s, %d", tc.path, tc.status)
			requireJSONFits(t, d.component(t, shown), []byte(answer.body))
		}
	}
}

// A guard before a token endpoint refuses as it does elsewhere, and the document
// says so.
func TestDocumentOfAGuardedTokenEndpoint(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	r := newEngine()
	r.POST("/token", ginjwt.Require(ginjwt.APIKeyHeader("X-Key")), w.Token())
	d, _ := docOf(t, r)
	w.srv = wireServer(t, r)
	o := d.operation(t, "post", "/token")
	assert.Equal(t, []map[string][]string{{"APIKeyHeader": {}}}, o.Security)
	answer := w.post("/token", nil)
	require.Equal(t, 401, answer.status)
	assert.Contains(t, o.Responses["401"].challenge(), answer.header.Get("WWW-Authenticate"))
}

// The endpoints answer POST only, so a form for another method is none.
func TestDocumentShowsNoFormForOtherMethods(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	d, _ := docOf(t, w.engine(nil))
	for _, path := range []string{"/token", "/logout", "/revoke", "/introspect"} {
		require.NotNil(t, d.operation(t, "post", path).RequestBody)
		for method, o := range d.Paths[path] {
			if method != "post" {
				assert.Nil(t, o.RequestBody, "%s %s is told to take a form", method, path)
			}
		}
	}
}

// A grant of the user's own reads a form, too.
func TestDocumentOfAnOwnGrant(t *testing.T) {
	t.Parallel()
	exchange := ginjwt.Depends(ginjwt.TokenForm(), func(*gin.Context, url.Values) (ginjwt.Token, error) { return ginjwt.Token{}, nil })
	r := newEngine()
	r.POST("/token", ginjwt.Handle(exchange, ginjwt.WriteToken))
	d, _ := docOf(t, r)
	o := d.operation(t, "post", "/token")
	properties, _ := formSchema(t, o)
	assert.Contains(t, properties, "grant_type")
	assert.Contains(t, o.Responses, "400")
}

func postOnly(w *sessWorld) *gin.Engine {
	r := newEngine()
	r.POST("/token", w.Token())
	r.POST("/logout", w.Logout())
	r.POST("/revoke", w.Revoke())
	r.POST("/introspect", w.Introspect(sessCaller()))
	return r
}

func noClient(context.Context, string, string) (bool, error) { return false, nil }

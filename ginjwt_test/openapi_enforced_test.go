package ginjwt_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/openapi"
)

// guardedProgram has a route for each way to combine guards. All credentials
// grant the scopes that they name themselves: "granted.a.b".
func guardedProgram(verifier *ginjwt.Verifier) *gin.Engine {
	scopes := ginjwt.Scopes{"a": "", "b": "", "c": "", "admin": ""}
	named := func(credential string) []string { return strings.Split(credential, ".")[1:] }
	user := ginjwt.Depends(ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token", scopes), verifier),
		func(_ *gin.Context, c ginjwt.Claims) (string, error) { return c.Subject, nil })
	header := ginjwt.Grants(ginjwt.APIKeyHeader("X-Key"), named)
	query := ginjwt.Grants(ginjwt.APIKeyQuery("key"), named)
	cookie := ginjwt.Grants(ginjwt.APIKeyCookie("sid"), named)
	basic := ginjwt.Grants(ginjwt.Depends(ginjwt.HTTPBasic(), func(_ *gin.Context, b ginjwt.BasicCredentials) (string, error) { return b.Password, nil }), named)
	digest := ginjwt.Grants(ginjwt.HTTPBase("digest"), named)
	same := func(_ *gin.Context, a, _ string) (string, error) { return a, nil }

	r := newEngine()
	for path, d := range map[string]*ginjwt.Dependency[string]{
		"/user": user, "/header": header, "/query": query, "/cookie": cookie, "/basic": basic, "/digest": digest,
		"/scope": ginjwt.Security(user, "a"), "/scopes": ginjwt.Security(ginjwt.Security(user, "a"), "b", "c"),
		"/key-scope": ginjwt.Security(header, "a", "b"), "/any-scope": ginjwt.SecurityAny(user, "a", "b"),
		"/any-and-scope": ginjwt.SecurityAny(ginjwt.Security(user, "c"), "a", "b"),
		"/or":            ginjwt.AnyOf(user, header, query), "/or-scope": ginjwt.Security(ginjwt.AnyOf(user, cookie, renamed(query)), "a"),
		"/or-own-scopes": ginjwt.AnyOf(ginjwt.Security(user, "a"), ginjwt.Security(header, "b"), query),
		"/and":           ginjwt.Depends2(user, header, same), "/and-scope": ginjwt.Depends2(ginjwt.Security(user, "a"), ginjwt.Security(header, "b"), same),
		"/or-of-ands": ginjwt.AnyOf(ginjwt.Depends2(ginjwt.Security(header, "a"), cookie, same), ginjwt.Security(query, "b")),
		"/checked":    ginjwt.Check(ginjwt.Security(user, "a"), "role", func(*gin.Context, string) error { return nil }),
		"/optional":   ginjwt.OptionalOr(user, ""), "/optional-scope": ginjwt.OptionalOr(ginjwt.Security(user, "a"), ""),
		"/optional-or": ginjwt.OptionalOr(ginjwt.AnyOf(user, header), ""),
	} {
		r.GET(path, ginjwt.Handle(d, okWith[string]))
		r.GET("/required"+path, ginjwt.Require(d), ok)
		r.Group("/admin", ginjwt.Require(ginjwt.Security(user, "admin"))).GET(path, ginjwt.Handle(d, okWith[string]))
		r.Group("/keyed", openapi.Describe(openapi.Op{}), ginjwt.Require(ginjwt.APIKeyHeader("X-Other", ginjwt.SchemeName("Other")))).GET(path, ginjwt.Handle(d, okWith[string]))
	}
	r.GET("/open", ginjwt.Public(), ok)
	return r
}

func renamed(d *ginjwt.Dependency[string]) *ginjwt.Dependency[string] {
	return ginjwt.Depends(d, func(_ *gin.Context, v string) (string, error) { return v, nil })
}

// docClient sends what a document says, and knows nothing else of the service.
type docClient struct {
	t       testing.TB
	issuer  *ginjwt.Issuer
	doc     apiDoc
	service http.Handler
}

// request returns a request with the credentials of requirement.
func (c docClient) request(path string, requirement map[string][]string) *http.Request {
	c.t.Helper()
	req := httptest.NewRequest(http.MethodGet, path, nil)
	for name, scopes := range requirement {
		scheme, known := c.doc.Components.SecuritySchemes[name].(map[string]any)
		require.True(c.t, known, "%s is not among the components", name)
		granted := strings.Join(append([]string{"granted"}, scopes...), ".")
		switch kind := fmt.Sprintf("%v %v%v", scheme["type"], scheme["in"], scheme["scheme"]); kind {
		case "oauth2 <nil><nil>":
			req.Header.Add("Authorization", "Bearer "+sign(c.t, c.issuer, "alice", ginjwt.Scope(strings.Join(scopes, " "))))
		case "http <nil>basic":
			req.Header.Add("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("alice:"+granted)))
		case "http <nil>digest":
			req.Header.Add("Authorization", "Digest "+granted)
		case "apiKey header<nil>":
			req.Header.Add(scheme["name"].(string), granted)
		case "apiKey cookie<nil>":
			req.AddCookie(&http.Cookie{Name: scheme["name"].(string), Value: granted})
		case "apiKey query<nil>":
			req.URL.RawQuery = url.Values{scheme["name"].(string): {granted}}.Encode()
		default:
			require.Fail(c.t, "an unknown scheme", kind)
		}
	}
	return req
}

func (c docClient) status(path string, requirement map[string][]string) int {
	w := httptest.NewRecorder()
	c.service.ServeHTTP(w, c.request(path, requirement))
	return w.Code
}

// suffices reports whether one of all is fulfilled by sent.
func suffices(all []map[string][]string, sent map[string][]string) bool {
	return len(all) == 0 || slices.ContainsFunc(all, func(requirement map[string][]string) bool {
		for name, scopes := range requirement {
			granted, has := sent[name]
			if !has || slices.ContainsFunc(scopes, func(s string) bool { return !slices.Contains(granted, s) }) {
				return false
			}
		}
		return true
	})
}

// The document is what is enforced: each alternative that it lists is let
// through, and refused with one of its schemes, or one scope, less.
func TestDocumentIsWhatIsEnforced(t *testing.T) {
	t.Parallel()
	issuer, verifier := newIssuer(t)
	r := guardedProgram(verifier)
	d, _ := docOf(t, r)
	c := docClient{t, issuer, d, r}
	alternatives, refused := 0, 0
	for path, methods := range d.Paths {
		security := methods["get"].Security
		for _, requirement := range security {
			if conflicting(d, requirement) {
				continue
			}
			alternatives++
			assert.Equal(t, 200, c.status(path, requirement), "%s with %v", path, requirement)
			for name, scopes := range requirement {
				less := maps.Clone(requirement)
				delete(less, name)
				refused += c.refused(path, security, less)
				for i := range scopes {
					less := maps.Clone(requirement)
					less[name] = slices.Delete(slices.Clone(scopes), i, i+1)
					refused += c.refused(path, security, less)
				}
			}
		}
		refused += c.refused(path, security, nil)
	}
	assert.Greater(t, alternatives, 100)
	assert.Greater(t, refused, 200)
	assert.Equal(t, 200, c.status("/open", nil))
	assert.Nil(t, d.operation(t, "get", "/open").Security)
}

// refused asserts that path refuses what does not suffice, with a status that
// the document shows, and returns 1 if there was anything to assert.
func (c docClient) refused(path string, security []map[string][]string, sent map[string][]string) int {
	c.t.Helper()
	if suffices(security, sent) {
		return 0
	}
	status := 401
	if suffices(withoutScopes(security), sent) { // further credentials would not help
		status = 403
	}
	got := c.status(path, sent)
	assert.Equal(c.t, status, got, "%s, which wants one of %v, with %v", path, security, sent)
	assert.Contains(c.t, c.doc.Paths[path]["get"].Responses, itoa(got), path)
	return 1
}

func withoutScopes(all []map[string][]string) (bare []map[string][]string) {
	for _, requirement := range all {
		schemes := map[string][]string{}
		for name := range requirement {
			schemes[name] = nil
		}
		bare = append(bare, schemes)
	}
	return bare
}

// conflicting reports whether requirement has two schemes that both want the
// Authorization header: nobody can send that.
func conflicting(d apiDoc, requirement map[string][]string) bool {
	headers := 0
	for name := range requirement {
		if kind := d.Components.SecuritySchemes[name].(map[string]any)["type"]; kind != "apiKey" {
			headers++
		}
	}
	return headers > 1
}

package ginjwt_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt"
)

const (
	altNoBasic   = `Basic realm="api", charset="UTF-8"`
	altMalformed = `Bearer realm="api", error="invalid_request", error_description="Malformed Authorization header"`
)

// altUser is what each alternative makes of its credentials.
type altUser struct {
	name   string
	by     string
	scopes []string
}

// altWorld has a user with three ways in. Each grants scopes.
type altWorld struct {
	issuer                     *ginjwt.Issuer
	token, key                 *ginjwt.Dependency[string]
	basic                      *ginjwt.Dependency[ginjwt.BasicCredentials]
	claims                     *ginjwt.Dependency[ginjwt.Claims]
	byToken, byKey, byPassword *ginjwt.Dependency[altUser]
	user                       *ginjwt.Dependency[altUser]
	calls                      graphLog // of the alternatives' functions
}

func newAltWorld(t testing.TB, opts ...ginjwt.SchemeOption) *altWorld {
	t.Helper()
	issuer, verifier := newIssuer(t)
	w := &altWorld{
		issuer: issuer,
		token:  ginjwt.OAuth2PasswordBearer("/token", opts...), key: ginjwt.APIKeyHeader("X-API-Key"), basic: ginjwt.HTTPBasic(),
	}
	w.claims = ginjwt.JWT[ginjwt.Claims](w.token, verifier)
	w.byToken = ginjwt.Depends(w.claims, w.findByToken)
	w.byKey = ginjwt.Grants(ginjwt.Depends(w.key, w.findByKey), altRights)
	w.byPassword = ginjwt.Grants(ginjwt.Depends(w.basic, w.findByPassword), altRights)
	w.user = ginjwt.AnyOf(w.byToken, w.byKey, w.byPassword)
	return w
}

func altRights(u altUser) []string { return u.scopes }

func (w *altWorld) findByToken(_ *gin.Context, c ginjwt.Claims) (altUser, error) {
	w.calls.add("token")
	return altUser{c.Subject, "token", nil}, altVerdict(c.Subject)
}

// findByKey takes keys of the form name:scope,scope.
func (w *altWorld) findByKey(_ *gin.Context, key string) (altUser, error) {
	w.calls.add("key")
	name, scopes, _ := strings.Cut(key, ":")
	return altUser{name, "key", strings.Split(scopes, ",")}, altVerdict(name)
}

// findByPassword takes the password for a list of scopes.
func (w *altWorld) findByPassword(_ *gin.Context, b ginjwt.BasicCredentials) (altUser, error) {
	w.calls.add("password")
	return altUser{b.Username, "password", strings.Split(b.Password, ",")}, altVerdict(b.Username)
}

// altVerdict is what becomes of a user of this name.
func altVerdict(name string) error {
	switch name {
	case "gone":
		return ginjwt.Unauthenticated("Gone")
	case "banned":
		return ginjwt.Forbidden("Banned")
	case "teapot":
		return ginjwt.HTTPError(418, "Teapot")
	case "down":
		return ginjwt.Unavailable(errors.New("down"))
	case "bug":
		return errors.New("bug")
	}
	return nil
}

func (w *altWorld) bearer(t testing.TB, name string, scope ginjwt.Scope) string {
	t.Helper()
	return "Bearer " + sign(t, w.issuer, name, scope)
}

func altBasic(name, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
}

// altSend serves a GET request with headers: names and values in turn.
func altSend(h http.Handler, headers ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

// altShow answers with who was found, and how.
func altShow(c *gin.Context, u altUser) { c.String(200, u.name+" by "+u.by) }

func altEngine(user *ginjwt.Dependency[altUser]) *gin.Engine {
	return graphEngine(ginjwt.Handle(user, altShow))
}

func TestAnyOfIsTheFirstAlternativeInOrderWhoseCredentialsWereSent(t *testing.T) {
	t.Parallel()
	w := newAltWorld(t)
	bearer, basic := w.bearer(t, "ann", ""), altBasic("cyd", "pw")
	reversed := ginjwt.AnyOf(w.byPassword, w.byKey, w.byToken)
	cases := map[string]struct {
		user    *ginjwt.Dependency[altUser]
		headers []string
		body    string
		calls   []string
	}{
		"the first":                             {w.user, []string{"Authorization", bearer}, "ann by token", []string{"token"}},
		"the second":                            {w.user, []string{"X-API-Key", "bob"}, "bob by key", []string{"key"}},
		"the third":                             {w.user, []string{"Authorization", basic}, "cyd by password", []string{"password"}},
		"two sent: the first of the list":       {w.user, []string{"X-API-Key", "bob", "Authorization", bearer}, "ann by token", []string{"token"}},
		"two sent: the second before the third": {w.user, []string{"Authorization", basic, "X-API-Key", "bob"}, "bob by key", []string{"key"}},
		"the list in another order":             {reversed, []string{"X-API-Key", "bob", "Authorization", bearer}, "bob by key", []string{"key"}},
		"and its first":                         {reversed, []string{"X-API-Key", "bob", "Authorization", basic}, "cyd by password", []string{"password"}},
		"another scheme's header is none":       {w.user, []string{"Authorization", "Digest x", "X-API-Key", "bob"}, "bob by key", []string{"key"}},
		"an empty Authorization header is none": {w.user, []string{"Authorization", "", "X-API-Key", "bob"}, "bob by key", []string{"key"}},
		"one alternative":                       {ginjwt.AnyOf(w.byKey), []string{"X-API-Key", "bob"}, "bob by key", []string{"key"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) { // in turn, for they share a log
			before := len(w.calls.all())
			got := altSend(altEngine(tc.user), tc.headers...)
			assert.Equal(t, 200, got.Code)
			assert.Equal(t, tc.body, got.Body.String())
			assert.Equal(t, tc.calls, w.calls.all()[before:], "only the chosen one's functions are called")
			assert.Empty(t, got.Header().Values("WWW-Authenticate"))
		})
	}
}

// TestAnyOfNeverFallsThrough: in each case a good credential of a later
// alternative was sent, too.
func TestAnyOfNeverFallsThrough(t *testing.T) {
	graphCaptureLog(t)
	w := newAltWorld(t)
	cases := map[string]struct {
		user       *ginjwt.Dependency[altUser]
		headers    []string
		status     int
		body       string
		challenges []string
	}{
		"a bad token":         {w.user, []string{"Authorization", "Bearer a.b.c", "X-API-Key", "bob"}, 401, "Could not validate credentials", []string{graphInvalid}},
		"a user who is gone":  {w.user, []string{"Authorization", w.bearer(t, "gone", ""), "X-API-Key", "bob"}, 401, "Gone", []string{graphInvalid}},
		"a scheme alone":      {w.user, []string{"Authorization", "Bearer", "X-API-Key", "bob"}, 400, "Malformed Authorization header", []string{altMalformed}},
		"two tokens":          {w.user, []string{"Authorization", "Bearer a b", "X-API-Key", "bob"}, 400, "Malformed Authorization header", []string{altMalformed}},
		"an empty key":        {w.user, []string{"X-API-Key", "", "Authorization", altBasic("cyd", "")}, 400, "Malformed X-API-Key header", []string{"APIKey"}},
		"two keys":            {w.user, []string{"X-API-Key", "a", "X-API-Key", "b", "Authorization", altBasic("cyd", "")}, 400, "More than one X-API-Key header", []string{"APIKey"}},
		"an unknown key":      {w.user, []string{"X-API-Key", "gone", "Authorization", altBasic("cyd", "")}, 401, "Gone", []string{"APIKey"}},
		"not base64":          {ginjwt.AnyOf(w.byPassword, w.byKey), []string{"Authorization", "Basic !", "X-API-Key", "bob"}, 400, "Malformed Authorization header", []string{altNoBasic}},
		"the last of them":    {w.user, []string{"Authorization", altBasic("gone", "")}, 401, "Gone", []string{altNoBasic}},
		"403 is untouched":    {w.user, []string{"X-API-Key", "banned", "Authorization", altBasic("cyd", "")}, 403, "Banned", nil},
		"418 is untouched":    {w.user, []string{"X-API-Key", "teapot", "Authorization", altBasic("cyd", "")}, 418, "Teapot", nil},
		"503 is untouched":    {w.user, []string{"X-API-Key", "down", "Authorization", altBasic("cyd", "")}, 503, "Service unavailable", nil},
		"a bug is untouched":  {w.user, []string{"X-API-Key", "bug", "Authorization", altBasic("cyd", "")}, 500, "Internal Server Error", nil},
		"a nested one's fail": {ginjwt.AnyOf(ginjwt.AnyOf(w.byKey), w.byPassword), []string{"X-API-Key", "gone", "Authorization", altBasic("cyd", "")}, 401, "Gone", []string{"APIKey"}},
		"optional":            {ginjwt.OptionalOr(w.user, altUser{}), []string{"X-API-Key", "gone", "Authorization", altBasic("cyd", "")}, 401, "Gone", []string{"APIKey"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := altSend(altEngine(tc.user), tc.headers...)
			assert.Equal(t, tc.status, got.Code)
			assert.Equal(t, `{"detail":"`+tc.body+`"}`, got.Body.String())
			assert.Equal(t, tc.challenges, got.Header().Values("WWW-Authenticate"))
			assert.Equal(t, tc.status == 503, got.Header().Get("Retry-After") == "1")
		})
	}
}

// TestWithoutCredentialsEachAlternativeIsAChallenge (RFC 9110 section 11.6.1).
func TestWithoutCredentialsEachAlternativeIsAChallenge(t *testing.T) {
	t.Parallel()
	w := newAltWorld(t)
	digest := ginjwt.Depends(ginjwt.HTTPBase("digest"), func(*gin.Context, string) (altUser, error) { return altUser{}, nil })
	query := ginjwt.Depends(ginjwt.APIKeyQuery("key"), w.findByKey)
	and := ginjwt.Depends2(w.byToken, w.byKey, altBoth)
	cases := map[string]struct {
		user *ginjwt.Dependency[altUser]
		want []string
	}{
		"in order":                          {w.user, []string{graphNobody, "APIKey", altNoBasic}},
		"in another order":                  {ginjwt.AnyOf(w.byPassword, w.byToken), []string{altNoBasic, graphNobody}},
		"nested ones flat":                  {ginjwt.AnyOf(ginjwt.AnyOf(w.byKey, digest), ginjwt.AnyOf(w.byPassword, w.byToken)), []string{"APIKey", "Digest", altNoBasic, graphNobody}},
		"the same one once":                 {ginjwt.AnyOf(w.byKey, query), []string{"APIKey"}},
		"all schemes of one that needs two": {ginjwt.AnyOf(and, w.byPassword), []string{graphNobody, "APIKey", altNoBasic}},
		"below Depends":                     {pass(w.user), []string{graphNobody, "APIKey", altNoBasic}},
		"below Security":                    {ginjwt.Security(w.user, "x"), []string{graphNobody, "APIKey", altNoBasic}},
		"below SecurityAny":                 {ginjwt.SecurityAny(w.user, "x"), []string{graphNobody, "APIKey", altNoBasic}},
		"alternatives with demands":         {ginjwt.AnyOf(ginjwt.Security(w.byToken, "x"), w.byKey), []string{graphNobody, "APIKey"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, headers := range [][]string{nil, {"Authorization", ""}, {"Authorization", "Negotiate x"}} {
				got := altSend(altEngine(tc.user), headers...)
				assert.Equal(t, 401, got.Code)
				assert.Equal(t, `{"detail":"Not authenticated"}`, got.Body.String())
				assert.Equal(t, tc.want, got.Header().Values("WWW-Authenticate"))
			}
		})
	}
	t.Cleanup(func() { assert.Empty(t, w.calls.all(), "no function is called without credentials") })
}

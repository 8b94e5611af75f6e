package provider_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What provider.mjs knows.
const (
	api         = "https://api.example.com" // also the client that introspects
	apiSecret   = "a+b: 100% of /it&="
	other       = "https://other.example.com"
	opaque      = "urn:api:opaque"
	otherOpaque = "urn:other:opaque"

	service       = "service"
	serviceSecret = "secret of the service"
	web           = "web"
	webSecret     = "secret of the web client"
	callback      = "https://web.example.com/callback"
)

// The example of RFC 7636 appendix B.
const (
	codeVerifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	codeChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// issued is what a token endpoint answers.
type issued struct {
	AccessToken  string `json:"access_token"`
	IDToken      string `json:"id_token"`
	RefreshToken string `json:"refresh_token"`
	TokenType    string `json:"token_type"`
}

// post sends a form as a client and returns the body of the answer, which must
// be 200.
func (p *provider) post(t *testing.T, path, id, secret string, form url.Values, header http.Header) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.issuer+path, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	maps.Copy(req.Header, header)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, res.StatusCode, "%s", body)
	return body
}

// token returns an access token of the service itself, by client credentials.
func (p *provider) token(t *testing.T, resource, scope string) string {
	t.Helper()
	return p.clientCredentials(t, resource, scope, nil).AccessToken
}

func (p *provider) clientCredentials(t *testing.T, resource, scope string, header http.Header) issued {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "resource": {resource}}
	if scope != "" {
		form.Set("scope", scope)
	}
	var got issued
	require.NoError(t, json.Unmarshal(p.post(t, "/token", service, serviceSecret, form, header), &got))
	require.NotEmpty(t, got.AccessToken)
	return got
}

// revoke revokes a token of the service (RFC 7009).
func (p *provider) revoke(t *testing.T, token string) {
	t.Helper()
	p.post(t, "/token/revocation", service, serviceSecret, url.Values{"token": {token}}, nil)
}

// logIn returns the tokens of alice, who logs in with a browser and consents
// (OpenID Connect Core section 3.1).
func (p *provider) logIn(t *testing.T, resource, nonce string) issued {
	t.Helper()
	query := url.Values{
		"client_id": {web}, "response_type": {"code"}, "redirect_uri": {callback}, "resource": {resource},
		"scope": {"openid offline_access items:read"}, "prompt": {"consent"},
		"code_challenge": {codeChallenge}, "code_challenge_method": {"S256"},
	}
	if nonce != "" {
		query.Set("nonce", nonce)
	}
	var got issued
	require.NoError(t, json.Unmarshal(p.post(t, "/token", web, webSecret, url.Values{
		"grant_type": {"authorization_code"}, "code": {p.authorize(t, query)},
		"redirect_uri": {callback}, "code_verifier": {codeVerifier},
	}, nil), &got))
	require.NotEmpty(t, got.AccessToken)
	require.NotEmpty(t, got.IDToken)
	require.NotEmpty(t, got.RefreshToken)
	return got
}

// authorize fills in the provider's pages and returns the code.
func (p *provider) authorize(t *testing.T, query url.Values) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	browser := &http.Client{Jar: jar, CheckRedirect: func(req *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(req.URL.String(), callback) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	page, err := browser.Get(p.issuer + "/auth?" + query.Encode())
	require.NoError(t, err)
	require.NoError(t, page.Body.Close())
	for _, prompt := range []string{"login", "consent"} {
		require.Equal(t, http.StatusOK, page.StatusCode)
		page, err = browser.PostForm(page.Request.URL.String(), url.Values{"prompt": {prompt}, "login": {"alice"}, "password": {"any"}})
		require.NoError(t, err)
		require.NoError(t, page.Body.Close())
	}
	back, err := url.Parse(page.Header.Get("Location"))
	require.NoError(t, err)
	code := back.Query().Get("code")
	require.NotEmpty(t, code, "%s", back)
	return code
}

package browser_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	codeToken = "token-of-the-provider"
	clientID  = "docs-page"
	codeFlow  = "authorizationCode"
	codeName  = "OAuth2AuthorizationCodeBearer"
)

// provider is an authorization server (RFC 6749 section 4.1, RFC 7636) at which
// the user is already logged in.
type provider struct {
	site
	answer func(asked url.Values) url.Values // what goes to the redirect URI

	mu       sync.Mutex
	asked    url.Values // at the authorization endpoint
	redeemed url.Values // at the token endpoint
	origin   string     // of the page that did
}

func newProvider(t *testing.T, answer func(asked url.Values) url.Values) *provider {
	t.Helper()
	p := &provider{answer: answer}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("OPTIONS /token", func(w http.ResponseWriter, r *http.Request) { allowCORS(w, r) })
	mux.HandleFunc("POST /token", p.token)
	p.site = serve(t, mux, false)
	return p
}

func allowCORS(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	w.Header().Set("Access-Control-Allow-Headers", "X-Requested-With, Content-Type")
}

func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = r.URL.Query()
	p.mu.Unlock()
	to := r.URL.Query().Get("redirect_uri") + "?" + p.answer(r.URL.Query()).Encode()
	http.Redirect(w, r, to, http.StatusFound)
}

// token gives a token for the code of whoever proves to have asked for it.
func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = r.ParseForm()
	p.redeemed, p.origin = r.PostForm, r.Header.Get("Origin")
	allowCORS(w, r)
	w.Header().Set("Content-Type", "application/json")
	sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	proven := p.asked.Get("code_challenge") == base64.RawURLEncoding.EncodeToString(sum[:])
	if !proven || r.PostForm.Get("code") != "the-code" || r.PostForm.Get("redirect_uri") != p.asked.Get("redirect_uri") {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_grant","error_description":"The code is not yours"}`))
		return
	}
	_, _ = w.Write([]byte(`{"access_token":"` + codeToken + `","token_type":"Bearer"}`))
}

func (p *provider) seen() (asked, redeemed url.Values, origin string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked, p.redeemed, p.origin
}

// federate opens a docs page and asks the provider for a token.
func federate(t *testing.T, provider *provider, page string, change ...func(*documented)) (*docs, *documented) {
	t.Helper()
	d := newDocumented(t, append(change, func(d *documented) {
		d.provider, d.cfg.ClientID = provider.at("auth.test"), clientID
	})...)
	p := openDocs(t, d.at("127.0.0.1")+page, provider.at("auth.test"))
	p.lockOf("readElsewhere")
	p.tick(codeFlow, codeName, "openid")
	p.click(logInButton)
	return p, d
}

func right(asked url.Values) url.Values {
	return url.Values{"code": {"the-code"}, "state": {asked.Get("state")}}
}

// TestDocsCodeFlow gets a token of an authorization server of another origin.
func TestDocsCodeFlow(t *testing.T) {
	t.Parallel()
	for rule, c := range map[string]struct {
		page, redirect string
		change         func(*documented)
	}{
		"at the root": {"/docs", "/docs/oauth2-redirect.html", func(*documented) {}},
		"on a group, of several segments": {"/internal/a/docs", "/internal/a/docs/oauth2-redirect.html",
			func(d *documented) { d.group, d.cfg.DocsPath = "/internal", "/a/docs" }},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			provider := newProvider(t, right)
			p, d := federate(t, provider, c.page, c.change)
			p.untilLoggedIn()
			asked, redeemed, from := provider.seen()
			redirect := d.at("127.0.0.1") + c.redirect
			for name, want := range map[string]string{
				"response_type": "code", "client_id": clientID, "redirect_uri": redirect, "scope": "openid", "code_challenge_method": "S256",
			} {
				assert.Equal(t, want, asked.Get(name), name)
			}
			assert.Regexp(t, "^[0-9a-f]{32}$", asked.Get("state"), "Swagger UI's own is the time")
			for name, want := range map[string]string{"grant_type": "authorization_code", "client_id": clientID, "redirect_uri": redirect} {
				assert.Equal(t, want, redeemed.Get(name), name)
			}
			assert.Len(t, redeemed.Get("code_verifier"), 43)
			assert.Equal(t, d.at("127.0.0.1"), from)
			p.untilAlone()
			p.closeDialog()
			p.requireTry("readElsewhere", "200", `"caller": "federated"`)
			assert.Equal(t, "Bearer "+codeToken, d.next(t, "/elsewhere", 0).authorization)
			p.requireTry("readUsersMe", "401", `"detail": "Not authenticated"`)
		})
	}
}

// untilAlone waits until the page that the answer came to has closed itself.
func (p *docs) untilAlone() {
	p.t.Helper()
	profile := chromedp.FromContext(p.ctx).BrowserContextID
	require.NotEmpty(p.t, profile)
	require.EventuallyWithT(p.t, func(c *assert.CollectT) {
		all, err := chromedp.Targets(p.ctx)
		require.NoError(c, err)
		assert.Len(c, slices.DeleteFunc(all, func(one *target.Info) bool {
			return one.BrowserContextID != profile || one.Type != "page"
		}), 1, "tabs")
	}, waitLimit, tick)
}

// TestDocsCodeFlowRefused: whatever is wrong is told in the dialog, and no token
// is asked for with what did not come from the page's own request.
func TestDocsCodeFlowRefused(t *testing.T) {
	t.Parallel()
	for rule, c := range map[string]struct {
		answer   func(asked url.Values) url.Values
		want     string
		redeemed bool
	}{
		"another state": {func(url.Values) url.Values {
			return url.Values{"code": {"the-code"}, "state": {"forged"}}
		}, "another state", false},
		"no state": {func(url.Values) url.Values {
			return url.Values{"code": {"the-code"}}
		}, "another state", false},
		"no code": {func(asked url.Values) url.Values {
			return url.Values{"state": {asked.Get("state")}}
		}, "sent no code", false},
		"an error": {func(asked url.Values) url.Values {
			return url.Values{"state": {asked.Get("state")}, "error": {"access_denied"}, "error_description": {"<b>The user</b> said no"}}
		}, "access_denied: <b>The user</b> said no", false},
		"an error without a description": {func(asked url.Values) url.Values {
			return url.Values{"state": {asked.Get("state")}, "error": {"server_error"}}
		}, "server_error", false},
		"a code of somebody else": {func(asked url.Values) url.Values {
			return url.Values{"state": {asked.Get("state")}, "code": {"stolen"}}
		}, "error: invalid_grant, description: The code is not yours", true},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			provider := newProvider(t, c.answer)
			p, _ := federate(t, provider, "/docs")
			assert.Contains(t, p.refusal(), c.want)
			_, redeemed, _ := provider.seen()
			assert.Equal(t, c.redeemed, redeemed != nil, "the token endpoint was called")
			p.untilAlone()
			p.closeDialog()
			assert.Equal(t, "unlocked", p.lock("readElsewhere"))
		})
	}
}

package ginjwttest

import (
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

// handler serves the pages and counts the requests. It is no Gin engine, which
// would print its routes into the output of tests.
func (i *Issuer) handler() http.Handler {
	i.pages = http.NewServeMux()
	i.pages.HandleFunc("GET /.well-known/openid-configuration", i.metadata)
	i.pages.HandleFunc("GET /.well-known/oauth-authorization-server", i.metadata)
	i.pages.HandleFunc("GET /keys", served(i.keys))
	i.pages.HandleFunc("POST /token", served(ginjwt.Handle(ginjwt.Depends(ginjwt.TokenForm(), i.token), ginjwt.WriteToken)))
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		i.mu.Lock()
		i.asked[req.URL.Path]++
		i.mu.Unlock()
		i.answer(w, req)
	})
}

// answer answers with the fault, or with the page that is asked for.
func (i *Issuer) answer(w http.ResponseWriter, req *http.Request) {
	i.mu.Lock()
	fault := i.fault
	i.mu.Unlock()
	if fault != nil {
		fault(w, req)
		return
	}
	i.pages.ServeHTTP(w, req)
}

// served returns a handler of Gin's as one of package http.
func served(h gin.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		c := gin.CreateTestContextOnly(w, &gin.Engine{})
		c.Request = req
		h(c)
		c.Writer.WriteHeaderNow()
	}
}

// metadata serves the issuer's metadata (RFC 8414 section 3.2).
func (i *Issuer) metadata(w http.ResponseWriter, _ *http.Request) {
	body, err := json.Marshal(map[string]any{
		"issuer": i.URL, "jwks_uri": i.URL + "/keys", "token_endpoint": i.URL + "/token",
		"grant_types_supported": []string{"client_credentials"}, "response_types_supported": []string{},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}

// keys serves the key set.
func (i *Issuer) keys(c *gin.Context) {
	i.mu.Lock()
	keys := make([]jwks.RingKey, len(i.published))
	for n, k := range i.published {
		keys[n] = jwks.RingKey{Key: k, From: time.Unix(int64(n), 0)}
	}
	i.mu.Unlock()
	ring, err := jwks.NewRing(jwks.RingConfig{TokenLifetime: 100 * 365 * 24 * time.Hour}, keys...) // none retires by itself
	if err != nil {
		ginjwt.Abort(c, err)
		return
	}
	jwks.Handler(ring)(c)
}

// token is the client credentials grant (RFC 6749 section 4.4): any client gets
// the scopes that it asks for, whatever its secret is.
func (i *Issuer) token(c *gin.Context, form url.Values) (ginjwt.Token, error) {
	if form.Get("grant_type") != "client_credentials" {
		return ginjwt.Token{}, ginjwt.UnsupportedGrantType("The grant type must be client_credentials")
	}
	client := form.Get("client_id")
	if id, _, ok := c.Request.BasicAuth(); ok {
		client, _ = url.QueryUnescape(id) // RFC 6749 section 2.3.1
	}
	if client == "" {
		return ginjwt.Token{}, ginjwt.InvalidClient("The client must say who it is, with HTTP Basic or as client_id")
	}
	claims := &ginjwt.Claims{Subject: client, Scope: ginjwt.Scope(form.Get("scope"))}
	claims.ClientID = client
	return i.issuer.Token(claims)
}

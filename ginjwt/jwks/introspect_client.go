package jwks

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// checkClient reports what is wrong with the client that asks an introspection
// endpoint.
func checkClient(id, secret string, cfg *config) error {
	switch {
	case (id == "") != (secret == ""):
		return errors.New("jwks: Introspect: the client needs an ID and a secret, or neither if the HTTPClient authenticates it")
	case id == "" && cfg.clientPost:
		return errors.New("jwks: Introspect: ClientSecretPost without a client's ID and secret")
	case id == "" && !cfg.ownClient:
		return errors.New("jwks: Introspect: the client has neither ID nor secret, nor an HTTPClient that authenticates it")
	}
	return nil
}

// authenticator returns a function that puts the client's ID and secret into a
// request. They are in no struct, or a log with %+v would print them.
func authenticator(id, secret string, post bool) func(http.Header, url.Values) {
	return func(h http.Header, form url.Values) {
		switch {
		case id == "":
		case post:
			form.Set("client_id", id)
			form.Set("client_secret", secret)
		default: // form-encoded first: RFC 6749 section 2.3.1
			pair := url.QueryEscape(id) + ":" + url.QueryEscape(secret)
			h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
		}
	}
}

// hider returns a function that takes a token and the client's secret out of an
// error: the server, or the caller's http.Client, may have quoted them.
func hider(id, secret string) func(error, string) error {
	pair := base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id) + ":" + url.QueryEscape(secret)))
	return func(err error, token string) error {
		if err == nil {
			return nil
		}
		text := err.Error()
		for _, hidden := range []string{token, url.QueryEscape(token), pair, secret, url.QueryEscape(secret)} {
			if len(hidden) > 3 {
				text = strings.ReplaceAll(text, hidden, "[hidden]")
			}
		}
		if text == err.Error() {
			return err
		}
		return errors.New(text)
	}
}

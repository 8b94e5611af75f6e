package ginjwttest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// A Forgery is a token that must be refused.
type Forgery struct {
	// Name says what is wrong with it.
	Name, Token string
}

// Forged returns forgeries of token, which is good and signed with key: what an
// attacker can make without the key, and what an issuer's mistake could let
// through, each but for one thing as good as token. They are the attacks of RFC
// 8725 and of the advisories of JWT libraries.
func Forged(t testing.TB, token string, key ginjwt.Key) []Forgery {
	t.Helper()
	if !key.CanSign() {
		t.Fatal("ginjwttest: Forged: the key cannot sign: most forgeries are signed with what good tokens are signed with")
	}
	f := &forger{t: t, token: token, key: key, own: ginjwt.Must(ginjwt.GenerateKey(key.Algorithm()))}
	f.algorithms()
	f.signatures()
	f.secrets()
	f.brought()
	f.spellings()
	f.headers()
	f.registered()
	f.payloads()
	f.kinds()
	return f.all
}

// RefusesForged asserts that h, asked with req, refuses every forgery of req's
// token with 401 or 400. req must have a good token, signed with key, in its
// Authorization header, and be answered without it being refused. except names
// forgeries that the route accepts on purpose, by a policy that waives their
// rule; one that is refused all the same fails the test.
func RefusesForged(t testing.TB, h http.Handler, req *http.Request, key ginjwt.Key, except ...string) {
	t.Helper()
	token, ok := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	if !ok {
		t.Fatal("ginjwttest: RefusesForged: the request has no bearer token in its Authorization header; see Authorized")
	}
	body := bodyOf(t, req)
	if code, answer := serve(h, req, body); code >= 400 {
		t.Fatalf("ginjwttest: RefusesForged: the token that forgeries are made of is refused itself: %s", answer)
	}
	forgeries := Forged(t, token, key)
	// With another key, all would be refused for that.
	header, payload, _ := parts(token)
	if code, answer := serve(h, Authorized(req, signedText(t, header+"."+payload, key)), body); code >= 400 {
		t.Fatalf("ginjwttest: RefusesForged: the token is refused when key signs it: it must be the key that signs good tokens: %s", answer)
	}
	names := slices.Clone(except)
	for _, forgery := range forgeries {
		code, answer := serve(h, Authorized(req, forgery.Token), body)
		refused := code == http.StatusUnauthorized || code == http.StatusBadRequest
		i := slices.Index(names, forgery.Name)
		switch {
		case i >= 0 && refused:
			t.Errorf("ginjwttest: %q is excepted, and is refused: take it off the list", forgery.Name)
		case i < 0 && !refused:
			t.Errorf("ginjwttest: %s %s does not refuse a forged token: %s\n\t%s", req.Method, req.URL.Path, forgery.Name, answer)
		}
		if i >= 0 {
			names = slices.Delete(names, i, i+1)
		}
	}
	for _, name := range names {
		t.Errorf("ginjwttest: %q is excepted, and no forgery has that name", name)
	}
}

// bodyOf reads the body of req, which keeps it.
func bodyOf(t testing.TB, req *http.Request) []byte {
	t.Helper()
	if req.Body == nil {
		return nil
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		t.Fatalf("ginjwttest: the request's body: %v", err)
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	return body
}

// serve serves a copy of req with body, without which a handler could refuse a
// request for its body's sake. It takes a panic for an answer of 500.
func serve(h http.Handler, req *http.Request, body []byte) (code int, answer string) {
	defer func() {
		if v := recover(); v != nil {
			code, answer = http.StatusInternalServerError, fmt.Sprintf("it panics: %v", v)
		}
	}()
	req = req.Clone(req.Context())
	if req.Body != nil {
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec.Code, shown(rec)
}

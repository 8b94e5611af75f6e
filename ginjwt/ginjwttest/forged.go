package ginjwttest

import (
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
	f := &forger{t: t, token: token, key: key}
	f.now = f.issuedAt()
	f.algorithms()
	f.signatures()
	f.foreignKeys()
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
	if rec := serve(h, req); rec.Code >= 400 {
		t.Fatalf("ginjwttest: RefusesForged: the token that forgeries are made of is refused itself: %s", shown(rec))
	}
	names := slices.Clone(except)
	for _, forgery := range Forged(t, token, key) {
		rec := serve(h, Authorized(req, forgery.Token))
		refused := rec.Code == http.StatusUnauthorized || rec.Code == http.StatusBadRequest
		i := slices.Index(names, forgery.Name)
		switch {
		case i >= 0 && refused:
			t.Errorf("ginjwttest: %q is excepted, and is refused: take it off the list", forgery.Name)
		case i < 0 && !refused:
			t.Errorf("ginjwttest: %s %s accepts a forged token: %s\n\t%s", req.Method, req.URL.Path, forgery.Name, shown(rec))
		}
		if i >= 0 {
			names = slices.Delete(names, i, i+1)
		}
	}
	for _, name := range names {
		t.Errorf("ginjwttest: %q is excepted, and no forgery has that name", name)
	}
}

// serve serves a copy of req, and takes a panic for an answer of 500.
func serve(h http.Handler, req *http.Request) (rec *httptest.ResponseRecorder) {
	rec = httptest.NewRecorder()
	defer func() {
		if recover() != nil {
			rec.Code = http.StatusInternalServerError
		}
	}()
	h.ServeHTTP(rec, req.Clone(req.Context()))
	return rec
}

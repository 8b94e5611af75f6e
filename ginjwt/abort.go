package ginjwt

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Abort answers the request with err as a guard would, for plain handlers: it
// sets the status, the challenge and the body, and no later handler runs.
//
// An *Error in err's chain decides; any other error is 500 with a fixed text. But
// if err says that the request's context has ended, and it has, that is 499 if
// the client left and 503 if the time was up. A 401 without a challenge gets
// that of the schemes which guard the route. If a response was written already,
// Abort only stops the chain. c.Errors is left alone.
func Abort(c *gin.Context, err error) {
	c.Abort()
	var ended error
	if c.Request != nil {
		ended = c.Request.Context().Err()
	}
	e := refusalFor(err, ended)
	if e.Status == 401 && !e.challenged() {
		e = e.clone(nil)
		guards, schemes, judged := guarding(c)
		e.challenge(schemes, judged, nil)
		for _, n := range guards {
			e = n.withScopes(e)
		}
		if !e.challenged() { // no scheme guards the route
			told := e
			if _, sent := bearerToken(c); sent != nil && sent.Code == CodeNoCredentials {
				told = errNoCredentials
			}
			e.Header.Set("WWW-Authenticate", bearerChallenge(bearerBegin(defaultRealm, ""), told, nil))
		}
	}
	if !c.Writer.Written() {
		answer(c, e)
	}
	report(c, e)
}

// guarding returns the guards of c's route that were asked, their schemes, and
// the schemes that the request was judged by.
func guarding(c *gin.Context) (guards, schemes, judged []*node) {
	s := slotOf(c)
	if s == nil {
		return nil, nil, nil
	}
	r := run{slot: s, c: c}
	guards = s.guardNodes()
	for _, n := range guards {
		schemes, judged = append(schemes, n.schemes...), append(judged, r.judged(n)...)
	}
	return guards, schemes, judged
}

// answer writes the response that e stands for.
func answer(c *gin.Context, e *Error) {
	s := settingsOf(c)
	if s == nil || s.render == nil || e.tokenEndpoint {
		setHeader(c.Writer.Header(), e.Header)
		if e.tokenEndpoint {
			noStore(c)
		}
		writeJSON(c, e.Status, body(e))
		return
	}
	w := &refusalWriter{ResponseWriter: c.Writer, e: e}
	c.Writer = w
	defer func() { c.Writer = w.ResponseWriter }()
	w.fix()
	s.render(c, e.clone(nil)) // a copy: w needs e as it is, and e may be a package variable
	w.fix()
}

// setHeader replaces the headers in to that from has as well.
func setHeader(to, from http.Header) {
	for name, values := range from {
		to[http.CanonicalHeaderKey(name)] = slices.Clone(values) // later handlers may add to it
	}
}

// writeJSON answers with body, which is JSON. Middleware may have set another
// Content-Type, so it is overwritten.
func writeJSON(c *gin.Context, status int, body []byte) {
	c.Header("Content-Type", "application/json")
	c.Data(status, "application/json", body)
}

// body returns the JSON that the client reads if there is no OnError.
func body(e *Error) []byte {
	var v any = struct {
		Detail string `json:"detail"`
	}{e.Detail}
	if e.tokenEndpoint {
		v = struct {
			Error       string `json:"error"`
			Description string `json:"error_description,omitzero"`
			Detail      string `json:"detail,omitzero"`
		}{e.Code, printable(e.Detail), e.Detail}
	}
	b, err := json.Marshal(v, jsontext.AllowInvalidUTF8(true))
	if err != nil { // no string makes Marshal fail
		return []byte(`{"detail":"` + detailInternal + `"}`)
	}
	return b
}

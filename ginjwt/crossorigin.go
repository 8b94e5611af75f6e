package ginjwt

import (
	"net/http"

	"github.com/ginjwt/gin-depends/ginjwt/internal/origins"
)

// crossOrigin refuses a request that a page of another origin may have made, if
// browsers send the credentials of s unasked. A request for an upgrade is judged
// like a POST, whatever its method is: no browser keeps a page of another origin
// from reading and writing the WebSocket that it becomes.
func (s *scheme) crossOrigin(req *http.Request) *Error {
	if s.origins == nil {
		return nil
	}
	if len(req.Header["Upgrade"]) > 0 {
		req = req.WithContext(req.Context())
		req.Method = http.MethodPost
	}
	if err := s.origins.Check(req); err != nil {
		return &Error{Status: 403, Code: CodeCrossOrigin, Detail: detailCrossOrigin, Err: err}
	}
	return nil
}

// TrustedOrigins lets pages of other origins, each as "https://app.example.com",
// use credentials that browsers send unasked: cookies, and those of HTTP Basic.
// It panics on what browsers send for no page.
func TrustedOrigins(trusted ...string) SchemeOption {
	if len(trusted) == 0 {
		panic("ginjwt: TrustedOrigins: no origins given")
	}
	return schemeOption(func(b *schemeBuilder) {
		b.originOption = "TrustedOrigins"
		for _, text := range trusted {
			if err := origins.Trust(b.origins, text); err != nil {
				panic("ginjwt: TrustedOrigins: " + err.Error())
			}
		}
	})
}

// InsecureAllowCrossOrigin switches off the check that FromCookie describes: for
// services that have another defence against cross-site request forgery.
func InsecureAllowCrossOrigin() SchemeOption {
	return schemeOption(func(b *schemeBuilder) { b.originOption, b.anyOrigin = "InsecureAllowCrossOrigin", true })
}

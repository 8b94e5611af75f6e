// Package describe is how handlers say what they are and what they demand of a
// request. The audit and the OpenAPI document are made of their answers, so
// neither can differ from what is enforced.
//
// A handler that can answer is marked when it is made, and is asked by a call
// with a context that no server ever passes: one without a request.
package describe

import (
	"reflect"
	"sync"

	"github.com/gin-gonic/gin"
)

// A Note is what a handler says about itself.
type Note struct {
	// Handler is the name of the user's function that answers, or "".
	Handler string
	// Answers says that the handler writes the response: what comes after it is
	// no guard of it.
	Answers bool
	// Public says that the route is open on purpose.
	Public bool
	// Endpoint is what kind of page or endpoint this is, of those that are known.
	Endpoint Endpoint
	// Security lists the ways to be let through: one has to hold. Without any
	// the handler demands no credentials; nor does an empty way.
	Security []Way
	// Checks are the names of the demands that are no scopes.
	Checks []string
	// Form is the login form that is read, or "".
	Form Form
	// Extra is what package openapi notes.
	Extra any
}

// Endpoint is a kind of endpoint that is open by its nature, or guards itself.
type Endpoint string

// The endpoints.
const (
	Login         Endpoint = "login"      // a login form that a function of the user's judges
	Token         Endpoint = "token"      // of package sessions
	Logout        Endpoint = "logout"     // of package sessions
	Revocation    Endpoint = "revocation" // RFC 7009
	Introspection Endpoint = "introspection"
	KeySet        Endpoint = "key set"
	Resource      Endpoint = "resource metadata" // RFC 9728
	Docs          Endpoint = "docs"              // the document and its page
)

// Form is a kind of login form.
type Form string

// The forms.
const (
	PasswordForm       Form = "PasswordForm"
	PasswordFormStrict Form = "PasswordFormStrict"
	TokenForm          Form = "TokenForm"
)

// marked holds the code of the handlers that answer. It is package-level because
// a gin.HandlerFunc has no other place to carry a mark. It is bounded by the
// number of places in the code that make handlers.
var marked sync.Map

type key struct{}

// Mark returns h, which from now on is asked by Ask.
func Mark(h gin.HandlerFunc) gin.HandlerFunc {
	marked.Store(reflect.ValueOf(h).Pointer(), struct{}{})
	return h
}

// Ask returns what h says about itself, and false if h is no handler that can
// say. Such a handler is never called.
func Ask(h gin.HandlerFunc) (n Note, ok bool) {
	if h == nil {
		return n, false
	}
	if _, ok := marked.Load(reflect.ValueOf(h).Pointer()); !ok {
		return n, false
	}
	c := &gin.Context{}
	c.Set(key{}, &n)
	h(c)
	return n, true
}

// Asked returns the Note to fill in if c is Ask's, and else nil. It is the first
// thing that a marked handler looks at, and costs a comparison while requests
// are served.
func Asked(c *gin.Context) *Note {
	if c.Request != nil {
		return nil
	}
	v, _ := c.Get(key{})
	n, _ := v.(*Note)
	return n
}

// As returns h, which then says of itself what change makes of its own answer.
func As(h gin.HandlerFunc, change func(*Note)) gin.HandlerFunc {
	return Mark(func(c *gin.Context) {
		if n := Asked(c); n != nil {
			*n, _ = Ask(h)
			change(n)
			return
		}
		h(c)
	})
}

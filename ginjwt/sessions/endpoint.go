package sessions

import (
	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
)

// endpoint returns h, which then tells the audit and the document what it is: no
// function of the user's answers there. Whether a client may is judged by what
// is posted, but for introspection, which has a guard.
func endpoint(kind describe.Endpoint, h gin.HandlerFunc) gin.HandlerFunc {
	return describe.As(h, func(n *describe.Note) {
		n.Endpoint, n.Handler = kind, ""
		if kind != describe.Introspection {
			n.Security = nil
		}
	})
}

package sessions

import (
	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
)

// endpoint returns h with a description for the audit and the document: it is an
// endpoint of this kind, and no function of the user's. It also drops what h
// demands, since whether a client may ask is judged by what it posts. Only
// introspection has a guard of the user's, and keeps it.
func endpoint(kind describe.Endpoint, h gin.HandlerFunc) gin.HandlerFunc {
	return describe.As(h, func(n *describe.Note) {
		n.Endpoint, n.Handler = kind, ""
		if kind != describe.Introspection {
			n.Security = nil
		}
	})
}

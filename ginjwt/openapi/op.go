package openapi

import (
	"maps"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
)

// An Op is what cannot be known of a route, for the document.
type Op struct {
	// ID is the operationId. By default, it is the name of the handler's function.
	ID string
	// Summary is one line on what the operation does. By default, it is made of
	// that name.
	Summary string
	// Description says more, in CommonMark. By default, there is none.
	Description string
	// Tags are what readers find operations by. Those of a group are added.
	Tags []string
	// Deprecated says that the operation should be used no more.
	Deprecated bool
	// Request is the schema of the request's JSON body, and Response that of the
	// successful answer's: any value that marshals to a JSON Schema, such as that
	// of a library that makes them of structs. A schema must not refer to what is
	// outside of it.
	Request, Response any
	// Status is that of the successful answer. By default, it is 200.
	Status int
	// Responses are further answers: the schemas of their JSON bodies, or nil for
	// none, by status. They replace what is known of that status.
	Responses map[int]any
}

// Describe returns a handler that does nothing but tell the document of the
// routes that it stands before: a single one, or those of a group. What stands
// closer to the route wins; tags add up.
//
//	admin := r.Group("/admin", openapi.Describe(openapi.Op{Tags: []string{"admin"}}), ginjwt.Require(administrator))
func Describe(op Op) gin.HandlerFunc {
	op.Tags, op.Responses = slices.Clone(op.Tags), maps.Clone(op.Responses)
	return noted(op)
}

// Hidden returns a handler that does nothing but keep the routes that it stands
// before out of the document.
func Hidden() gin.HandlerFunc { return noted(hidden{}) }

type hidden struct{}

func noted(extra any) gin.HandlerFunc {
	return describe.Mark(func(c *gin.Context) {
		if n := describe.Asked(c); n != nil {
			n.Extra = extra
		}
	})
}

// opOf returns what the handlers before a route say of it, and false if it is
// hidden.
func opOf(notes []any) (all Op, shown bool) {
	for _, n := range notes {
		switch op := n.(type) {
		case hidden:
			return all, false
		case Op:
			all.add(op)
		}
	}
	return all, true
}

func (op *Op) add(inner Op) {
	op.Tags = describe.Union(op.Tags, inner.Tags)
	op.Deprecated = op.Deprecated || inner.Deprecated
	for _, text := range []struct {
		outer *string
		inner string
	}{{&op.ID, inner.ID}, {&op.Summary, inner.Summary}, {&op.Description, inner.Description}} {
		if text.inner != "" {
			*text.outer = text.inner
		}
	}
	if inner.Request != nil {
		op.Request = inner.Request
	}
	if inner.Response != nil {
		op.Response = inner.Response
	}
	if inner.Status != 0 {
		op.Status = inner.Status
	}
	if inner.Responses != nil {
		merged := maps.Clone(op.Responses)
		if merged == nil {
			merged = map[int]any{}
		}
		maps.Copy(merged, inner.Responses)
		op.Responses = merged
	}
}

// Package openapi writes an OpenAPI 3.1 document of a Gin engine, in which the
// security of each route is what its guards enforce, and serves it with a page
// to try it out: log in, and call what is guarded.
//
//	err := openapi.Mount(r, openapi.Config{Title: "My API", Version: "1.0.0"}) // /openapi.json and /docs
//
// Security, the answers to requests without it, path parameters and the forms of
// token endpoints are known from the handlers. What else there is to say of a
// route, Describe says: a summary, tags, schemas of bodies. To a document that
// another tool wrote, Merge adds the security alone. MountProtectedResource tells
// clients that have no token where to get one (RFC 9728).
package openapi

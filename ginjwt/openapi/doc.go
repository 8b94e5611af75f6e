// Package openapi writes an OpenAPI 3.1 document of a Gin engine, in which the
// security of each route is what its guards enforce, and serves it with a page
// to try it out: log in, and call what is guarded.
//
//	err := openapi.Mount(r, openapi.Config{Title: "My API", Version: "1.0.0"}) // /openapi.json and /docs
//
// Security, the answers to requests without it, path parameters and the forms of
// token endpoints are known from the handlers. What else there is to say of a
// route, [Describe] says: a summary, tags, schemas of bodies; [Hidden] keeps a
// route out. To a document that another tool wrote, [Merge] adds the security
// alone. [Document] returns the document, to be written to a file.
// [MountProtectedResource] tells clients that have no token where to get one
// (RFC 9728).
//
// # Security
//
//   - The document and the page are open, unless they are mounted in a group that
//     is guarded. They tell the paths of all routes that are not [Hidden].
//   - Hidden hides a route from readers only: its guard is what protects it.
//   - The page loads nothing from elsewhere, and its Content-Security-Policy lets
//     it call the API, its token endpoints and [Config.ConnectTo] alone.
//   - What is entered in its Authorize dialog is forgotten with the page, unless
//     [Config.PersistAuthorization] keeps it where scripts of the origin can read it.
//   - A guard of another package is not in the document, as package inspect says.
//
// # Compatibility
//
// As for package [ginjwt]. The document is one of OpenAPI 3.1, and says the same of
// security under every version; the order of its parts, texts for people,
// operation IDs that were not given, and the page may change with a minor version.
package openapi

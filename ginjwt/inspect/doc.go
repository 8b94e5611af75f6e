// Package inspect tells which guards stand before each route of a Gin engine,
// and audits that none is open by mistake.
//
//	if err := inspect.Audit(os.Stderr, r, inspect.Except("GET /feed")); err != nil {
//		log.Fatal(err) // ginjwt: audit: DELETE /admin/everything is open: no guard stands before it
//	}
//
// What it tells is what runs: each handler of package ginjwt is asked what it
// demands, and the chain of handlers of each route is read from the engine's own
// tree. Gin does not export that. It is read by reflection, at start-up only,
// and checked against what Gin does export; if it is not as expected, there is a
// TreeError, and the audit fails.
//
// A guard inside a function of the user's, and a middleware of another package,
// cannot be seen: such a route counts as open. The handlers of NoRoute and
// NoMethod belong to no route, and are not looked at.
package inspect

// Package inspect tells which guards stand before each route of a Gin engine,
// and audits that none is open by mistake.
//
//	if err := inspect.Audit(os.Stderr, r, inspect.Except("GET /feed")); err != nil {
//		log.Fatal(err) // ginjwt: audit: DELETE /admin/everything is open: no guard stands before it
//	}
//
// Call it in main, when all routes are registered: a program that heeds its error
// does not start with a route that somebody forgot. [Routes] is for a report, or
// a rule, of your own.
//
// What it tells is what runs: each handler of package ginjwt is asked what it
// demands, and the chain of handlers of each route is read from the engine's own
// tree. Gin does not export that. It is read by reflection, at start-up only,
// and checked against what Gin does export; if it is not as expected, there is a
// [TreeError], and the audit fails.
//
// # Security
//
//   - A guard inside a function of the user's, and a middleware of another
//     package, cannot be seen: such a route counts as open.
//   - The handlers of NoRoute and NoMethod belong to no route, and are not looked
//     at. Nor are engines that are mounted inside of another's handler.
//   - Whether the right guard stands there is for a reader of the table: the audit
//     knows only that one does.
//   - The table names routes, schemes and functions. It is for operators, not for
//     an open endpoint.
//
// # Compatibility
//
// As for package ginjwt. The table is for people, and may change with any version;
// programs read [Routes]. Gin's tree is tested from Gin 1.9.1 to 1.12; with a
// later one that keeps it in another way, the audit fails and says so.
package inspect

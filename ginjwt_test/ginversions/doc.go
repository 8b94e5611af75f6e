// Package ginversions tests that package inspect sees the routes of each version
// of Gin that ginjwt can be used with. Gin does not export its tree, so a new
// version could keep it in another way.
package ginversions

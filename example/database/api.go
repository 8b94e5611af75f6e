package main

import (
	"database/sql"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// api is the service: its database, its tokens and what its routes depend on.
type api struct {
	db      *sql.DB
	issuer  *ginjwt.Issuer
	hashing chan struct{} // a place for each password under way, which takes 64 MiB

	claims *ginjwt.Dependency[ginjwt.Claims]
	tx     *ginjwt.Dependency[*sql.Tx]
	user   *ginjwt.Dependency[User]
}

func newAPI(db *sql.DB, key ginjwt.Key) (*api, error) {
	issuer, err := ginjwt.NewIssuer(ginjwt.IssuerConfig{Key: key, Issuer: "notes", Audience: []string{"notes"}})
	if err != nil {
		return nil, err
	}
	verifier, err := issuer.Verifier(ginjwt.Policy{})
	if err != nil {
		return nil, err
	}
	a := &api{db: db, issuer: issuer, hashing: make(chan struct{}, 4)}
	a.claims = ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), verifier)
	a.tx = ginjwt.Provide(a.begin)
	a.user = ginjwt.Depends2(a.claims, a.tx, findUser) // no transaction begins for a bad token
	return a, nil
}

func (a *api) router(middleware ...gin.HandlerFunc) *gin.Engine {
	r := gin.New()
	r.Use(middleware...)
	login := ginjwt.Depends(ginjwt.PasswordForm(), a.login)
	r.POST("/token", ginjwt.Handle(login, ginjwt.WriteToken))
	r.GET("/healthz", ginjwt.Public(), a.health)

	// What a handler depends on is worked out in order: first the token, then
	// the body, then the transaction. So nothing is read for a stranger, and a
	// slow body does not keep the database locked.
	signedIn := r.Group("/", ginjwt.Require(a.claims))
	signedIn.GET("/users/me", ginjwt.Handle(a.user, readMe))
	signedIn.DELETE("/users/me", ginjwt.Handle2(a.user, a.tx, deleteMe))
	signedIn.GET("/notes", ginjwt.Handle2(a.user, a.tx, readNotes))
	signedIn.POST("/notes", ginjwt.Handle3(ginjwt.Provide(noteText), a.user, a.tx, addNote))
	return ginjwt.Must(r, r.SetTrustedProxies(nil))
}

// health reports whether the database answers.
func (a *api) health(c *gin.Context) {
	if err := a.db.PingContext(c.Request.Context()); err != nil {
		ginjwt.Abort(c, outcome(c, err))
		return
	}
	c.JSON(200, gin.H{"status": "ok"})
}

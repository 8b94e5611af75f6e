package main

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/redis/rueidis"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
	"github.com/ginjwt/gin-depends/ginjwt/sessions/redisstore"
)

// openStore returns the store in the Redis at addr or, if that is empty, one in
// memory, and a function that closes it.
func openStore(addr string) (sessions.Store, func(), error) {
	if addr == "" {
		store, err := sessions.NewMemory(sessions.MemoryConfig{})
		return store, func() {}, err
	}
	store, err := redisstore.Open(rueidis.ClientOption{InitAddress: []string{addr}}, redisstore.Config{})
	if err != nil {
		return nil, nil, err
	}
	return store, store.Close, nil
}

// newSessions returns the logins of users.go. They need no data but the user's
// name: claimsOf looks the rest up again at each refresh.
func newSessions(issuer *ginjwt.Issuer, store sessions.Store) *sessions.Sessions[struct{}] {
	return ginjwt.Must(sessions.New(sessions.Config[struct{}]{
		Issuer: issuer, Store: store, Password: checkPassword(newPasswords()), Claims: claimsOf,
		PasswordByDefault: true, // as FastAPI's form, which lets grant_type be left out
	}))
}

// sessionHandlers let a user see where they are logged in, and end a session.
type sessionHandlers struct{ logins *sessions.Sessions[struct{}] }

func (h sessionHandlers) routes(r gin.IRouter, claims *ginjwt.Dependency[ginjwt.Claims]) {
	r.GET("/sessions", ginjwt.Handle(claims, h.list))
	r.DELETE("/sessions", ginjwt.Handle(claims, h.endAll))
	r.DELETE("/sessions/:id", ginjwt.Handle(claims, h.end))
}

type session struct {
	ID      string    `json:"id"`
	Client  string    `json:"client"`
	Created time.Time `json:"created"`
	Used    time.Time `json:"used"`
	Current bool      `json:"current"`
}

func (h sessionHandlers) list(c *gin.Context, me ginjwt.Claims) {
	all, err := h.logins.List(c.Request.Context(), me.Subject)
	if err != nil {
		ginjwt.Abort(c, err)
		return
	}
	shown := make([]session, len(all))
	for i, s := range all {
		shown[i] = session{s.ID, s.Hint, s.Created, s.Used, s.ID == me.SessionID}
	}
	c.JSON(http.StatusOK, shown)
}

func (h sessionHandlers) end(c *gin.Context, me ginjwt.Claims) {
	done(c, h.logins.End(c.Request.Context(), me.Subject, c.Param("id")))
}

// endAll ends all of the user's sessions. With ?others=1 it leaves the one that
// asks.
func (h sessionHandlers) endAll(c *gin.Context, me ginjwt.Claims) {
	if c.Query("others") != "" {
		done(c, h.logins.EndOthers(c.Request.Context(), me.Subject, me.SessionID))
		return
	}
	done(c, h.logins.EndAll(c.Request.Context(), me.Subject))
}

func done(c *gin.Context, err error) {
	if err != nil {
		ginjwt.Abort(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

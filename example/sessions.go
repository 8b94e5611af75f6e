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
// memory.
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

// sessionHandlers are for a user's own page of sessions.
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

// endAll ends all sessions, with ?others=1 but the one that asks.
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

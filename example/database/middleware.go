package main

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// middleware is for the engine, not for a group: a preflight asks for OPTIONS,
// which no route has, so a group's middleware would never see it. It stands
// before all guards: a preflight carries no token, and a refusal needs CORS headers
// as well, or a page's script could not read it.
func middleware(log *slog.Logger, pages cors.Config, limit time.Duration) []gin.HandlerFunc {
	return []gin.HandlerFunc{gin.Recovery(), ginjwt.LogEvents(log), cors.New(pages), timeout(limit)}
}

// corsFor lets the pages of origins, separated by commas, call the service.
// Tokens travel in a header that scripts set, so no cookies are allowed.
func corsFor(origins string) (cors.Config, error) {
	config := cors.Config{
		AllowMethods:  []string{"GET", "POST", "DELETE"},
		AllowHeaders:  []string{"Authorization", "Content-Type"},
		ExposeHeaders: []string{"WWW-Authenticate", "Retry-After"},
		MaxAge:        time.Hour,
	}
	for origin := range strings.SplitSeq(origins, ",") {
		config.AllowOrigins = append(config.AllowOrigins, strings.TrimSpace(origin))
	}
	return config, config.Validate() // cors.New would panic
}

// timeout gives the request's context a deadline. It interrupts nothing itself:
// statements are given the context, end when it does, and return its error.
func timeout(limit time.Duration) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(c.Request.Context(), limit)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		c.Next()
	}
}

package after

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/appleboy/gin-jwt/v3/core"
	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// Old is what gin-jwt handed out and its clients send. It is taken for a time, so
// that nobody has to log in again. Then delete this file, and what the compiler
// misses. A nil Old takes nothing.
type Old struct {
	// Key is that of the access tokens. They are taken until KeyUntil, when the
	// last of them has expired: a short key can be guessed.
	Key      ginjwt.Key
	KeyUntil time.Time
	// Store has the refresh tokens; it is nil if they were in memory. They, and
	// what else old clients send, are taken until Until.
	Store core.TokenStore
	Until time.Time
}

// verifier accepts gin-jwt's access tokens beside those of own. They say neither
// who issued them nor for whom, so all that vouches for them is their key. They
// have no jti or sub to be revoked by, as ever.
func (o *Old) verifier(own *ginjwt.Verifier, now func() time.Time) *ginjwt.Verifier {
	if o == nil {
		return own
	}
	return ginjwt.Must(ginjwt.ByIssuer(own, ginjwt.Must(ginjwt.NewVerifier(o, ginjwt.Policy{
		NoIssuer: true, AnyAudience: true, Types: []string{"JWT"}, Now: now,
	}))))
}

// FindKey makes Old a KeySource whose key is forgotten in time, even if nobody
// deletes it.
func (o *Old) FindKey(ctx context.Context, alg ginjwt.Algorithm, kid string) (ginjwt.Key, error) {
	if !time.Now().Before(o.KeyUntil) {
		return ginjwt.Key{}, ginjwt.ErrUnknownKey
	}
	return o.Key.FindKey(ctx, alg, kid)
}

func (o *Old) over() bool { return o == nil || !time.Now().Before(o.Until) }

// json makes a form of a JSON body. No body is longer than a token endpoint's
// may be.
func (o *Old) json(c *gin.Context) {
	if o.over() {
		return
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, 16<<10)
	if c.ContentType() != "application/json" {
		return
	}
	var fields map[string]string
	if err := json.NewDecoder(c.Request.Body).Decode(&fields); err != nil {
		ginjwt.Abort(c, ginjwt.InvalidRequest("The body must be a JSON object of strings"))
		return
	}
	form := url.Values{}
	for name, value := range fields {
		form.Set(name, value)
	}
	c.Request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	c.Request.PostForm = form
}

// refresh begins a session for whose old refresh token it is, and adds the
// grant_type that gin-jwt does not want.
func (o *Old) refresh(logins *sessions.Sessions[struct{}]) gin.HandlerFunc {
	return func(c *gin.Context) {
		if o.over() {
			return
		}
		user, err := o.redeem(c, c.PostForm("refresh_token"))
		if err == nil && user == "" { // one of ours, or none
			c.Request.PostForm.Set("grant_type", "refresh_token")
			return
		}
		var token ginjwt.Token
		if err == nil {
			token, err = logins.Begin(c, Login{Subject: user})
		}
		if err != nil {
			ginjwt.Abort(c, err)
			return
		}
		ginjwt.WriteToken(c, token)
		c.Abort()
	}
}

// logout takes the refresh token back if it is an old one. An old access token
// lives on until it expires, as ever.
func (o *Old) logout(c *gin.Context) {
	if o.over() {
		return
	}
	user, err := o.redeem(c, c.PostForm("refresh_token"))
	switch {
	case err != nil:
		ginjwt.Abort(c, err)
	case user != "":
		c.AbortWithStatus(http.StatusNoContent)
	}
}

// redeem returns whose refresh token it is, and deletes it; or "". Of two
// requests at once both may get it: a TokenStore cannot take and delete in one.
func (o *Old) redeem(c *gin.Context, token string) (user string, err error) {
	if o.Store == nil || token == "" {
		return "", nil
	}
	data, err := o.Store.Get(c.Request.Context(), token)
	if errors.Is(err, core.ErrRefreshTokenNotFound) || errors.Is(err, core.ErrRefreshTokenExpired) {
		return "", nil
	}
	if err == nil {
		err = o.Store.Delete(c.Request.Context(), token)
	}
	if err != nil {
		return "", ginjwt.Unavailable(err)
	}
	return userName(data)
}

// userName returns the name in what gin-jwt stored: what Authenticator returned
// or, out of Redis, a map of it.
func userName(data any) (string, error) {
	text, err := json.Marshal(data)
	if err != nil {
		return "", err
	}
	var user struct{ UserName string }
	err = json.Unmarshal(text, &user)
	return user.UserName, err
}

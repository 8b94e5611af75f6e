package sessions

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
)

// Token returns the token endpoint, for POST: the password grant (RFC 6749
// section 4.3.2) and the refresh of a session (section 6), told apart by
// grant_type. A login ends the session of the refresh token that it was
// presented with.
//
// A refresh token is good once. If one comes back after it was used, and outside
// of Grace, somebody has it who should not: the session ends (RFC 9700 section
// 4.14.2). Nothing is used up by a refresh that fails for another reason.
func (s *Sessions[D]) Token() gin.HandlerFunc {
	token := ginjwt.Depends2(s.sameOrigin(), ginjwt.TokenForm(), func(c *gin.Context, _ struct{}, form url.Values) (issued, error) {
		client, err := s.client(c, form)
		if err != nil {
			return issued{}, err
		}
		switch grant := form.Get("grant_type"); {
		case s.cfg.Password != nil && (grant == "password" || grant == "" && s.isLogin(form)):
			return s.logIn(c, form, client)
		case grant == "refresh_token":
			return s.refresh(c, form, client)
		case grant == "":
			return issued{}, ginjwt.InvalidRequest("Missing form field: grant_type")
		}
		if s.cfg.Password == nil {
			return issued{}, ginjwt.UnsupportedGrantType("The grant type must be refresh_token")
		}
		return issued{}, ginjwt.UnsupportedGrantType("The grant type must be password or refresh_token")
	})
	return endpoint(describe.Token, ginjwt.Handle(token, s.write))
}

// isLogin reports whether a form without grant_type is taken for a login.
func (s *Sessions[D]) isLogin(form url.Values) bool {
	return s.cfg.PasswordByDefault && (form.Has("username") || !form.Has("refresh_token"))
}

// issued is the answer to a login or a refresh.
type issued struct {
	ginjwt.Token
	refreshTTL time.Duration
}

var passwordForm = ginjwt.PasswordForm()

// logIn is the password grant.
func (s *Sessions[D]) logIn(c *gin.Context, form url.Values, client string) (issued, error) {
	request, err := passwordForm.Get(c)
	if err != nil {
		return issued{}, err
	}
	login, err := s.cfg.Password(c, request)
	if err != nil {
		return issued{}, err
	}
	return s.begin(c, login, form, client)
}

func (s *Sessions[D]) generation(ctx context.Context, tag Tag) (int64, error) {
	_, generation, err := s.cfg.Store.Revoked(ctx, tag, "", "")
	return generation, outage(ctx, err)
}

func (s *Sessions[D]) create(ctx context.Context, t refreshToken, d data[D]) error {
	b, err := json.Marshal(d)
	if err != nil {
		return err
	}
	now := s.cfg.Now()
	r := Record{
		ID: t.sessionID(), Family: t.familyHash(), Current: t.rotationHash(),
		Created: now, Used: now, Ends: now.Add(s.cfg.TTL), Data: b,
	}
	if err := ctx.Err(); err != nil {
		return err // nobody would get the token
	}
	return outage(ctx, s.cfg.Store.Create(ctx, t.tag, r, s.cfg.IdleTTL, s.cfg.MaxPerSubject, s.retain))
}

// gone reports whether err, which Config.Claims returned, says that the user is
// gone or may log in no more.
func gone(err error) bool {
	var e *ginjwt.Error
	return errors.As(err, &e) && e != nil && e.Status >= 400 && e.Status < 500 && e.Status != 499 && e.Status != http.StatusTooManyRequests
}

// sign returns an access token of the session id, which lasts for rest at most.
func (s *Sessions[D]) sign(c *gin.Context, d data[D], scope ginjwt.Scope, id string, generation int64, rest time.Duration) (ginjwt.Token, error) {
	claims, err := s.cfg.Claims(c, d.login())
	if err != nil {
		return ginjwt.Token{}, err
	}
	token, err := s.cfg.Issuer.Token(claims, func(c *ginjwt.Claims) {
		c.Subject, c.Scope, c.SessionID, c.ClientID = d.Subject, common(scope, c.Scope), id, d.Client
		c.JWTID = tokenID(generation)
		if c.ExpiresAt.IsZero() && rest < s.accessTTL {
			c.ExpiresAt = ginjwt.NewNumericDate(s.cfg.Now().Add(rest))
		}
	})
	if err != nil {
		return ginjwt.Token{}, err
	}
	return token, s.fits(token)
}

// tokenID returns a jti that tells the subject's generation, by which Revoker
// knows what was signed before EndAll. It is in jti because the claims that a
// program adds can neither change nor leave out that one.
func tokenID(generation int64) string { return strconv.FormatInt(generation, 36) + "-" + rand.Text() }

// generationOf returns the generation in a jti of tokenID's, or 0.
func generationOf(jti string) int64 {
	text, _, _ := strings.Cut(jti, "-")
	generation, err := strconv.ParseInt(text, 36, 64)
	if err != nil {
		return 0
	}
	return generation
}

package sessions

import (
	"cmp"
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
		case grant == "password", grant == "" && s.cfg.PasswordByDefault:
			return s.logIn(c, form, client)
		case grant == "refresh_token":
			return s.refresh(c, form, client)
		case grant == "":
			return issued{}, ginjwt.InvalidRequest("Missing form field: grant_type")
		}
		return issued{}, ginjwt.UnsupportedGrantType("The grant type must be password or refresh_token")
	})
	return endpoint(describe.Token, ginjwt.Handle(token, s.write))
}

// issued is the answer to a login or a refresh.
type issued struct {
	ginjwt.Token
	refreshTTL time.Duration
}

var passwordForm = ginjwt.PasswordForm()

// logIn begins a session. It is stored last, just before the answer, and ended
// again if all sessions were ended meanwhile.
func (s *Sessions[D]) logIn(c *gin.Context, form url.Values, client string) (issued, error) {
	request, err := passwordForm.Get(c)
	if err != nil {
		return issued{}, err
	}
	login, err := s.cfg.Password(c, request)
	if err != nil {
		return issued{}, err
	}
	if login.Subject == "" {
		return issued{}, errors.New("sessions: Password returned a Login without a Subject")
	}
	ctx, tag := c.Request.Context(), s.tag(login.Subject)
	generation, err := s.generation(ctx, tag)
	if err != nil {
		return issued{}, err
	}
	d := data[D]{login.Subject, login.Scope, client, shortened(s.cfg.Hint(c)), login.Data}
	refresh := newRefreshToken(tag)
	token, err := s.sign(c, d, d.Scope, refresh.sessionID(), generation, s.cfg.TTL)
	if err != nil {
		return issued{}, err
	}
	if s.cfg.Cookies != nil || form.Has("refresh_token") {
		if err := s.endPresented(c, form); err != nil {
			return issued{}, err
		}
	}
	if err := s.create(ctx, refresh, d); err != nil {
		return issued{}, err
	}
	if now, err := s.generation(ctx, tag); err != nil || now != generation {
		refused := ginjwt.InvalidGrant("All sessions of the user were ended meanwhile; log in again")
		return issued{}, s.endBecause(ctx, refresh, cmp.Or(err, refused))
	}
	token.RefreshToken = refresh.String()
	return issued{token, s.cfg.IdleTTL}, nil
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

// errRefused is the one answer to refresh tokens that are unknown, expired,
// revoked, used or another client's.
func errRefused() error { return ginjwt.InvalidGrant("The refresh token is not valid") }

// refresh renews a session. A rotation that another came before is judged
// again: then the token is one that was used already.
func (s *Sessions[D]) refresh(c *gin.Context, form url.Values, client string) (issued, error) {
	presented, given, err := s.presented(c, form)
	if err != nil {
		return issued{}, err
	}
	token := issued{}
	err = errRefused()
	if given {
		token, err = s.refreshOnce(c, presented, form, client)
		if errors.Is(err, ErrConflict) {
			token, err = s.refreshOnce(c, presented, form, client)
		}
		if errors.Is(err, ErrConflict) { // it was used, and what came of it too
			err = s.endBecause(c.Request.Context(), presented, errRefused())
		}
	}
	if e := asError(err); e != nil && e.Code == ginjwt.CodeInvalidGrant {
		s.clearCookies(c)
	}
	return token, err
}

func (s *Sessions[D]) refreshOnce(c *gin.Context, presented refreshToken, form url.Values, client string) (issued, error) {
	ctx := c.Request.Context()
	r, generation, err := s.record(ctx, presented)
	if errors.Is(err, ErrNotFound) {
		return issued{}, errRefused() // and nothing changes
	}
	if err != nil {
		return issued{}, err
	}
	d, err := unpack[D](r)
	if err != nil {
		return issued{}, err
	}
	now := s.cfg.Now()
	if d.Client != client || r.Ends.Sub(now) < time.Second {
		return issued{}, errRefused()
	}
	replayed := !same(presented.rotationHash(), r.Current)
	if replayed && (!same(presented.rotationHash(), r.Previous) || !now.Before(r.GraceEnds)) {
		return issued{}, s.endBecause(ctx, presented, errRefused())
	}
	scope, err := narrowed(d.Scope, form)
	if err != nil {
		return issued{}, err
	}
	token, err := s.sign(c, d, scope, r.ID, generation, r.Ends.Sub(now))
	if gone(err) {
		return issued{}, s.endBecause(ctx, presented, errRefused())
	}
	if err != nil {
		return issued{}, err
	}
	next := presented.successor(r.Salt)
	if !replayed {
		next, err = s.rotate(ctx, presented, r, now)
	}
	if err != nil {
		return issued{}, err
	}
	token.RefreshToken = next.String()
	return issued{token, s.idle(r, now)}, nil
}

// rotate makes presented the past. It returns ErrConflict as it is.
func (s *Sessions[D]) rotate(ctx context.Context, presented refreshToken, r Record, now time.Time) (refreshToken, error) {
	salt := newSalt()
	next := presented.successor(salt)
	to := Rotation{Current: next.rotationHash(), Used: now}
	if s.cfg.Grace > 0 {
		to.Previous, to.Salt, to.GraceEnds = presented.rotationHash(), salt, now.Add(s.cfg.Grace)
	}
	if err := ctx.Err(); err != nil {
		return next, err
	}
	err := s.cfg.Store.Rotate(ctx, presented.tag, r.ID, presented.rotationHash(), to, s.idle(r, now))
	switch {
	case errors.Is(err, ErrConflict):
		return next, err
	case errors.Is(err, ErrNotFound):
		return next, errRefused()
	}
	return next, outage(ctx, err)
}

// idle returns how long the session can be left unused from now on.
func (s *Sessions[D]) idle(r Record, now time.Time) time.Duration {
	return min(s.cfg.IdleTTL, r.Ends.Sub(now))
}

// endBecause ends the session of t, even if its client has left meanwhile, and
// returns answer.
func (s *Sessions[D]) endBecause(ctx context.Context, t refreshToken, answer error) error {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	if err := s.cfg.Store.End(ctx, t.tag, t.sessionID(), s.retain); err != nil {
		return ginjwt.Unavailable(err)
	}
	return answer
}

// gone reports whether err, of Claims, says that the user may log in no more.
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

// tokenID returns a jti with the subject's generation in it. Only the ID is
// never a user's to hide or to change; see Revoker.
func tokenID(generation int64) string { return strconv.FormatInt(generation, 36) + "-" + rand.Text() }

func generationOf(jti string) int64 {
	text, _, _ := strings.Cut(jti, "-")
	generation, err := strconv.ParseInt(text, 36, 64)
	if err != nil {
		return 0
	}
	return generation
}

package sessions

import (
	"cmp"
	"context"
	"errors"
	"net/url"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"

	"github.com/ginjwt/gin-depends/ginjwt"
)

var passwordForm = ginjwt.PasswordForm()

// logIn begins a session. It is stored last, so that a login that fails leaves
// none behind. If all sessions were ended meanwhile, EndAll may have missed it, so
// it is ended here.
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

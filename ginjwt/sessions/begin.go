package sessions

import (
	"cmp"
	"errors"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// Begin begins a session for who logged in by other means than a password: a
// passkey, an identity provider that sent them back, a link in a mail, a sign-up.
// That they did is for the caller to know; Begin asks nobody. It belongs at the
// end of a dependency, for ginjwt.WriteToken to answer with what it returns:
//
//	r.POST("/passkey", ginjwt.Public(), ginjwt.Handle(ginjwt.Depends(assertion, func(c *gin.Context, a Assertion) (ginjwt.Token, error) {
//		user, err := passkeys.Verify(a)
//		if err != nil {
//			return ginjwt.Token{}, ginjwt.Unauthenticated("Passkey refused")
//		}
//		return logins.Begin(c, sessions.Login[Device]{Subject: user.ID, Scope: "me"})
//	}), ginjwt.WriteToken))
//
// With Cookies, the response gets both cookies, and the tokens are not in what
// Begin returns: the handler answers with a page or a redirect. A session that the
// request's cookie is of ends. Requests of other origins that change something,
// such as a POST, are refused with 403; a GET, as that from an identity provider,
// is the caller's to judge, by the state parameter (RFC 6749 section 10.12).
//
// What Claims and the Store return is treated as by Token.
func (s *Sessions[D]) Begin(c *gin.Context, login Login[D]) (ginjwt.Token, error) {
	if err := s.checkOrigin(c); err != nil {
		return ginjwt.Token{}, err
	}
	t, err := s.begin(c, login, nil, "")
	if err != nil {
		return ginjwt.Token{}, err
	}
	if s.cfg.Cookies != nil {
		s.setCookies(c, t)
		t.AccessToken, t.RefreshToken = "", ""
	}
	return t.Token, nil
}

// begin begins a session. It is stored last, just before the answer, and ended
// again if all sessions were ended meanwhile. form may have a refresh token, whose
// session then ends.
func (s *Sessions[D]) begin(c *gin.Context, login Login[D], form url.Values, client string) (issued, error) {
	if login.Subject == "" {
		return issued{}, errors.New("sessions: a Login without a Subject")
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

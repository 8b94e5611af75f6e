package ginjwt_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

func sessMemory(t testing.TB, clock *sessClock) sessions.Store {
	t.Helper()
	store, err := sessions.NewMemory(sessions.MemoryConfig{Now: clock.Now})
	require.NoError(t, err)
	return store
}

func sessBearer(access string) string { return "Authorization: Bearer " + access }

func TestSessionsLogout(t *testing.T) {
	t.Parallel()
	for rule, send := range map[string]func(w *sessWorld, tokens sessTokens) sessAnswer{
		"with the access token": func(w *sessWorld, tokens sessTokens) sessAnswer {
			return w.do("POST", "/logout", "", "", sessBearer(tokens.Access))
		},
		"with an access token that is expired": func(w *sessWorld, tokens sessTokens) sessAnswer {
			w.clock.advance(6 * 24 * time.Hour)
			return w.do("POST", "/logout", "", "", sessBearer(tokens.Access))
		},
		"with the refresh token": func(w *sessWorld, tokens sessTokens) sessAnswer {
			return w.post("/logout", sessForm("refresh_token", tokens.Refresh))
		},
		"with both": func(w *sessWorld, tokens sessTokens) sessAnswer {
			return w.post("/logout", sessForm("refresh_token", tokens.Refresh), sessBearer(tokens.Access))
		},
		"with a forged access token and the refresh token": func(w *sessWorld, tokens sessTokens) sessAnswer {
			return w.post("/logout", sessForm("refresh_token", tokens.Refresh), sessBearer(extBroken(tokens.Access)))
		},
		"with another scheme and the refresh token": func(w *sessWorld, tokens sessTokens) sessAnswer {
			return w.post("/logout", sessForm("refresh_token", tokens.Refresh), "Authorization: Basic YTpi")
		},
		"with the access token and a body that is no form": func(w *sessWorld, tokens sessTokens) sessAnswer {
			return w.do("POST", "/logout", "application/json", "{", sessBearer(tokens.Access))
		},
		"with the access token and a body that is too large": func(w *sessWorld, tokens sessTokens) sessAnswer {
			return w.do("POST", "/logout", formType, strings.Repeat("a", 1<<20), sessBearer(tokens.Access))
		},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newSessWorld(t)
			tokens, other, bob := w.logIn("alice"), w.logIn("alice"), w.logIn("bob")
			a := send(w, tokens)
			assert.Equal(t, 204, a.status)
			assert.Empty(t, a.body)
			assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
			assert.Empty(t, a.cookie, "nobody asked for cookies")
			w.requireDead(tokens)
			assert.Equal(t, a.status, send(w, tokens).status, "a session that is over already is no error")
			w.refresh(other.Refresh)
			w.refresh(bob.Refresh)
		})
	}
}

func TestSessionsLogoutOfNobody(t *testing.T) {
	t.Parallel()
	const none, invalid = `Bearer realm="api"`, `Bearer realm="api", error="invalid_token", error_description="The access token is invalid"`
	for _, tc := range []struct {
		rule      string
		headers   func(w *sessWorld, tokens sessTokens) []string
		form      string
		status    int
		challenge string
	}{
		{"nothing", nil, "", 401, none},
		{"a refresh token that is none", nil, "refresh_token=garbage", 401, none},
		{"an access token as refresh token", nil, "refresh_token={access}", 401, none},
		{"two refresh tokens", nil, "refresh_token={refresh}&refresh_token={refresh}", 401, none},
		{"a forged token", func(_ *sessWorld, tokens sessTokens) []string { return []string{sessBearer(extBroken(tokens.Access))} }, "", 401, invalid},
		{"a refresh token as access token", func(_ *sessWorld, tokens sessTokens) []string { return []string{sessBearer(tokens.Refresh)} }, "", 401, invalid},
		{"a forged token that is expired", func(w *sessWorld, tokens sessTokens) []string {
			w.clock.advance(time.Hour)
			return []string{sessBearer(extBroken(tokens.Access))}
		}, "", 401, invalid},
		{"a token of another issuer", func(*sessWorld, sessTokens) []string {
			return []string{sessBearer(newSessWorld(t).logIn("alice").Access)}
		}, "", 401, invalid},
		{"two headers", func(_ *sessWorld, tokens sessTokens) []string {
			return []string{sessBearer(tokens.Access), sessBearer(tokens.Access)}
		}, "", 400, `Bearer realm="api", error="invalid_request", error_description="More than one Authorization header"`},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			w := newSessWorld(t)
			tokens := w.logIn("alice")
			var headers []string
			if tc.headers != nil {
				headers = tc.headers(w, tokens)
			}
			form := strings.NewReplacer("{access}", tokens.Access, "{refresh}", tokens.Refresh).Replace(tc.form)
			a := w.do("POST", "/logout", formType, form, headers...)
			assert.Equal(t, tc.status, a.status)
			assert.Equal(t, tc.challenge, a.header.Get("WWW-Authenticate"))
			assert.Len(t, w.list("alice"), 1)
			w.refresh(tokens.Refresh)
		})
	}
}

func TestSessionsLogoutIsAPOST(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	tokens := w.logIn("alice")
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE"} {
		a := w.do(method, "/logout?refresh_token="+tokens.Refresh, "", "", sessBearer(tokens.Access))
		assert.Equal(t, 405, a.status, method)
		assert.Equal(t, "POST", a.header.Get("Allow"), method)
	}
	w.requireAlive(tokens)
}

// Who logs out with two sessions in hand wants to be out of both.
func TestSessionsLogoutEndsAllThatItIsSent(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	one, two := w.logIn("alice"), w.logIn("alice")
	require.Equal(t, 204, w.post("/logout", sessForm("refresh_token", two.Refresh), sessBearer(one.Access)).status)
	w.requireDead(one)
	w.requireDead(two)
}

// What ends a session is felt by the next request, cached tokens included.
func TestSessionsEndAtOnce(t *testing.T) {
	t.Parallel()
	for cache, size := range cacheSizes {
		for rule, tc := range map[string]struct {
			end   func(w *sessWorld, one sessTokens) error
			alive []bool // of alice's two sessions
		}{
			"End": {func(w *sessWorld, one sessTokens) error {
				return w.End(w.t.Context(), "alice", sessSID(w.t, one.Access))
			}, []bool{false, true}},
			"EndOthers": {func(w *sessWorld, one sessTokens) error {
				return w.EndOthers(w.t.Context(), "alice", sessSID(w.t, one.Access))
			}, []bool{true, false}},
			"EndOthers of none that there is": {func(w *sessWorld, _ sessTokens) error {
				return w.EndOthers(w.t.Context(), "alice", "nought")
			}, []bool{false, false}},
			"EndAll":                    {func(w *sessWorld, _ sessTokens) error { return w.EndAll(w.t.Context(), "alice") }, []bool{false, false}},
			"End of another user's":     {func(w *sessWorld, one sessTokens) error { return w.End(w.t.Context(), "bob", sessSID(w.t, one.Access)) }, []bool{true, true}},
			"End of none that there is": {func(w *sessWorld, _ sessTokens) error { return w.End(w.t.Context(), "alice", "nought") }, []bool{true, true}},
			"EndAll of another user":    {func(w *sessWorld, _ sessTokens) error { return w.EndAll(w.t.Context(), "carol") }, []bool{true, true}},
			"EndAll of nobody":          {func(w *sessWorld, _ sessTokens) error { return w.EndAll(w.t.Context(), "") }, []bool{true, true}},
			"EndOthers of an empty ID": {func(w *sessWorld, _ sessTokens) error {
				assert.Error(w.t, w.EndOthers(w.t.Context(), "alice", ""))
				return nil
			}, []bool{true, true}},
			"EndAll of a name that begins": {func(w *sessWorld, _ sessTokens) error { return w.EndAll(w.t.Context(), "alic") }, []bool{true, true}},
		} {
			t.Run(rule+" "+cache, func(t *testing.T) {
				t.Parallel()
				w := newSessWorldOf(t, ginjwt.IssuerConfig{}, ginjwt.Policy{CacheSize: size})
				bob := w.logIn("bob")
				all := []sessTokens{w.logIn("alice"), w.logIn("alice")}
				for _, tokens := range append(all, bob) {
					require.Equal(t, 200, w.me(tokens.Access), "now the cache has it")
				}
				require.NoError(t, tc.end(w, all[0]))
				for i, alive := range tc.alive {
					if alive {
						w.requireAlive(all[i])
					} else {
						w.requireDead(all[i])
					}
				}
				w.requireAlive(bob)
				w.requireAlive(w.logIn("alice")) // in the same second
			})
		}
	}
}

// Two issuers may have a user of one name, and one store.
func TestSessionsOfTwoIssuers(t *testing.T) {
	t.Parallel()
	clock := newSessClock()
	store := sessMemory(t, clock)
	service := func(name string) (*sessions.Sessions[int], *ginjwt.Issuer, *ginjwt.Verifier) {
		issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{
			Key: ginjwt.Must(ginjwt.GenerateKey(ginjwt.HS256)), Issuer: name, Audience: []string{testAudience}, Now: clock.Now,
		}))
		s := ginjwt.Must(sessions.New(sessions.Config[int]{Issuer: issuer, Store: store, Password: func(*gin.Context, loginForm) (sessions.Login[int], error) {
			return sessions.Login[int]{}, nil
		}}))
		return s, issuer, ginjwt.Must(issuer.Verifier(ginjwt.Policy{Revoker: s.Revoker()}))
	}
	one, oneIssuer, oneVerifier := service("https://one.example")
	_, otherIssuer, otherVerifier := service("https://one.exampl") // with sub "ealice", the same bytes in a row
	good := func(i *ginjwt.Issuer, v *ginjwt.Verifier, sub, sid string) bool {
		token := ginjwt.Must(i.Token(&ginjwt.Claims{Subject: sub}, func(c *ginjwt.Claims) { c.SessionID = sid }))
		_, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, token.AccessToken)
		return err == nil
	}
	require.NoError(t, one.End(t.Context(), "alice", "s"))
	assert.False(t, good(oneIssuer, oneVerifier, "alice", "s"))
	assert.True(t, good(oneIssuer, oneVerifier, "alice", "t"))
	assert.True(t, good(oneIssuer, oneVerifier, "bob", "s"), "a sid is its subject's")
	require.NoError(t, one.EndAll(t.Context(), "alice"))
	for _, sub := range []string{"alice", "ealice"} {
		assert.True(t, good(otherIssuer, otherVerifier, sub, "s"), sub)
	}
	assert.False(t, good(oneIssuer, oneVerifier, "alice", "t"))
}

// Nothing could ever revoke such a token, so it is refused from the start.
func TestSessionsRevokerWantsSomethingToRevokeBy(t *testing.T) {
	t.Parallel()
	f := hmacForger(t)
	v := forgeVerifier(t, f.key, func(p *ginjwt.Policy) { p.Revoker = newSessWorld(t).Revoker() })
	for more, good := range map[string]bool{
		``: false, `,"sub":"alice"`: true, `,"jti":"j"`: true, `,"sid":"s"`: true, `,"jti":"j","sid":"s"`: true,
		`,"sub":"alice","jti":"j"`: true, `,"sub":"alice","sid":"s"`: true, `,"sub":"alice","jti":"j","sid":"s"`: true,
	} {
		_, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, f.token(t, f.headerOf(""), payloadWithout("sub", more)))
		assert.Equal(t, good, err == nil, "%s: %v", more, err)
	}
}

// EndAll refuses the tokens that an Issuer signed by itself too, up to a minute
// ahead: iat has whole seconds, and clocks differ.
func TestSessionsEndAllAndTokensWithoutASession(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	token := func(sub string) string { return sign(t, w.issuer, sub, "") }
	before, others := token("alice"), token("bob")
	require.Equal(t, 200, w.me(before))
	require.NoError(t, w.EndAll(t.Context(), "alice"))
	assert.Equal(t, 401, w.me(before))
	assert.Equal(t, 200, w.me(others))
	assert.Equal(t, 401, w.me(token("alice")), "in the same second")
	w.clock.advance(time.Minute)
	assert.Equal(t, 401, w.me(token("alice")))
	w.clock.advance(time.Second)
	assert.Equal(t, 200, w.me(token("alice")))
	assert.Equal(t, 401, w.me(before))
}

// The generation, which is in the jti, tells the tokens before EndAll from those
// after, however close they are, and however the clock goes.
func TestSessionsGeneration(t *testing.T) {
	t.Parallel()
	for rule, step := range map[string]time.Duration{
		"the clock stands still": 0, "it goes on": time.Microsecond, "it goes back": -time.Second, "it goes back far": -time.Hour,
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newSessWorld(t)
			for range 4 {
				tokens := w.logIn("alice")
				require.Equal(t, 200, w.me(tokens.Access))
				w.clock.advance(min(step, 0) / 1000) // the tokens are not to be from the future
				require.NoError(t, w.EndAll(t.Context(), "alice"))
				w.requireDead(tokens)
				w.clock.advance(max(step, 0))
			}
			w.requireAlive(w.logIn("alice"))
		})
	}
}

// A revocation is kept for as long as the strictest reading of the token's exp
// lets anybody accept it.
func TestSessionsRevocationsLast(t *testing.T) {
	t.Parallel()
	for rule, end := range map[string]func(w *sessWorld, tokens sessTokens) error{
		"End": func(w *sessWorld, tokens sessTokens) error {
			return w.End(w.t.Context(), "alice", sessSID(w.t, tokens.Access))
		},
		"EndAll": func(w *sessWorld, _ sessTokens) error { return w.EndAll(w.t.Context(), "alice") },
		"Revoke": func(w *sessWorld, tokens sessTokens) error {
			require.Equal(w.t, 200, w.post("/revoke", sessForm("token", tokens.Access)).status)
			return nil
		},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newSessWorldOf(t, ginjwt.IssuerConfig{}, ginjwt.Policy{Leeway: 5 * time.Minute})
			tokens := w.logIn("alice")
			require.NoError(t, end(w, tokens))
			for range 21 {
				assert.Equal(t, 401, w.me(tokens.Access))
				w.clock.advance(time.Minute)
			}
		})
	}
}

// "Log out everywhere" must also end what is only about to begin: a login with
// the old password that is under way.
func TestSessionsEndAllDuringALogin(t *testing.T) {
	t.Parallel()
	for rule, set := range map[string]func(w *sessWorld, endAll func()){
		"while the claims are looked up": func(w *sessWorld, endAll func()) {
			w.setClaims(func(*gin.Context, sessLogin) (ginjwt.AnyClaims, error) {
				endAll()
				return &ginjwt.Claims{}, nil
			})
		},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newSessWorld(t)
			set(w, func() {
				w.clock.advance(50 * time.Millisecond) // a password takes its time
				assert.NoError(t, w.EndAll(t.Context(), "alice"))
			})
			a := w.post("/token", sessForm("grant_type", "password", "username", "alice", "password", "right"))
			w.afterPassword(nil)
			w.setClaims(nil)
			if a.status == 200 {
				w.requireDead(sessTokensOf(t, a))
			}
			assert.Empty(t, w.list("alice"))
		})
	}
}

// A refresh that is under way is ended with its session.
func TestSessionsEndDuringARefresh(t *testing.T) {
	t.Parallel()
	for rule, end := range map[string]func(w *sessWorld, sid string) error{
		"End":    func(w *sessWorld, sid string) error { return w.End(w.t.Context(), "alice", sid) },
		"EndAll": func(w *sessWorld, _ string) error { return w.EndAll(w.t.Context(), "alice") },
	} {
		for _, grace := range []time.Duration{0, 10 * time.Second} {
			t.Run(fmt.Sprint(rule, ", grace ", grace), func(t *testing.T) {
				t.Parallel()
				w := newSessWorld(t, withGrace(grace))
				tokens := w.logIn("alice")
				if grace > 0 {
					w.refresh(tokens.Refresh) // what follows is a replay
				}
				w.setClaims(func(*gin.Context, sessLogin) (ginjwt.AnyClaims, error) {
					return &ginjwt.Claims{}, end(w, sessSID(t, tokens.Access))
				})
				a := w.tryRefresh(tokens.Refresh)
				w.setClaims(nil)
				if a.status == 200 {
					w.requireDead(sessTokensOf(t, a))
				}
				assert.Empty(t, w.list("alice"))
			})
		}
	}
}

func TestSessionsList(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	assert.Empty(t, w.list("alice"))
	var all []sessTokens
	for _, client := range []string{"one", "two", "three"} {
		w.clock.advance(time.Second)
		all = append(all, w.logIn("alice", "client_id", client))
	}
	w.logIn("bob")
	w.clock.advance(time.Second)
	w.refresh(all[0].Refresh, "client_id", "one")
	var clients []string
	for _, s := range w.list("alice") {
		clients = append(clients, s.ClientID)
	}
	assert.Equal(t, []string{"one", "three", "two"}, clients, "the one used last first")
}

// A Denylist revokes the tokens of issuers that are not ours.
func TestSessionsDenylist(t *testing.T) {
	t.Parallel()
	clock := newSessClock()
	clock.nanos.Store(forgeClock().UnixNano())
	list, err := sessions.NewDenylist(sessMemory(t, clock), time.Hour)
	require.NoError(t, err)
	f := hmacForger(t)
	v := forgeVerifier(t, f.key, func(p *ginjwt.Policy) { p.Revoker = list })
	claims := func(sub, sid, jti string, iat int64) (string, ginjwt.Claims) {
		token := f.token(t, f.headerOf(""), payloadWithout("sub", fmt.Sprintf(`,"sub":%q,"sid":%q,"jti":%q,"iat":%d`, sub, sid, jti, iat)))
		c, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, token)
		require.NoError(t, err)
		return token, c
	}
	refused := func(token string) bool {
		_, err := ginjwt.Verify[ginjwt.Claims](t.Context(), v, token)
		return err != nil
	}
	iat := forgeClock().Unix()
	one, revoked := claims("alice", "s1", "j1", iat)
	two, _ := claims("alice", "s1", "j2", iat)
	three, _ := claims("alice", "s2", "j3", iat)
	bob, _ := claims("bob", "s1", "j1", iat)
	require.NoError(t, list.Revoke(t.Context(), &revoked))
	assert.Equal(t, []bool{true, false, false, false}, []bool{refused(one), refused(two), refused(three), refused(bob)})
	require.NoError(t, list.RevokeSession(t.Context(), revoked.Issuer, "alice", "s1"))
	assert.Equal(t, []bool{true, true, false, false}, []bool{refused(one), refused(two), refused(three), refused(bob)})
	require.NoError(t, list.RevokeSubject(t.Context(), revoked.Issuer, "alice"))
	assert.Equal(t, []bool{true, true, true, false}, []bool{refused(one), refused(two), refused(three), refused(bob)})
	clock.advance(time.Hour + 6*time.Minute - time.Second)
	assert.True(t, refused(one), "until the lifetime, the longest leeway and a minute are over")

	assert.Error(t, list.Revoke(t.Context(), &ginjwt.Claims{Subject: "alice"}), "no jti")
	assert.Error(t, list.RevokeSession(t.Context(), testIssuer, "alice", ""))
	assert.Error(t, list.RevokeSession(t.Context(), testIssuer, "", "s1"), "no subject, so whose session?")
	assert.Error(t, list.RevokeSubject(t.Context(), testIssuer, ""), "nobody's tokens")
	for _, bad := range []func() (*sessions.Denylist, error){
		func() (*sessions.Denylist, error) { return sessions.NewDenylist(nil, time.Hour) },
		func() (*sessions.Denylist, error) { return sessions.NewDenylist(sessMemory(t, clock), 0) },
		func() (*sessions.Denylist, error) { return sessions.NewDenylist(sessMemory(t, clock), -1) },
	} {
		_, err := bad()
		assert.Error(t, err)
	}
}

// An access token that expired is taken at its word only if the signature is good.
func TestSessionsLogoutBelievesNoClaims(t *testing.T) {
	t.Parallel()
	w := newSessWorld(t)
	victim, mine := w.logIn("alice"), w.logIn("mallory")
	w.clock.advance(time.Hour)
	segments := strings.Split(mine.Access, ".")
	payload, err := base64.RawURLEncoding.DecodeString(segments[1])
	require.NoError(t, err)
	forged := strings.NewReplacer("mallory", "alice", sessSID(t, mine.Access), sessSID(t, victim.Access)).Replace(string(payload))
	segments[1] = b64(forged)
	for _, header := range []string{segments[0], b64(`{"alg":"none","typ":"at+jwt"}`)} {
		segments[0] = header
		a := w.do(http.MethodPost, "/logout", "", "", sessBearer(strings.Join(segments, ".")))
		assert.Equal(t, 401, a.status)
	}
	w.refresh(victim.Refresh)
}

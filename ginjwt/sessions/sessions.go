package sessions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// A Login is who logged in, and what their session remembers.
type Login[D any] struct {
	// Subject is the user, as access tokens name them in sub.
	Subject string
	// Scope is what was granted. A refresh can ask for less of it, never for more.
	Scope ginjwt.Scope
	// Data is whatever else Claims needs again at each refresh. It is kept as
	// JSON and comes back with its own type.
	Data D
}

// Config says how Sessions log users in and for how long.
type Config[D any] struct {
	// Issuer signs the access tokens. It must be set.
	Issuer *ginjwt.Issuer
	// Password checks a user name and a password, and grants scopes. It returns
	// an InvalidGrant if they are wrong. Without it, Token refuses the password
	// grant, and sessions begin by Begin.
	//
	// A login that is being checked while the user's password changes may begin
	// its session after EndAll. To end that too, put a version of the password
	// into Data, and compare it in Claims.
	Password func(*gin.Context, ginjwt.OAuth2PasswordRequestForm) (Login[D], error)
	// PasswordByDefault takes a login without grant_type for one with a password,
	// as FastAPI's OAuth2PasswordRequestForm does. By default, it is refused.
	PasswordByDefault bool
	// Claims returns the claims of an access token, at the login and at each
	// refresh: it looks the user up again. Its Scope is what the user may have by
	// now, and is granted as far as the login and the refresh go: login.Scope for
	// all of that, none for nothing. sub, sid, client_id and jti are filled in. An
	// *Error of a status below 500 says that the user is gone or may log in no
	// more: the session ends.
	//
	// By default, the token has the login's scope and no other claims, and nobody
	// is looked up.
	Claims func(*gin.Context, Login[D]) (ginjwt.AnyClaims, error)
	// Store keeps the sessions. By default, it is NewMemory's.
	Store Store

	// IdleTTL is for how long a session can be left unused: the lifetime of each
	// refresh token. By default, it is 14 days.
	IdleTTL time.Duration
	// TTL is how long a session can last at all. By default, it is 90 days.
	TTL time.Duration
	// Grace is for how long after a refresh the old refresh token is answered
	// with the same new one, unless that was used already: for clients whose
	// answer was lost, or which refresh twice at once. By default, it is 0: an
	// old refresh token ends the session at once. At most 30 seconds.
	Grace time.Duration
	// MaxPerSubject is how many sessions a user can have; of more, those used
	// longest ago are ended. By default, it is 100.
	MaxPerSubject int

	// Client authenticates clients (RFC 6749 section 2.3): it reports whether
	// secret is that of the client id. By default, clients are public: their
	// client_id, if they send one, is remembered and not proven.
	Client func(ctx context.Context, id, secret string) (bool, error)
	// MayIntrospect reports whether a caller who passed the guard of Introspect may
	// see token. A service should see the tokens that are meant for it, or that its
	// own clients hold (RFC 7662 section 4); to one who may not see it, a token looks
	// inactive. Of a refresh token, Issuer, Subject, ClientID, SessionID and Scope
	// are known. By default, a caller may see all.
	MayIntrospect func(c *gin.Context, token *ginjwt.Claims) bool
	// Hint describes the client to its user in a list of sessions. By default,
	// it is the start of the User-Agent.
	Hint func(*gin.Context) string
	// Cookies, if set, sends the tokens as cookies instead of JSON.
	Cookies *Cookies
	// Now returns the time. By default, it is the Issuer's.
	Now func() time.Time
}

// Sessions are the logins of one issuer's users. It is safe for concurrent use.
type Sessions[D any] struct {
	cfg      Config[D]
	issuer   string
	verifier *ginjwt.Verifier // of access tokens, revoked ones too

	protection *http.CrossOriginProtection // nil without Cookies

	accessTTL time.Duration
	retain    time.Duration // how long a revocation is kept: until the last access token has expired
}

const (
	defaultIdleTTL       = 14 * 24 * time.Hour
	defaultTTL           = 90 * 24 * time.Hour
	defaultMaxPerSubject = 100
	maxGrace             = 30 * time.Second

	// A Verifier may accept a token for this long after its exp: the longest
	// Policy.Leeway, and a minute for clocks that differ.
	longestLeeway = 5*time.Minute + time.Minute
)

// New returns the Sessions of cfg. The error names everything that is wrong
// with cfg.
func New[D any](cfg Config[D]) (*Sessions[D], error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	ic := cfg.Issuer.Config()
	if err := cfg.complete(ic); err != nil {
		return nil, err
	}
	verifier, err := cfg.Issuer.Verifier(ginjwt.Policy{Now: cfg.Now, MaxTokenBytes: 64 << 10})
	if err != nil {
		return nil, err
	}
	s := &Sessions[D]{
		cfg: cfg, issuer: ic.Issuer, verifier: verifier,
		retain: ic.AccessTTL + longestLeeway, accessTTL: ic.AccessTTL,
	}
	if cfg.Cookies != nil {
		s.protection, err = cfg.Cookies.protection()
	}
	return s, err
}

// check returns all the faults of cfg.
func (cfg *Config[D]) check() error {
	var faults []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf("sessions: Config: "+format, args...))
		}
	}
	fault(cfg.Issuer == nil, "Issuer is nil: make it with ginjwt.NewIssuer")
	fault(cfg.Password == nil && cfg.PasswordByDefault, "PasswordByDefault is set, and Password is nil: set the function that checks a user name and a password")
	fault(cfg.IdleTTL < 0 || cfg.IdleTTL%time.Second != 0, "IdleTTL is %v: it must be a positive number of whole seconds", cfg.IdleTTL)
	fault(cfg.TTL < 0 || cfg.TTL%time.Second != 0, "TTL is %v: it must be a positive number of whole seconds", cfg.TTL)
	fault(cfg.IdleTTL > 0 && cfg.TTL > 0 && cfg.IdleTTL > cfg.TTL, "IdleTTL (%v) is longer than TTL (%v)", cfg.IdleTTL, cfg.TTL)
	fault(cfg.Grace < 0 || cfg.Grace > maxGrace, "Grace is %v: it must be from 0 to %v", cfg.Grace, maxGrace)
	fault(cfg.MaxPerSubject < 0, "MaxPerSubject is negative: %d", cfg.MaxPerSubject)
	if err := keepable(reflect.TypeFor[D](), nil); err != nil {
		fault(true, "%v cannot be kept as JSON: %v", reflect.TypeFor[D](), err)
	}
	if cfg.Cookies != nil {
		_, err := cfg.Cookies.protection()
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// complete fills in the defaults.
func (cfg *Config[D]) complete(ic ginjwt.IssuerConfig) (err error) {
	if cfg.Now == nil {
		cfg.Now = ic.Now
	}
	if cfg.TTL == 0 {
		cfg.TTL = max(defaultTTL, cfg.IdleTTL)
	}
	if cfg.IdleTTL == 0 {
		cfg.IdleTTL = min(defaultIdleTTL, cfg.TTL)
	}
	if cfg.MaxPerSubject == 0 {
		cfg.MaxPerSubject = defaultMaxPerSubject
	}
	if cfg.Claims == nil {
		cfg.Claims = func(_ *gin.Context, login Login[D]) (ginjwt.AnyClaims, error) {
			return &ginjwt.Claims{Scope: login.Scope}, nil
		}
	}
	if cfg.Hint == nil {
		cfg.Hint = func(c *gin.Context) string { return c.Request.UserAgent() }
	}
	if cfg.Store == nil {
		cfg.Store, err = NewMemory(MemoryConfig{Now: cfg.Now})
	}
	return err
}

// A Session is a login of a user that is not over.
type Session struct {
	// ID is the sid of the session's access tokens.
	ID string
	// ClientID and Hint describe the client. Both are what it said of itself.
	ClientID, Hint string
	// Created is the time of the login, Used of the last refresh, and Ends when
	// the session will be over however much it is used.
	Created, Used, Ends time.Time
}

// List returns the sessions of a user, the one used last first. An error is an
// outage of the Store: [ginjwt.Abort] answers it with 503.
func (s *Sessions[D]) List(ctx context.Context, subject string) ([]Session, error) {
	records, err := s.cfg.Store.List(ctx, s.tag(subject))
	if err != nil {
		return nil, outage(ctx, err)
	}
	list := make([]Session, 0, len(records))
	for _, r := range records {
		d, err := unpack[D](r)
		if err != nil {
			return nil, err
		}
		list = append(list, Session{r.ID, d.Client, d.Hint, r.Created, r.Used, r.Ends})
	}
	sortByUse(list)
	return list, nil
}

// End ends one session of a user: its refresh token and its access tokens are
// good no more. One that is over already, or another user's, is no error and
// nothing happens to it. Errors are those of List.
func (s *Sessions[D]) End(ctx context.Context, subject, id string) error {
	return s.endRecord(ctx, s.tag(subject), id)
}

// EndAll ends all sessions of a user, and refuses every access token that was
// signed for them before: for "log out everywhere" and after a new password.
// Errors are those of List.
func (s *Sessions[D]) EndAll(ctx context.Context, subject string) error {
	return outage(ctx, s.cfg.Store.EndAll(ctx, s.tag(subject), "", s.retain))
}

// EndOthers ends all sessions of a user but the session keep, whose ID must not be
// empty: the SessionID of the caller's claims. Errors are those of List.
func (s *Sessions[D]) EndOthers(ctx context.Context, subject, keep string) error {
	if keep == "" {
		return errors.New("sessions: EndOthers: no session to keep; EndAll ends them all")
	}
	return outage(ctx, s.cfg.Store.EndAll(ctx, s.tag(subject), keep, s.retain))
}

// endRecord is End for a subject whose Tag is known.
func (s *Sessions[D]) endRecord(ctx context.Context, tag Tag, id string) error {
	return outage(ctx, s.cfg.Store.End(ctx, tag, id, s.retain))
}

func (s *Sessions[D]) tag(subject string) Tag { return tagOf(s.issuer, subject) }

func sortByUse(list []Session) {
	slices.SortStableFunc(list, func(a, b Session) int {
		return cmp.Or(b.Used.Compare(a.Used), b.Created.Compare(a.Created), cmp.Compare(a.ID, b.ID))
	})
}

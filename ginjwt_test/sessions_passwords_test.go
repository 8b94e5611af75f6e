package ginjwt_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// sessHashed is what a password was compared with.
type sessHashed struct{ password, hash string }

// sessGuarded is a service whose passwords are checked by Passwords. alice and
// bob are known; a hash is "#" and the password.
type sessGuarded struct {
	*sessWorld
	passwords *sessions.Passwords

	mu       sync.Mutex
	compared []sessHashed
	compare  func(password, hash string) (bool, error)
}

const sessDummy = "#dummy"

func sessAddressHeader(c *gin.Context) string { return c.GetHeader("Test-Address") }

func newSessGuarded(t testing.TB, change ...func(*sessions.PasswordsConfig)) *sessGuarded {
	t.Helper()
	g := &sessGuarded{}
	g.compare = func(password, hash string) (bool, error) { return "#"+password == hash, nil }
	clock := newSessClock()
	cfg := sessions.PasswordsConfig{
		Dummy: sessDummy, Address: sessAddressHeader, Now: clock.Now,
		Compare: func(password, hash string) (bool, error) {
			g.mu.Lock()
			g.compared = append(g.compared, sessHashed{password, hash})
			compare := g.compare
			g.mu.Unlock()
			return compare(password, hash)
		},
	}
	for _, fn := range change {
		fn(&cfg)
	}
	var err error
	g.passwords, err = sessions.NewPasswords(cfg)
	require.NoError(t, err)
	g.compared = nil
	hashes := map[string]string{"alice": "#right", "bob": "#right", "long": "#" + strings.Repeat("p", 72)}
	g.sessWorld = newSessWorld(t, func(cfg *sessConfig) {
		cfg.Password = func(c *gin.Context, form loginForm) (sessLogin, error) {
			ok, err := g.passwords.Check(c, form.Username, form.Password, hashes[form.Username])
			switch {
			case err != nil:
				return sessLogin{}, err
			case !ok:
				return sessLogin{}, ginjwt.InvalidGrant("Incorrect username or password")
			}
			return sessLogin{Subject: form.Username, Scope: "me"}, nil
		}
	})
	g.clock = clock
	return g
}

// guess tries a password from an address.
func (g *sessGuarded) guess(user, password, address string, headers ...string) sessAnswer {
	return g.post("/token", sessForm("grant_type", "password", "username", user, "password", password), append(headers, "Test-Address: "+address)...)
}

func (g *sessGuarded) work() []sessHashed {
	g.mu.Lock()
	defer g.mu.Unlock()
	work := g.compared
	g.compared = nil
	return work
}

// requireTooMany asserts an answer of 429 that says how long to wait.
func requireTooMany(t *testing.T, a sessAnswer, seconds int) {
	t.Helper()
	require.Equal(t, 429, a.status, a.body)
	assert.Equal(t, strconv.Itoa(seconds), a.header.Get("Retry-After"))
	loginHeaders(t, a.header)
	loginRefusal(t, "invalid_grant", a.body)
}

func TestPasswordsPerAccountAndAddress(t *testing.T) { // TE-26
	t.Parallel()
	g := newSessGuarded(t)
	for range 5 {
		g.guess("alice", "wrong", "192.0.2.1").requireRefusal(t, 400, "invalid_grant")
	}
	g.work()
	requireTooMany(t, g.guess("alice", "wrong", "192.0.2.1"), 60)
	requireTooMany(t, g.guess("alice", "right", "192.0.2.1"), 60)
	assert.Empty(t, g.work(), "what is refused is not compared, or it would tell what is right")
	assert.Equal(t, 200, g.guess("alice", "right", "192.0.2.2").status, "nobody can lock another out")
	assert.Equal(t, 200, g.guess("bob", "right", "192.0.2.1").status, "nor all who share an address")
	g.clock.advance(59*time.Second + 1)
	requireTooMany(t, g.guess("alice", "wrong", "192.0.2.1"), 1)
	g.clock.advance(time.Second)
	g.guess("alice", "wrong", "192.0.2.1").requireRefusal(t, 400, "invalid_grant")
	g.clock.advance(time.Millisecond)
	requireTooMany(t, g.guess("alice", "wrong", "192.0.2.1"), 60)
	g.clock.advance(time.Hour)
	for range 5 {
		g.guess("alice", "wrong", "192.0.2.1").requireRefusal(t, 400, "invalid_grant")
	}
	requireTooMany(t, g.guess("alice", "wrong", "192.0.2.1"), 60)
}

func TestPasswordsPerAddress(t *testing.T) {
	t.Parallel()
	g := newSessGuarded(t)
	for i := range 50 {
		g.guess(fmt.Sprint("user", i), "wrong", "192.0.2.1").requireRefusal(t, 400, "invalid_grant")
	}
	requireTooMany(t, g.guess("alice", "right", "192.0.2.1"), 6)
	assert.Equal(t, 200, g.guess("alice", "right", "192.0.2.2").status)
	g.clock.advance(6 * time.Second)
	assert.Equal(t, 200, g.guess("alice", "right", "192.0.2.1").status)
}

func TestPasswordsPerAccount(t *testing.T) {
	t.Parallel()
	g := newSessGuarded(t, func(cfg *sessions.PasswordsConfig) { cfg.PerAccount = sessions.Rate{Burst: 20, Every: time.Second} })
	for i := range 20 {
		g.guess("alice", "wrong", fmt.Sprint("192.0.2.", i)).requireRefusal(t, 400, "invalid_grant")
	}
	requireTooMany(t, g.guess("alice", "wrong", "192.0.2.99"), 1)
	assert.Equal(t, 200, g.guess("bob", "right", "192.0.2.99").status)
	g.clock.advance(time.Second)
	assert.Equal(t, 200, g.guess("alice", "right", "192.0.2.99").status)

	g = newSessGuarded(t) // by default 500, and then one a second
	for i := range 500 {
		ok, err := sessCheck(g, "alice", "wrong", fmt.Sprintf("10.0.%d.%d", i/250, i%250))
		require.NoError(t, err)
		require.False(t, ok)
	}
	requireTooMany(t, g.guess("alice", "wrong", "192.0.2.99"), 1)
}

// The answers, the work and the limits say nothing of whether an account exists.
func TestPasswordsUnknownAccountsAlike(t *testing.T) {
	t.Parallel()
	g := newSessGuarded(t)
	for _, password := range []string{"wrong", "dummy", "x", strings.Repeat("p", 73), "wrong", "wrong", "wrong"} {
		known := g.guess("alice", password, "192.0.2.1")
		knownWork := g.work()
		unknown := g.guess("nobody", password, "192.0.2.1")
		unknownWork := g.work()
		assert.Equal(t, known.same(), unknown.same())
		require.Len(t, unknownWork, len(knownWork))
		for i := range knownWork {
			assert.Equal(t, knownWork[i].password, unknownWork[i].password)
			assert.Equal(t, sessDummy, unknownWork[i].hash)
		}
		assert.NotEqual(t, 200, unknown.status, "the dummy's own password opens nothing")
	}
	assert.Equal(t, 429, g.guess("nobody", "wrong", "192.0.2.1").status)
}

func TestPasswordsRefundARightOne(t *testing.T) {
	t.Parallel()
	g := newSessGuarded(t)
	for range 60 {
		require.Equal(t, 200, g.guess("alice", "right", "192.0.2.1").status)
	}
	for range 4 {
		g.guess("alice", "wrong", "192.0.2.1")
	}
	require.Equal(t, 200, g.guess("alice", "right", "192.0.2.1").status)
	g.guess("alice", "wrong", "192.0.2.1").requireRefusal(t, 400, "invalid_grant")
	requireTooMany(t, g.guess("alice", "wrong", "192.0.2.1"), 60) // what was wrong before still counts

	// What other limits refuse costs no attempt.
	g = newSessGuarded(t, func(cfg *sessions.PasswordsConfig) { cfg.PerAddress = sessions.Rate{Burst: 1, Every: time.Second} })
	g.guess("bob", "wrong", "192.0.2.1")
	for range 10 {
		requireTooMany(t, g.guess("alice", "wrong", "192.0.2.1"), 1)
	}
	g.clock.advance(time.Second)
	assert.Equal(t, 200, g.guess("alice", "right", "192.0.2.1").status)
}

// Attempts count before they are made: many at once are no more guesses.
func TestPasswordsReserveBefore(t *testing.T) {
	t.Parallel()
	g := newSessGuarded(t, func(cfg *sessions.PasswordsConfig) { cfg.Parallel, cfg.Wait = 64, time.Minute })
	var refused, limited sync.Map
	sessAtOnce(64, func(i int) {
		switch a := g.guess("alice", "wrong", "192.0.2.1"); a.status {
		case 400:
			refused.Store(i, true)
		case 429:
			limited.Store(i, true)
		}
	})
	count := func(m *sync.Map) (n int) {
		m.Range(func(any, any) bool { n++; return true })
		return n
	}
	assert.Equal(t, 5, count(&refused))
	assert.Equal(t, 59, count(&limited))
	assert.Len(t, g.work(), 5)
}

func TestPasswordsAddresses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rule, a, b string
		same       bool
	}{
		{"one IPv6 network", "2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", true},
		{"two IPv6 networks", "2001:db8:0:1::1", "2001:db8:0:2::1", false},
		{"two IPv4 addresses", "192.0.2.1", "192.0.2.2", false},
		{"IPv4 in IPv6", "192.0.2.1", "::ffff:192.0.2.1", true},
		{"two of IPv4 in IPv6", "::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
		{"two spellings", "2001:DB8::1", "2001:db8:0:0:0:0:0:1", true},
		{"two zones", "fe80::1%eth0", "fe80::1%eth1", true},
		{"no addresses", "unix", "pipe", false},
	} {
		g := newSessGuarded(t)
		for range 5 {
			g.guess("alice", "wrong", tc.a)
		}
		assert.Equal(t, tc.same, g.guess("alice", "wrong", tc.b).status == 429, tc.rule)
	}
}

// What the client says of its address does not count, where the connection does.
func TestPasswordsAreNotFooledByHeaders(t *testing.T) { // TE-26
	t.Parallel()
	g := newSessGuarded(t, func(cfg *sessions.PasswordsConfig) { cfg.Address = (*gin.Context).RemoteIP })
	for i := range 9 {
		a := g.guess("alice", "wrong", "", "X-Forwarded-For: 10.0.0."+strconv.Itoa(i), "X-Real-Ip: 10.0.1."+strconv.Itoa(i),
			"Forwarded: for=10.0.2."+strconv.Itoa(i), "Cf-Connecting-Ip: 10.0.3."+strconv.Itoa(i))
		assert.Equal(t, i >= 5, a.status == 429, i)
	}
}

// sessCheck calls Check without HTTP, for the tests of many.
func sessCheck(g *sessGuarded, account, password, address string) (bool, error) {
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = &http.Request{Header: http.Header{"Test-Address": {address}}}
	hash := ""
	if account == "alice" {
		hash = "#right"
	}
	return g.passwords.Check(c, account, password, hash)
}

// A flood of names takes no memory, and makes nothing of before be forgotten.
func TestPasswordsAreBounded(t *testing.T) {
	g := newSessGuarded(t, func(cfg *sessions.PasswordsConfig) {
		cfg.Compare = func(string, string) (bool, error) { return false, nil }
	})
	for range 5 {
		_, err := sessCheck(g, "alice", "wrong", "192.0.2.1")
		require.NoError(t, err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 20_000 {
		_, _ = sessCheck(g, strings.Repeat("n", i%100)+strconv.Itoa(i), "wrong", fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	assert.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(512<<10))
	_, err := sessCheck(g, "alice", "wrong", "192.0.2.1")
	assert.Equal(t, 429, asRefusal(t, err).Status)
}

func asRefusal(t testing.TB, err error) *ginjwt.Error {
	t.Helper()
	var e *ginjwt.Error
	require.ErrorAs(t, err, &e)
	return e
}

// A right password gives back what its own attempt took, and nothing of what
// other accounts used up, whatever they share.
func TestPasswordsRefundNothingOfOthers(t *testing.T) {
	g := newSessGuarded(t, func(cfg *sessions.PasswordsConfig) {
		cfg.PerAccountAndAddress = sessions.Rate{Burst: 1, Every: time.Hour}
		cfg.PerAddress = sessions.Rate{Burst: 1 << 30, Every: 1}
		cfg.PerAccount = sessions.Rate{Burst: 1 << 30, Every: 1}
		cfg.Compare = func(password, hash string) (bool, error) { return "#"+password == hash, nil }
	})
	victims := make([]string, 16)
	for i := range victims {
		victims[i] = fmt.Sprint("victim", i)
		_, err := sessCheck(g, victims[i], "wrong", "192.0.2.1")
		require.NoError(t, err)
	}
	for i := range 30_000 { // the attacker's own account, from anywhere in a network of theirs
		_, err := sessCheck(g, "alice", "right", "2001:db8:1:"+strconv.FormatInt(int64(i), 16)+"::1")
		require.NoError(t, err)
	}
	for _, victim := range victims {
		_, err := sessCheck(g, victim, "wrong", "192.0.2.1")
		if assert.Error(t, err, "one guess an hour") {
			assert.Equal(t, 429, asRefusal(t, err).Status)
		}
	}
}

func TestPasswordsParallel(t *testing.T) {
	t.Parallel()
	g := newSessGuarded(t, func(cfg *sessions.PasswordsConfig) { cfg.Parallel, cfg.Wait = 2, time.Millisecond })
	running, release := make(chan struct{}), make(chan struct{})
	g.compare = func(password, hash string) (bool, error) {
		running <- struct{}{}
		<-release
		return "#"+password == hash, nil
	}
	var busy sync.WaitGroup
	for range 2 {
		busy.Go(func() { assert.Equal(t, 200, g.guess("bob", "right", "192.0.2.9").status) })
		<-running
	}
	for range 10 { // and none of them counts as a guess
		a := g.guess("alice", "wrong", "192.0.2.1")
		assert.Equal(t, 503, a.status)
		assert.Equal(t, "1", a.header.Get("Retry-After"))
		assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
	}
	assert.Len(t, g.work(), 2)
	close(release)
	busy.Wait()
	g.mu.Lock()
	g.compare = func(password, hash string) (bool, error) { return "#"+password == hash, nil }
	g.mu.Unlock()
	assert.Equal(t, 200, g.guess("alice", "right", "192.0.2.1").status)
}

// A client that leaves while it waits for its turn frees it, and has not guessed.
func TestPasswordsClientLeavesTheQueue(t *testing.T) {
	t.Parallel()
	g := newSessGuarded(t, func(cfg *sessions.PasswordsConfig) { cfg.Parallel, cfg.Wait = 1, time.Hour })
	running, release := make(chan struct{}), make(chan struct{})
	g.compare = func(string, string) (bool, error) {
		close(running)
		<-release
		return true, nil
	}
	var busy sync.WaitGroup
	busy.Go(func() { _, _ = sessCheck(g, "bob", "right", "192.0.2.9") })
	<-running
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	ctx, leave := context.WithCancel(t.Context())
	leave()
	c.Request = (&http.Request{Header: http.Header{"Test-Address": {"192.0.2.1"}}}).WithContext(ctx)
	for range 10 {
		_, err := g.passwords.Check(c, "alice", "wrong", "#right")
		assert.ErrorIs(t, err, context.Canceled)
	}
	close(release)
	busy.Wait()
	assert.Len(t, g.work(), 1)
}

func TestPasswordsMaxBytes(t *testing.T) { // TE-28
	t.Parallel()
	g := newSessGuarded(t)
	g.compare = func(password, hash string) (bool, error) { // as bcrypt does
		return "#"+password[:min(len(password), 72)] == hash, nil
	}
	good := strings.Repeat("p", 72)
	assert.Equal(t, 200, g.guess("long", good, "192.0.2.1").status)
	g.work()
	for _, password := range []string{good + "suffix", good + "\u00e9", good + strings.Repeat("x", 10_000), good + " "} {
		a := g.guess("long", password, "192.0.2.1")
		a.requireRefusal(t, 400, "invalid_grant")
		assert.Empty(t, g.work(), "anybody's is wrong, so the time tells nothing")
	}
	g.guess("long", "wrong", "192.0.2.1").requireRefusal(t, 400, "invalid_grant")
	assert.Equal(t, 429, g.guess("long", good, "192.0.2.1").status, "they counted")
}

// A hash that cannot be compared is our fault, and no guess.
func TestPasswordsCompareFails(t *testing.T) {
	t.Parallel()
	g := newSessGuarded(t)
	g.compare = func(string, string) (bool, error) { return true, errors.New("a hash of an older kind") }
	for range 10 {
		a := g.guess("alice", "right", "192.0.2.1")
		assert.Equal(t, 500, a.status)
		assert.NotContains(t, a.body, "older")
	}
	assert.Empty(t, g.list("alice"))
}

// A Compare that panics frees its place.
func TestPasswordsComparePanics(t *testing.T) {
	t.Parallel()
	g := newSessGuarded(t, func(cfg *sessions.PasswordsConfig) { cfg.Parallel = 1 })
	g.compare = func(string, string) (bool, error) { panic("bug") }
	assert.Panics(t, func() { _, _ = sessCheck(g, "alice", "right", "192.0.2.1") })
	g.compare = func(string, string) (bool, error) { return true, nil }
	ok, err := sessCheck(g, "alice", "right", "192.0.2.1")
	assert.NoError(t, err)
	assert.True(t, ok)
}

func TestPasswordsConfig(t *testing.T) {
	t.Parallel()
	good := func() sessions.PasswordsConfig {
		return sessions.PasswordsConfig{
			Compare: func(_, hash string) (bool, error) {
				if !strings.HasPrefix(hash, "#") {
					return false, errors.New("no hash")
				}
				return false, nil
			},
			Dummy: sessDummy, Address: (*gin.Context).RemoteIP,
		}
	}
	_, err := sessions.NewPasswords(good())
	require.NoError(t, err)
	for says, spoil := range map[string]func(*sessions.PasswordsConfig){
		"Compare is nil":               func(c *sessions.PasswordsConfig) { c.Compare = nil },
		"Address is nil":               func(c *sessions.PasswordsConfig) { c.Address = nil },
		"Dummy is no hash":             func(c *sessions.PasswordsConfig) { c.Dummy = "" },
		"MaxBytes, Parallel and Wait":  func(c *sessions.PasswordsConfig) { c.MaxBytes = -1 },
		"MaxBytes, Parallel and  Wait": func(c *sessions.PasswordsConfig) { c.Parallel = -1 },
		"MaxBytes,  Parallel and Wait": func(c *sessions.PasswordsConfig) { c.Wait = -1 },
		"a Rate is":                    func(c *sessions.PasswordsConfig) { c.PerAddress = sessions.Rate{Burst: 5} },
		"a  Rate is":                   func(c *sessions.PasswordsConfig) { c.PerAccount = sessions.Rate{Every: time.Second} },
		"a Rate  is":                   func(c *sessions.PasswordsConfig) { c.PerAccountAndAddress = sessions.Rate{Burst: -1, Every: 1} },
		"PerAccount is stricter":       func(c *sessions.PasswordsConfig) { c.PerAccount = sessions.Rate{Burst: 4, Every: time.Second} },
		"PerAccount  is stricter":      func(c *sessions.PasswordsConfig) { c.PerAccount = sessions.Rate{Burst: 500, Every: time.Hour} },
	} {
		cfg := good()
		spoil(&cfg)
		p, err := sessions.NewPasswords(cfg)
		assert.Nil(t, p, says)
		assert.ErrorContains(t, err, strings.ReplaceAll(says, "  ", " "))
	}
	_, err = sessions.NewPasswords(sessions.PasswordsConfig{MaxBytes: -1, PerAddress: sessions.Rate{Burst: 1}, PerAccount: sessions.Rate{Burst: 1, Every: 1}})
	for _, says := range []string{"Compare is nil", "Address is nil", "MaxBytes", "a Rate is", "PerAccount is stricter"} {
		assert.ErrorContains(t, err, says, "all faults at once")
	}
}

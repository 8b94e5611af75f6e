package sessions

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// PasswordsConfig says how Passwords checks passwords and slows down guessing.
// Compare, Dummy and Address must be set.
type PasswordsConfig struct {
	// Compare reports whether password is that of hash: argon2id's
	// ComparePasswordAndHash, for instance.
	Compare func(password, hash string) (bool, error)
	// Dummy is the hash of any password, with the parameters of all the others:
	// it is compared for unknown users, so that they take as long.
	Dummy string
	// Address returns the client's address. Behind a proxy it is what that proxy
	// says; c.ClientIP is right only if gin's trusted proxies are set, for else
	// any client can choose it. Without a proxy, it is c.RemoteIP.
	Address func(*gin.Context) string

	// MaxBytes is the length above which a password is wrong unread: bcrypt would
	// cut it off at 72. By default, it is 72.
	MaxBytes int
	// Parallel is how many passwords are compared at a time, since each takes
	// much memory, and Wait how long others wait before they are answered with
	// 503. By default, they are 4 and one second.
	Parallel int
	Wait     time.Duration

	// PerAccountAndAddress, PerAddress and PerAccount say how many wrong
	// passwords are let through: for one account from one address, from one
	// address, and for one account from anywhere. By default, they are 5 and then
	// one a minute, 50 and then ten a minute, 500 and then one a second. The last
	// must be the loosest, or anybody could lock another out.
	PerAccountAndAddress, PerAddress, PerAccount Rate
	// Now returns the time. By default, it is time.Now.
	Now func() time.Time
}

// Passwords checks passwords: not too many at a time, the same work for unknown
// users, and ever fewer guesses. It takes a fixed amount of memory, and is safe
// for concurrent use. The counts are those of one instance.
type Passwords struct {
	cfg    PasswordsConfig
	places chan struct{}
	limits [3]*limiter // in the order of PasswordsConfig
}

// NewPasswords returns Passwords. The error names everything that is wrong with
// cfg.
func NewPasswords(cfg PasswordsConfig) (*Passwords, error) {
	var faults []error
	fault := func(bad bool, text string) {
		if bad {
			faults = append(faults, errors.New("sessions: PasswordsConfig: "+text))
		}
	}
	cfg.defaults()
	fault(cfg.Compare == nil, "Compare is nil: set the function that compares a password with a hash")
	fault(cfg.Address == nil, "Address is nil: set the function that tells the client's address, such as (*gin.Context).RemoteIP")
	fault(cfg.MaxBytes < 0 || cfg.Parallel < 0 || cfg.Wait < 0, "MaxBytes, Parallel and Wait must be positive")
	for _, r := range []Rate{cfg.PerAccountAndAddress, cfg.PerAddress, cfg.PerAccount} {
		fault(r.Burst < 1 || r.Every <= 0, fmt.Sprintf("a Rate is %+v: Burst and Every must be positive", r))
		fault(r.Every > 0 && time.Duration(r.Burst) > longestLimit/r.Every, fmt.Sprintf("a Rate is %+v: it would last for years", r))
	}
	fault(cfg.PerAccount.Burst < cfg.PerAccountAndAddress.Burst || cfg.PerAccount.Every > cfg.PerAccountAndAddress.Every, "PerAccount is stricter than PerAccountAndAddress: anybody could lock another out")
	if cfg.Compare != nil {
		_, err := cfg.Compare("", cfg.Dummy)
		fault(err != nil, "Dummy is no hash that Compare takes")
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	p := &Passwords{cfg: cfg, places: make(chan struct{}, cfg.Parallel)}
	for i, r := range []Rate{cfg.PerAccountAndAddress, cfg.PerAddress, cfg.PerAccount} {
		p.limits[i] = newLimiter(r)
	}
	return p, nil
}

func (cfg *PasswordsConfig) defaults() {
	set := func(r *Rate, burst int, every time.Duration) {
		if *r == (Rate{}) {
			*r = Rate{burst, every}
		}
	}
	set(&cfg.PerAccountAndAddress, 5, time.Minute)
	set(&cfg.PerAddress, 50, 6*time.Second)
	set(&cfg.PerAccount, 500, time.Second)
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = 72
	}
	if cfg.Parallel == 0 {
		cfg.Parallel = 4
	}
	if cfg.Wait == 0 {
		cfg.Wait = time.Second
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
}

// longestLimit is the longest that a used up Rate can take to be as before.
const longestLimit = 10 * 365 * 24 * time.Hour

// Check reports whether password is that of hash, the account's; hash is "" for
// an account that there is not. account is the name by which accounts are told
// apart: fold its case if that means nothing. The error is a 429 with Retry-After after too
// many wrong passwords, known account or not, and a 503 if too many are being
// compared.
//
// An attempt counts before it is made, so that many at once are no more
// guesses, and no longer once the password was right.
func (p *Passwords) Check(c *gin.Context, account, password, hash string) (bool, error) {
	refund, wait := p.reserve(account, networkOf(p.cfg.Address(c)))
	if wait > 0 {
		return false, tooMany(wait)
	}
	if len(password) > p.cfg.MaxBytes {
		return false, nil // for unknown accounts as well, so the time tells nothing
	}
	match, err := p.compare(c.Request.Context(), password, hash)
	if match || err != nil { // what was not compared was no guess
		refund()
	}
	return match, err
}

// reserve counts an attempt in each limit. If one is used up, it counts in none,
// and wait is how long that takes to change.
func (p *Passwords) reserve(account, network string) (refund func(), wait time.Duration) {
	keys := [...]string{account + "\x00" + network, network, account}
	now := p.cfg.Now()
	var refunds []func()
	refund = func() {
		for _, fn := range refunds {
			fn()
		}
	}
	for i, l := range p.limits {
		one, wait := l.take(keys[i], now)
		if wait > 0 {
			refund()
			return nil, wait
		}
		refunds = append(refunds, one)
	}
	return refund, 0
}

func (p *Passwords) compare(ctx context.Context, password, hash string) (bool, error) {
	waited := time.NewTimer(p.cfg.Wait)
	defer waited.Stop()
	select {
	case p.places <- struct{}{}:
		defer func() { <-p.places }()
	case <-waited.C:
		return false, ginjwt.Unavailable(errors.New("sessions: too many passwords are being compared"))
	case <-ctx.Done():
		return false, ctx.Err()
	}
	known := hash != ""
	if !known {
		hash = p.cfg.Dummy
	}
	match, err := p.cfg.Compare(password, hash)
	return match && known && err == nil, err
}

// tooMany is the answer to an attempt above a limit.
func tooMany(wait time.Duration) error {
	e := asError(coded(ginjwt.InvalidGrant("Too many wrong passwords; try again later"), http.StatusTooManyRequests, ginjwt.CodeInvalidGrant))
	seconds := (wait + time.Second - 1) / time.Second
	e.Header = http.Header{"Retry-After": {strconv.FormatInt(int64(seconds), 10)}}
	return e
}

// networkOf returns what is counted as one address: of IPv6 a /64, because a
// client can use all addresses in it.
func networkOf(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		prefix, _ := ip.Prefix(64)
		return prefix.String()
	}
	return ip.String()
}

package jwks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// An Option changes how a provider is asked. One that means nothing for what is
// made is an error, and so is a value out of its bounds.
type Option struct {
	name  string
	meant use
	apply func(*config) error
}

// use is what a provider is asked for.
type use uint8

const (
	forKeys use = 1 << iota
	forTokens
)

// config is what Options set, with its defaults.
type config struct {
	client     *http.Client
	loopback   bool // plain HTTP to loopback addresses is allowed
	timeout    time.Duration
	coolDown   time.Duration
	maxStale   time.Duration
	algorithms []ginjwt.Algorithm
	warmUp     bool
	clientPost bool // the client's secret is a form field
	ownClient  bool // client is the caller's
	cacheFor   time.Duration
	cacheSize  int
	observe    func(context.Context, Event)
	now        func() time.Time
}

const (
	maxTimeout      = 10 * time.Second
	maxCoolDown     = 30 * time.Second
	defaultCoolDown = 10 * time.Second
	longestStale    = 24 * time.Hour
	maxCacheFor     = 5 * time.Minute
)

// newConfig returns the configuration of opts, and all of their faults.
func newConfig(use use, opts []Option) (config, error) {
	cfg := config{
		client: defaultClient(use), timeout: maxTimeout, coolDown: defaultCoolDown, maxStale: longestStale,
		algorithms: asymmetric, observe: logTo(slog.Default), now: time.Now,
	}
	var faults []error
	for i, o := range opts {
		switch {
		case o.apply == nil:
			faults = append(faults, fmt.Errorf("jwks: option %d is zero", i+1))
		case o.meant&use == 0:
			faults = append(faults, fmt.Errorf("jwks: %s means nothing here", o.name))
		default:
			if err := o.apply(&cfg); err != nil {
				faults = append(faults, fmt.Errorf("jwks: %s: %w", o.name, err))
			}
		}
	}
	cfg.client = restrained(cfg.client)
	return cfg, errors.Join(faults...)
}

// HTTPClient asks with client: for a proxy, certificates of one's own, or
// traces. Its redirects are restricted all the same.
func HTTPClient(client *http.Client) Option {
	return Option{"HTTPClient", forKeys | forTokens, func(c *config) error {
		if client == nil {
			return errors.New("the client is nil")
		}
		c.client, c.ownClient = client, true
		return nil
	}}
}

// InsecureLoopbackHTTP allows http:// for hosts of this machine: localhost and
// loopback addresses. By default, all URLs must be https://.
func InsecureLoopbackHTTP() Option {
	return Option{"InsecureLoopbackHTTP", forKeys | forTokens, func(c *config) error {
		c.loopback = true
		return nil
	}}
}

// Timeout is how long one answer may take, at most 10 seconds, which is the
// default.
func Timeout(d time.Duration) Option {
	return Option{"Timeout", forKeys | forTokens, bounded(d, 1, maxTimeout, func(c *config) { c.timeout = d })}
}

// CoolDown is the shortest time between two fetches that tokens can cause: by a
// key ID that is not in the set, or while the provider fails. A key that the
// provider publishes and uses at once is accepted after that time, at the
// latest, however many forged key IDs come. It is at most 30 seconds; by
// default, 10.
func CoolDown(d time.Duration) Option {
	return Option{"CoolDown", forKeys, bounded(d, 1, maxCoolDown, func(c *config) { c.coolDown = d })}
}

// MaxStale is for how long keys are used while the provider cannot be reached:
// from a quarter of an hour, for which they are used anyway, to 24 hours, which
// is the default.
func MaxStale(d time.Duration) Option {
	return Option{"MaxStale", forKeys, bounded(d, maxTTL, longestStale, func(c *config) { c.maxStale = d })}
}

// Algorithms restricts keys to those for one of algs. A key whose alg the
// provider does not tell is for the first of algs that fits its type. By
// default, all asymmetric ones are accepted, and RSA keys without alg are for
// RS256.
func Algorithms(algs ...ginjwt.Algorithm) Option {
	return Option{"Algorithms", forKeys, func(c *config) error {
		if len(algs) == 0 {
			return errors.New("none given")
		}
		for _, alg := range algs {
			if !slices.Contains(asymmetric, alg) {
				return fmt.Errorf("%q is no asymmetric algorithm: a key that is published cannot be a secret", string(alg))
			}
		}
		c.algorithms = slices.Clone(algs)
		return nil
	}}
}

// WarmUp fetches the keys at once, in the background, so that the first request
// need not wait for them. By default, it is the first token that fetches them.
// That a fetch fails stops nothing; to wait for it, see [Source.Refresh].
func WarmUp() Option {
	return Option{"WarmUp", forKeys, func(c *config) error {
		c.warmUp = true
		return nil
	}}
}

// ClientSecretPost sends the client's ID and secret as form fields, for servers
// that do not take HTTP Basic (RFC 6749 section 2.3.1).
func ClientSecretPost() Option {
	return Option{"ClientSecretPost", forTokens, func(c *config) error {
		c.clientPost = true
		return nil
	}}
}

// CacheFor uses an answer about a token again for d, at most 5 minutes, and
// never beyond the token's exp; so much later, at the latest, a revocation is
// seen. Up to size answers are kept. By default, each request asks.
func CacheFor(d time.Duration, size int) Option {
	return Option{"CacheFor", forTokens, func(c *config) error {
		err := bounded(d, 1, maxCacheFor, func(c *config) { c.cacheFor, c.cacheSize = d, size })(c)
		if size <= 0 {
			err = errors.Join(err, fmt.Errorf("the size is %d: it must be positive", size))
		}
		return err
	}}
}

// Observe calls fn with each Event. It may be called from several goroutines at
// a time. By default, failures and what was skipped are logged to slog.Default.
func Observe(fn func(context.Context, Event)) Option {
	return Option{"Observe", forKeys | forTokens, func(c *config) error {
		if fn == nil {
			return errors.New("the function is nil")
		}
		c.observe = fn
		return nil
	}}
}

// LogEvents logs each Event to l: failures and what was skipped as warnings,
// all else at debug level.
func LogEvents(l *slog.Logger) Option {
	return Option{"LogEvents", forKeys | forTokens, func(c *config) error {
		if l == nil {
			return errors.New("the logger is nil")
		}
		c.observe = logTo(func() *slog.Logger { return l })
		return nil
	}}
}

// Clock tells the time by now, for tests. By default, it is time.Now.
func Clock(now func() time.Time) Option {
	return Option{"Clock", forKeys | forTokens, func(c *config) error {
		if now == nil {
			return errors.New("the function is nil")
		}
		c.now = now
		return nil
	}}
}

// bounded returns an Option's set, for a d from least to most.
func bounded(d, least, most time.Duration, set func(*config)) func(*config) error {
	return func(c *config) error {
		if d < least || d > most {
			return fmt.Errorf("%v is not from %v to %v", d, least, most)
		}
		set(c)
		return nil
	}
}

// checkURL reports what is wrong with a provider's URL.
func (c *config) checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return errors.New("it is no URL") // the parser's text may quote a password
	case u.User != nil:
		return errors.New("a URL must hold no password")
	case u.Host == "" || u.Fragment != "":
		return fmt.Errorf("%.200q is no absolute URL without a fragment", text)
	case u.Scheme == "https", u.Scheme == "http" && c.loopback && isLoopback(u.Hostname()):
		return nil
	case u.Scheme == "http" && isLoopback(u.Hostname()):
		return fmt.Errorf("%.200q is not https://; for tests on this machine, say InsecureLoopbackHTTP", text)
	}
	return fmt.Errorf("%.200q is not https://", text)
}

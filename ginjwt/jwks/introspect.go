package jwks

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/maypok86/otter/v2"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// Introspect returns a Verifier of opaque tokens, which asks the authorization
// server at endpoint about each (RFC 7662):
//
//	verifier, err := jwks.Introspect("https://id.example.com/introspect", "api", secret,
//		ginjwt.Policy{Issuer: "https://id.example.com", Audience: []string{"https://api.example.com"}})
//
// It is used as any other Verifier and gives the same typed claims. The client,
// which is registered with the authorization server, authenticates by HTTP Basic
// (RFC 6749 section 2.3.1); both its ID and its secret are "" if the HTTPClient
// does it in another way. If the server does not tell iss or
// aud, which RFC 7662 allows, the policy must say AnyIssuer or AnyAudience: the
// endpoint vouches for the token then. exp must be told and, under AnyAudience,
// that token_type is Bearer: servers tell of refresh tokens, too.
//
// What is no clear answer is none: a failure, a redirect to elsewhere, an
// "active" that is not true or false, more than 1 MiB. Such a request is answered
// with 503. The error names everything that is wrong with the arguments.
func Introspect(endpoint, clientID, clientSecret string, policy ginjwt.Policy, opts ...Option) (*ginjwt.Verifier, error) {
	if policy.Now != nil {
		opts = append([]Option{Clock(policy.Now)}, opts...)
	}
	cfg, err := newConfig(forTokens, opts)
	if fault := cfg.checkURL(endpoint); fault != nil {
		err = errors.Join(err, fmt.Errorf("jwks: Introspect: %w", fault))
	}
	err = errors.Join(err, checkClient(clientID, clientSecret, &cfg))
	in := &introspector{
		cfg: cfg, endpoint: endpoint, issuer: policy.Issuer, anyAudience: policy.AnyAudience,
		authenticate: authenticator(clientID, clientSecret, cfg.clientPost), hide: hider(clientID, clientSecret),
		turns: make(chan struct{}, maxQuestions), flights: map[tokenHash]*question{},
	}
	if cfg.cacheSize > 0 {
		in.answers = otter.Must(&otter.Options[tokenHash, *verdict]{MaximumSize: cfg.cacheSize, Executor: func(fn func()) { fn() }})
	}
	v, faults := ginjwt.NewOpaqueVerifier(in, policy)
	if err := errors.Join(err, faults); err != nil {
		return nil, err
	}
	return v, nil
}

// maxQuestions is how many questions are asked at a time: more wait, so that a
// flood of tokens does not become one on the authorization server.
const maxQuestions = 64

// tokenHash stands for a token where it would be kept.
type tokenHash [sha256.Size]byte

// introspector asks one endpoint.
type introspector struct {
	cfg          config
	endpoint     string
	issuer       string // as the policy has it
	anyAudience  bool
	authenticate func(h http.Header, form url.Values)
	hide         func(err error, token string) error
	turns        chan struct{}
	answers      *otter.Cache[tokenHash, *verdict] // nil if none are kept

	mu      sync.Mutex
	flights map[tokenHash]*question // under way
}

// verdict is what the server said about a token.
type verdict struct {
	claims      []byte // nil if it is not active
	said, until time.Time
}

// question is one that several requests may wait for.
type question struct {
	done    chan struct{}
	verdict *verdict
	err     error
}

// Introspect returns the claims of token if the server says that it is active.
func (in *introspector) Introspect(ctx context.Context, token string) ([]byte, error) {
	hash := sha256.Sum256([]byte(token))
	v := in.known(hash)
	if v == nil {
		q := in.ask(hash, token)
		select {
		case <-q.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if q.err != nil {
			return nil, q.err
		}
		v = q.verdict
	}
	if v.claims == nil {
		return nil, ginjwt.ErrInactive
	}
	return v.claims, nil
}

// known returns the answer about a token that can be used again, or nil.
func (in *introspector) known(hash tokenHash) *verdict {
	if in.answers == nil {
		return nil
	}
	v, _ := in.answers.GetIfPresent(hash)
	now := in.cfg.now().Round(0)
	if v == nil || !now.Before(v.until) || now.Before(v.said) { // or the clock was set back
		return nil
	}
	return v
}

// ask joins the question about a token, or begins one. It is asked to its end
// though the request that began it may leave, for others may wait for it too.
func (in *introspector) ask(hash tokenHash, token string) *question {
	in.mu.Lock()
	defer in.mu.Unlock()
	if q := in.flights[hash]; q != nil {
		return q
	}
	q := &question{done: make(chan struct{}), err: errEnded}
	in.flights[hash] = q
	go func() {
		began := time.Now()
		defer func() { // the caller's http.Client runs here, and may call runtime.Goexit
			if q.err == nil && in.answers != nil {
				in.answers.Set(hash, q.verdict)
			}
			in.mu.Lock()
			delete(in.flights, hash)
			in.mu.Unlock()
			close(q.done)
			in.cfg.tell(context.Background(), Event{Issuer: in.issuer, URL: in.endpoint, Err: q.err, Duration: time.Since(began)})
		}()
		v, err := in.answer(token)
		q.verdict, q.err = v, in.hide(err, token)
	}()
	return q
}

// answer asks the server.
func (in *introspector) answer(token string) (v *verdict, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), in.cfg.timeout)
	defer cancel()
	defer func() {
		if r := recover(); r != nil { // in the caller's http.Client: it would end the program
			v, err = nil, fmt.Errorf("jwks: a panic while the token was introspected: %v", r)
		}
	}()
	select {
	case in.turns <- struct{}{}:
		defer func() { <-in.turns }()
	case <-ctx.Done():
		return nil, fmt.Errorf("jwks: too many tokens are being introspected at %s: %w", in.endpoint, ctx.Err())
	}
	v, err = in.post(ctx, token)
	if err != nil {
		return nil, fmt.Errorf("jwks: the token cannot be introspected at %s: %w", in.endpoint, err)
	}
	return v, nil
}

// post sends one introspection request (RFC 7662 section 2.1).
func (in *introspector) post(ctx context.Context, token string) (*verdict, error) {
	form, header := url.Values{"token": {token}, "token_type_hint": {"access_token"}}, http.Header{}
	in.authenticate(header, form)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, in.endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	header.Set("Content-Type", "application/x-www-form-urlencoded")
	header.Set("Accept", "application/json")
	req.Header = header
	// This lets net/http send the request again if an idle connection turns out to
	// be closed: to ask twice does no harm. The field itself is not sent.
	header["Idempotency-Key"] = nil
	a, err := in.cfg.ask(req)
	var refused statusError
	switch {
	case errors.As(err, &refused) && refused.status == http.StatusBadRequest && refused.code == "unsupported_token_type":
		now := in.cfg.now().Round(0)
		return &verdict{said: now, until: now.Add(in.cfg.cacheFor)}, nil // such as a JWT, where tokens are opaque
	case err != nil:
		return nil, cut(in.hide(err, token)) // in this order: a token that is cut would not be found
	}
	return in.judge(a.body)
}

// judge reads the server's answer (RFC 7662 section 2.2).
func (in *introspector) judge(body []byte) (*verdict, error) {
	var said struct {
		Active jsontext.Value `json:"active"`
		Type   jsontext.Value `json:"token_type"`
		Exp    float64        `json:"exp"`
	}
	if err := decode(body, &said); err != nil {
		return nil, err
	}
	now := in.cfg.now().Round(0)
	v := &verdict{said: now, until: now.Add(in.cfg.cacheFor)}
	switch string(said.Active) {
	case "false":
		return v, nil
	case "true":
	default:
		return nil, errors.New(`the answer's "active" is neither true nor false`)
	}
	bearer := strings.EqualFold(string(said.Type), `"Bearer"`)
	if said.Type != nil && !bearer || !bearer && in.anyAudience {
		return v, nil // a token bound to a key, or a refresh token, which only its audience would tell apart
	}
	if exp := time.Unix(int64(min(said.Exp, 1<<40)), 0); exp.Before(v.until) {
		v.until = exp
	}
	v.claims = body
	return v, nil
}

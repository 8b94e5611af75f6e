package sessions

import (
	"context"
	"errors"
	"time"
)

// A Tag stands for one subject of one issuer: the start of the SHA-256 of both.
// All that a Store keeps of a subject is under its Tag, so that a Redis Cluster
// has it in one place.
type Tag [16]byte

// A Hash is the SHA-256 of a secret. A Store never sees a secret itself.
type Hash [32]byte

// A Record is a session as a Store keeps it: the family of refresh tokens that
// came of one login. Its size does not grow with use.
type Record struct {
	// ID is random and no secret: access tokens carry it as sid.
	ID string
	// Family is of the secret that all refresh tokens of the session share, and
	// Current of that of the newest.
	Family, Current Hash
	// Previous is of the secret before, and Salt what Current was derived with,
	// until GraceEnds. They are zero where there is no grace.
	Previous  Hash
	Salt      Hash
	GraceEnds time.Time
	// Created, Used and Ends are when the session began, was last refreshed, and
	// will be over however much it is used.
	Created, Used, Ends time.Time
	// Data is the rest, as JSON.
	Data []byte
}

// A Rotation is what a refresh changes in a Record. Its fields are those of the
// Record that have their names.
type Rotation struct {
	Current, Previous, Salt Hash
	GraceEnds, Used         time.Time
}

// What a Store returns beside errors of its own, which all mean an outage.
var (
	// ErrNotFound is for a session that is over, or never was.
	ErrNotFound = errors.New("sessions: no such session")
	// ErrConflict is for a rotation that another one came before.
	ErrConflict = errors.New("sessions: the refresh token was used already")
	// ErrFull is for a session that there is no room for.
	ErrFull = errors.New("sessions: the store is full")
)

// A Store keeps sessions and revocations. NewMemory returns one for a single
// instance; package redisstore has one for many. Any other must pass package
// storetest's suite.
//
// Each method is one atomic step, safe for concurrent use by any number of
// instances, and what it acknowledged is seen by every call after it (Revoked
// may be late by the bound that the Store documents). Times to live are measured
// by the Store's own clock. A method that has to wait for something waits no
// longer than ctx lasts. One that returns an error other than those above may or
// may not have taken effect.
type Store interface {
	// Create adds r for ttl. If the subject then has more than limit sessions,
	// those used longest ago are ended, as by End.
	Create(ctx context.Context, tag Tag, r Record, ttl time.Duration, limit int, revoked time.Duration) error
	// Get returns the session and the subject's generation, or ErrNotFound.
	Get(ctx context.Context, tag Tag, id string) (r Record, generation int64, err error)
	// Rotate changes the session if its Current is from, and lets it live for
	// ttl from now. It returns ErrConflict if Current is another, ErrNotFound if
	// the session is over.
	Rotate(ctx context.Context, tag Tag, id string, from Hash, to Rotation, ttl time.Duration) error
	// List returns the subject's sessions, in no order.
	List(ctx context.Context, tag Tag) ([]Record, error)
	// End ends the session, if it is not over, and revokes its access tokens for
	// the time revoked in any case.
	End(ctx context.Context, tag Tag, id string, revoked time.Duration) error
	// EndAll is End for all sessions of the subject but keep. If keep is "", it
	// also raises the subject's generation for the time revoked: to its
	// predecessor plus one, or to the Store's clock in microseconds since 1970,
	// whichever is more.
	EndAll(ctx context.Context, tag Tag, keep string, revoked time.Duration) error
	// Revoke revokes one access token for ttl.
	Revoke(ctx context.Context, tag Tag, jti string, ttl time.Duration) error
	// Revoked reports whether the session sid or the token jti is revoked, either
	// of which may be "", and returns the subject's generation, which is 0 if it
	// was never raised or all tokens from before are expired.
	Revoked(ctx context.Context, tag Tag, sid, jti string) (revoked bool, generation int64, err error)
}

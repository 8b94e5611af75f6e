package jwks

import (
	"context"
	"log/slog"
	"time"
)

// An Event is one question to a provider and what came of it, for logs and
// metrics. It holds no token and no secret.
type Event struct {
	// Issuer is the issuer as it was configured, or "".
	Issuer string
	// URL is that of the key set or of the introspection endpoint, or the issuer if
	// its metadata failed.
	URL string
	// Err says why it failed. It is nil if it did not.
	Err error
	// Keys is how many keys of a set are used, and Skipped are those that are not.
	Keys    int
	Skipped []SkippedKey
	// Duration is how long it took.
	Duration time.Duration
}

// A SkippedKey is a key in a key set that is not used.
type SkippedKey struct {
	// ID is its kid, or "".
	ID string
	// Reason says why it is not used.
	Reason string
}

// tell calls the observer, whose panic must not end the program.
func (c *config) tell(ctx context.Context, ev Event) {
	defer func() { _ = recover() }()
	c.observe(context.WithoutCancel(ctx), ev)
}

// logTo returns an observer that logs. logger is called for each Event, for
// slog.Default may have been replaced since.
func logTo(logger func() *slog.Logger) func(context.Context, Event) {
	return func(ctx context.Context, ev Event) { ev.log(ctx, logger()) }
}

func (ev Event) log(ctx context.Context, l *slog.Logger) {
	level, text := slog.LevelDebug, "jwks: provider answered"
	switch {
	case ev.Err != nil:
		level, text = slog.LevelWarn, "jwks: provider failed"
	case len(ev.Skipped) > 0:
		level, text = slog.LevelWarn, "jwks: keys skipped"
	}
	if !l.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{slog.String("issuer", ev.Issuer), slog.String("url", ev.URL), slog.Duration("duration", ev.Duration)}
	if ev.Err != nil {
		attrs = append(attrs, slog.String("error", ev.Err.Error()))
	} else if ev.Keys > 0 {
		attrs = append(attrs, slog.Int("keys", ev.Keys))
	}
	for _, k := range ev.Skipped {
		attrs = append(attrs, slog.Group("skipped", slog.String("kid", k.ID), slog.String("reason", k.Reason)))
	}
	l.LogAttrs(ctx, level, text, attrs...)
}

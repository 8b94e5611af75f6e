package ginjwtotel

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// bounded returns the attributes for metrics: those whose values are names of the
// program's, of which there are few.
func bounded(ev ginjwt.Event) []attribute.KeyValue {
	attrs := texts([]attribute.KeyValue{outcome(ev)}, []text{
		{"http.route", ev.Route}, {"http.request.method", method(ev)}, {"error.type", ev.Code},
		{"ginjwt.reason", string(ev.Reason)}, {"ginjwt.guard", ev.Guard}, {"ginjwt.scheme", ev.Scheme},
		{"ginjwt.issuer", ev.Issuer}, {"ginjwt.alg", ev.Algorithm},
	})
	if ev.Status != 0 { // a request that passes has no answer yet
		attrs = append(attrs, attribute.Int("http.response.status_code", ev.Status))
	}
	return attrs
}

// detailed returns all attributes, for an event on a span.
func (c config) detailed(ev ginjwt.Event) []attribute.KeyValue {
	attrs := append(bounded(ev), cached(ev), attribute.Float64("ginjwt.duration", ev.Duration.Seconds()))
	attrs = texts(attrs, []text{{"ginjwt.ignored", ev.Ignored}, {"ginjwt.kid", ev.KeyID}, {"ginjwt.cause", ev.Cause}})
	if c.subject {
		attrs = texts(attrs, []text{{"enduser.id", ev.Subject()}})
	}
	return attrs
}

func outcome(ev ginjwt.Event) attribute.KeyValue {
	return attribute.String("ginjwt.outcome", string(ev.Outcome))
}

func cached(ev ginjwt.Event) attribute.KeyValue { return attribute.Bool("ginjwt.cached", ev.Cached) }

// method returns the request's method, or "_OTHER" for one that is not known, as
// OpenTelemetry's semantic conventions for HTTP ask.
func method(ev ginjwt.Event) string {
	if ev.Method == "unknown" {
		return "_OTHER"
	}
	return ev.Method
}

// text is an attribute that may be empty.
type text struct {
	key   attribute.Key
	value string
}

// texts appends those of list that are not empty, as valid UTF-8: a cause may quote
// other bytes from a request, and for one of them an exporter's whole batch is
// refused.
func texts(attrs []attribute.KeyValue, list []text) []attribute.KeyValue {
	for _, t := range list {
		if t.value != "" {
			attrs = append(attrs, t.key.String(strings.ToValidUTF8(t.value, "\uFFFD")))
		}
	}
	return attrs
}

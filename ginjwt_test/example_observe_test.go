package ginjwt_test

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// A guard on the engine runs for unknown routes too, so a method of the
// client's invention must not become a label in somebody's metrics.
func TestEventHoldsNoInventedMethod(t *testing.T) {
	t.Parallel()
	_, verifier := newIssuer(t)
	claims := ginjwt.JWT[ginjwt.Claims](ginjwt.OAuth2PasswordBearer("/token"), verifier)
	var events []ginjwt.Event
	r := newEngine()
	r.Use(ginjwt.Observe(func(_ context.Context, ev ginjwt.Event) { events = append(events, ev) }), ginjwt.Require(claims))
	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("INVENTED", "/nowhere", nil))
	require.Len(t, events, 1)
	assert.NotContains(t, events[0].Method, "INVENTED")
}

package ginjwt

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTokensAfterAMarker(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rule, offered string
		tokens        string
		ok            bool
	}{
		{"nothing", "", "", true},
		{"no marker", "chat v2", "", true},
		{"marker and token", "bearer a", "a", true},
		{"among others", "chat bearer a v2", "a", true},
		{"the marker alone", "bearer", "", false},
		{"the marker last", "chat bearer", "", false},
		{"twice", "bearer a bearer b", "a b", true},
		{"twice, the second alone", "bearer a bearer", "", false},
		{"the marker as a token", "bearer bearer", "bearer", true},
		{"another case is another subprotocol", "Bearer a", "", true},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			tokens, ok := tokensAfter(strings.Fields(tc.offered), "bearer")
			assert.Equal(t, tc.ok, ok)
			assert.Equal(t, strings.Fields(tc.tokens), append([]string{}, tokens...))
		})
	}
}

// offering is a request that offers subprotocols, in several header lines.
func offering(lines ...string) *gin.Context {
	return &gin.Context{Request: &http.Request{Header: http.Header{subprotocolHeader: lines, "X-Other": {"o"}}}}
}

func TestOfferedSubprotocols(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rule  string
		lines []string
		want  []string
	}{
		{"no header", nil, nil},
		{"empty", []string{""}, nil},
		{"commas alone", []string{" , ,, "}, nil},
		{"one line", []string{"a,b , c\t,\td"}, []string{"a", "b", "c", "d"}},
		{"several lines are one list", []string{"a", "b, c"}, []string{"a", "b", "c"}},
		{"an empty element is none", []string{"a,,b", "", ",c"}, []string{"a", "b", "c"}},
		{"inner white space stands", []string{"a b, c"}, []string{"a b", "c"}},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.want, offeredSubprotocols(offering(tc.lines...).Request))
		})
	}
}

func markerPlace(marker string) place { return place{in: inSubprotocol, name: marker} }

func TestHideTokenReplacesTheRequest(t *testing.T) {
	t.Parallel()
	c := offering("chat, bearer", "tok")
	before := c.Request
	markerPlace("bearer").hideToken(c)
	require.NotSame(t, before, c.Request)
	assert.Equal(t, []string{"chat, bearer", "tok"}, before.Header[subprotocolHeader], "others may be reading it")
	assert.Equal(t, []string{"chat, bearer"}, c.Request.Header[subprotocolHeader])
	assert.Equal(t, "o", c.Request.Header.Get("X-Other"))
	assert.Equal(t, []string{"chat", "bearer", "tok"}, offeredSubprotocols(c.Request))

	again := c.Request
	markerPlace("bearer").hideToken(c)
	assert.Same(t, again, c.Request, "a second guard has nothing to do")
}

func TestHideTokenLeavesOtherRequestsAlone(t *testing.T) {
	t.Parallel()
	for rule, lines := range map[string][]string{
		"no header": nil, "no marker": {"chat, v2"}, "the marker alone": {"bearer"}, "another case": {"Bearer, tok"},
	} {
		c := offering(lines...)
		before := c.Request
		markerPlace("bearer").hideToken(c)
		assert.Same(t, before, c.Request, rule)
		assert.Equal(t, lines, c.Request.Header[subprotocolHeader], rule)
	}
}

func TestHideTokenOfTwoMarkers(t *testing.T) {
	t.Parallel()
	c := offering("a, one, b, two, chat")
	markerPlace("a").hideToken(c)
	assert.Equal(t, []string{"a, b, two, chat"}, c.Request.Header[subprotocolHeader])
	markerPlace("b").hideToken(c)
	assert.Equal(t, []string{"a, b, chat"}, c.Request.Header[subprotocolHeader])
	markerPlace("a").hideToken(c)
	assert.Equal(t, []string{"a, b, chat"}, c.Request.Header[subprotocolHeader])
	assert.Equal(t, []string{"a", "one", "b", "two", "chat"}, offeredSubprotocols(c.Request))
}

// A token that is offered a second time, as a subprotocol, must not be shown
// either: a library that selects the last would tell it.
func TestHideTokenThatIsOfferedTwice(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"bearer, tok, tok", "tok, bearer, tok", "bearer, tok, chat, tok"} {
		c := offering(line)
		markerPlace("bearer").hideToken(c)
		for shown := range strings.SplitSeq(c.Request.Header[subprotocolHeader][0], ", ") {
			assert.NotEqual(t, "tok", shown, line)
		}
	}
}

// A marker that follows another is that one's token, and a marker as well: what
// follows it must not be shown, whichever scheme is asked first.
func TestHideTokenWhereMarkersFollowEachOther(t *testing.T) {
	t.Parallel()
	for _, order := range [][]string{{"a", "b"}, {"b", "a"}} {
		c := offering("a, b, tok, chat")
		for _, marker := range order {
			markerPlace(marker).hideToken(c)
		}
		assert.NotContains(t, c.Request.Header[subprotocolHeader][0], "tok", order)
	}
}

// Only the request that hideToken made has what its context says: others that
// were made with that context have what their own header says.
func TestTheOfferIsTheRequestsOwn(t *testing.T) {
	t.Parallel()
	c := offering("bearer, tok")
	markerPlace("bearer").hideToken(c)
	outer := c.Request.Context()
	for rule, tc := range map[string]struct {
		header http.Header
		want   []string
	}{
		"no header":           {http.Header{}, nil},
		"the header's values": {c.Request.Header.Clone(), []string{"bearer"}},
		"another header":      {http.Header{subprotocolHeader: {"chat"}}, []string{"chat"}},
		"no values":           {http.Header{subprotocolHeader: {}}, nil},
	} {
		req := (&http.Request{Header: tc.header}).WithContext(outer)
		assert.Equal(t, tc.want, offeredSubprotocols(req), rule)
	}
	derived := c.Request.WithContext(context.WithValue(outer, slotKey{}, nil))
	assert.Equal(t, []string{"bearer", "tok"}, offeredSubprotocols(derived), "the same request with another context")
}

// FuzzHideToken checks what a WebSocket library can select once tokens are
// hidden: nothing but what the client offered, and no token that was found.
func FuzzHideToken(f *testing.F) {
	for _, seed := range []string{"bearer, tok", "bearer", "bearer, a, bearer, b", "key, a, bearer, b", "bearer, key, a", "chat,bearer,tok,v2", ",bearer,,tok,", "bearer,bearer", "bearer, a, a"} {
		f.Add(seed, "")
		f.Add("chat", seed)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		c := offering(first, second)
		offered := offeredSubprotocols(c.Request)
		for _, marker := range []string{"bearer", "key"} {
			tokens, ok := tokensAfter(offered, marker)
			markerPlace(marker).hideToken(c)
			require.Equal(t, offered, offeredSubprotocols(c.Request), "what was offered is still known")
			shown := offeredSubprotocols(&http.Request{Header: c.Request.Header})
			for _, one := range shown {
				require.Contains(t, offered, one)
			}
			if !ok || len(tokens) == 0 {
				continue
			}
			for _, token := range tokens {
				if token == "bearer" || token == "key" {
					return // a marker for a token: who is to tell which it is
				}
				require.NotContains(t, shown, token)
			}
			require.Contains(t, shown, marker, "the marker can be selected")
		}
	})
}

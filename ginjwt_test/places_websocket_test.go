package ginjwt_test

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// socketLibraries are what careless libraries select of the subprotocols that
// c.Request offers.
var socketLibraries = map[string]func(lines []string) string{
	"the first":                  func(lines []string) string { return strings.TrimSpace(strings.Split(strings.Join(lines, ","), ",")[0]) },
	"the last":                   func(lines []string) string { return socketLast(strings.Join(lines, ",")) },
	"the last of the first line": func(lines []string) string { return socketLast(lines[0]) },
	"all":                        func(lines []string) string { return strings.Join(lines, ", ") },
}

func socketLast(line string) string {
	return strings.TrimSpace(line[strings.LastIndexByte(line, ',')+1:])
}

// socketUpgrade answers a WebSocket handshake (RFC 6455 section 4.2.2) and tells
// in a header who asked.
func socketUpgrade(t *testing.T, c *gin.Context, library string, who string) {
	selected := socketLibraries[library](c.Request.Header["Sec-Websocket-Protocol"])
	sum := sha1.Sum([]byte(c.GetHeader("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	conn, _, err := c.Writer.Hijack()
	if !assert.NoError(t, err) {
		return
	}
	defer func() { _ = conn.Close() }()
	_, err = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Who: %s\r\n"+
		"Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: %s\r\n\r\n", who, base64.StdEncoding.EncodeToString(sum[:]), selected)
	assert.NoError(t, err)
}

// socketWorld serves each kind of guard at a path of its own, and fails if the
// request that came in is changed.
func socketWorld(t *testing.T, library string) (*placeWorld, *httptest.Server) {
	w := newPlaceWorld(t, 10, placeOptions["cookie"], placeOptions["subprotocol"])
	upgrade := func(c *gin.Context, me ginjwt.Claims) { socketUpgrade(t, c, library, me.Subject) }
	optional := ginjwt.Handle(ginjwt.Optional(w.claims), func(c *gin.Context, me *ginjwt.Claims) {
		if me == nil {
			me = &ginjwt.Claims{Subject: "nobody"}
		}
		upgrade(c, *me)
	})
	w.GET("/handle", ginjwt.Handle(w.claims, upgrade))
	w.GET("/optional-handle", optional)
	w.Group("/group", ginjwt.Require(w.claims)).GET("/handle", ginjwt.Handle(w.claims, upgrade))
	w.Group("/group", ginjwt.Require(w.claims)).GET("/optional", optional)
	w.Group("/optional", ginjwt.Require(ginjwt.Optional(w.claims))).GET("/handle", ginjwt.Handle(w.claims, upgrade))
	w.GET("/get", ginjwt.Require(ginjwt.Optional(w.claims)), func(c *gin.Context) {
		if me, err := w.claims.Get(c); assert.NoError(t, err) {
			upgrade(c, me)
		}
	})
	w.GET("/again", ginjwt.Require(w.claims), func(c *gin.Context) {
		c.Request.URL.Path = "/group/handle"
		w.HandleContext(c)
		c.Abort()
	})
	srv := wireServer(t, http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		before, ctx := req.Header.Clone(), req.Context()
		w.ServeHTTP(rw, req)
		assert.Equal(t, before, req.Header)
		assert.Equal(t, ctx, req.Context())
	}))
	return w, srv
}

// socketShake sends a handshake with lines of subprotocols, and others.
func (w *placeWorld) socketShake(t *testing.T, srv *httptest.Server, path string, lines ...string) (answer wireAnswer, raw string) {
	t.Helper()
	conn := wireDial(t, srv)
	request := "GET " + path + " HTTP/1.1\r\nHost: api.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	for _, line := range lines {
		if !strings.Contains(line, ": ") {
			line = "Sec-WebSocket-Protocol: " + line
		}
		request += w.fill(line) + "\r\n"
	}
	_, err := io.WriteString(conn, request+"\r\n")
	require.NoError(t, err)
	var all strings.Builder
	answer = wireRead(t, bufio.NewReader(io.TeeReader(conn, &all)), "GET")
	return answer, all.String()
}

var socketPaths = []string{"/handle", "/optional-handle", "/group/handle", "/group/optional", "/optional/handle", "/get", "/again"}

func TestTheTokenIsNeverTheSelectedSubprotocol(t *testing.T) {
	t.Parallel()
	for library := range socketLibraries {
		t.Run(library, func(t *testing.T) {
			t.Parallel()
			w, srv := socketWorld(t, library)
			for _, path := range socketPaths {
				for _, offered := range [][]string{
					{"bearer, {subprotocol}"}, {"bearer,{subprotocol}"}, {"bearer", "{subprotocol}"}, {"chat, bearer, {subprotocol}"},
					{"bearer, {subprotocol}, chat"}, {"chat", "bearer", "{subprotocol}", "v2"}, {"bearer ,, \t{subprotocol}\t, "},
					{"bearer, {subprotocol}", "Origin: https://api.example"}, {"bearer, {subprotocol}", "Sec-Fetch-Site: cross-site", "Cookie: token={cookie}"},
				} {
					answer, raw := w.socketShake(t, srv, path, offered...)
					require.Equal(t, 101, answer.StatusCode, "%s %q", path, offered)
					assert.Equal(t, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", answer.Header.Get("Sec-WebSocket-Accept"))
					assert.Equal(t, "subprotocol", answer.Header.Get("X-Who"))
					assert.Contains(t, []string{"bearer", "chat", "v2", "chat, bearer", "bearer, chat", "chat, bearer, v2"}, answer.Header.Get("Sec-WebSocket-Protocol"), "%s %q", path, offered)
					for part := range strings.SplitSeq(w.tokens["subprotocol"], ".") {
						assert.NotContains(t, raw, part)
					}
				}
			}
		})
	}
}

func TestHandshakesThatAreRefused(t *testing.T) {
	t.Parallel()
	w, srv := socketWorld(t, "all")
	for _, tc := range []struct {
		rule   string
		lines  []string
		status int
		body   string
	}{
		{"nothing", []string{"chat"}, 401, placeNobody},
		{"the marker in another case", []string{"Bearer, {subprotocol}"}, 401, placeNobody},
		{"the marker alone", []string{"bearer"}, 400, placeBad},
		{"the marker last", []string{"chat, bearer"}, 400, placeBad},
		{"the marker with an empty element", []string{"bearer, ,"}, 400, placeBad},
		{"two tokens", []string{"bearer, {subprotocol}, bearer, {subprotocol}"}, 400, placeTwo},
		{"two tokens in two lines", []string{"bearer, {subprotocol}", "bearer, {header}"}, 400, placeTwo},
		{"one token, and the marker again", []string{"bearer, {subprotocol}, bearer"}, 400, placeBad},
		{"a forged token", []string{"bearer, {forged}"}, 401, placeInvalid},
		{"no token", []string{"bearer, chat"}, 401, placeInvalid},
		{"the marker for a token", []string{"bearer, bearer"}, 401, placeInvalid},
		{"a header as well", []string{"bearer, {subprotocol}", "Authorization: Bearer {header}"}, 400, placeTwo},
		{"a good cookie beside the marker alone", []string{"bearer", "Cookie: token={cookie}"}, 400, placeBad},
	} {
		for _, path := range socketPaths {
			if tc.status == 401 && tc.body == placeNobody && path == "/optional-handle" || path == "/get" {
				continue // nobody gets in there, and nobody is judged here
			}
			answer, raw := w.socketShake(t, srv, path, tc.lines...)
			assert.Equal(t, tc.status, answer.StatusCode, "%s %s", tc.rule, path)
			assert.Equal(t, `{"detail":"`+tc.body+`"}`, answer.body, "%s %s", tc.rule, path)
			assert.NotContains(t, raw, "Sec-WebSocket-Protocol")
		}
	}
}

func TestHandshakesWithACookieAreHeldToOneOrigin(t *testing.T) {
	t.Parallel()
	w, srv := socketWorld(t, "the first")
	for lines, status := range map[string]int{
		"": 101, "Origin: https://api.example": 101, "Origin: http://api.example": 101, "Sec-Fetch-Site: same-origin|Origin: https://api.example": 101,
		"Origin: https://evil.example": 403, "Sec-Fetch-Site: cross-site|Origin: https://evil.example": 403, "Origin: null": 403,
		"Sec-Fetch-Site: same-site|Origin: https://www.api.example": 403,
	} {
		for _, path := range []string{"/handle", "/optional-handle", "/group/handle"} {
			answer, _ := w.socketShake(t, srv, path, append(placeLines(lines), "chat", "Cookie: token={cookie}")...)
			assert.Equal(t, status, answer.StatusCode, "%s %s", path, lines)
			if status == 403 {
				assert.Equal(t, originBody, answer.body)
			}
		}
	}
}

// A token must not be selected where another alternative was chosen either.
func TestTheTokenOfAnotherAlternativeIsHidden(t *testing.T) {
	t.Parallel()
	w := newPlaceWorld(t, 0)
	token, key := ginjwt.HTTPBearer(ginjwt.FromWebSocketProtocol("bearer")), ginjwt.APIKeyHeader("X-Key")
	show := func(c *gin.Context, _ string) { c.String(200, c.GetHeader("Sec-WebSocket-Protocol")) }
	w.GET("/key-first", ginjwt.Handle(ginjwt.AnyOf(key, token), show))
	w.GET("/token-first", ginjwt.Handle(ginjwt.AnyOf(token, key), show))
	for _, path := range []string{"/key-first", "/token-first"} {
		rec := w.send("GET", path, "X-Key: k", "Sec-WebSocket-Protocol: bearer, {subprotocol}")
		assert.Equal(t, 200, rec.Code)
		assert.Equal(t, "bearer", rec.Body.String(), path)
	}
}

func TestTwoSchemesWithMarkersOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := newPlaceWorld(t, 0)
	a, b := ginjwt.HTTPBearer(ginjwt.FromWebSocketProtocol("a")), ginjwt.HTTPBearer(ginjwt.FromWebSocketProtocol("b"))
	show := func(c *gin.Context) {
		first, err := a.Get(c)
		assert.NoError(t, err)
		second, err := b.Get(c)
		assert.NoError(t, err)
		c.String(200, "%s %s %s", first, second, c.GetHeader("Sec-WebSocket-Protocol"))
	}
	w.GET("/ab", ginjwt.Require(a, b), show)
	w.GET("/ba", ginjwt.Require(b), ginjwt.Require(ginjwt.Optional(a)), show)
	for _, path := range []string{"/ab", "/ba"} {
		assert.Equal(t, "one two a, b", w.send("GET", path, "Sec-WebSocket-Protocol: a, one, b, two").Body.String())
		assert.Equal(t, "one two b, a, chat", w.send("GET", path, "Sec-WebSocket-Protocol: b, two", "Sec-WebSocket-Protocol: a, one, chat").Body.String())
	}
}

// A request that a handler makes with the outer's context is another's: the
// outer's token is not its own.
func TestAnInnerRequestHasNotTheOutersToken(t *testing.T) {
	t.Parallel()
	w := newPlaceWorld(t, 10, placeOptions["subprotocol"])
	w.GET("/outer", ginjwt.Require(w.claims), func(c *gin.Context) {
		for _, ctx := range []context.Context{c.Request.Context(), ginjwt.Context(c), c} {
			for _, path := range []string{"/required", "/optional"} {
				for header, want := range map[string]placeVerdict{"": placeNothing, "chat": placeNothing, "bearer": place400(placeBad), "bearer, {header}": placeOK("header")} {
					req := w.request("GET", path).WithContext(ctx)
					if header != "" {
						req.Header.Set("Sec-WebSocket-Protocol", w.fill(header))
					}
					rec := httptest.NewRecorder()
					w.ServeHTTP(rec, req)
					want.judge(t, path, header, rec)
				}
				req := c.Request.Clone(ctx) // as a reverse proxy makes it
				req.URL.Path = path
				rec := httptest.NewRecorder()
				w.ServeHTTP(rec, req)
				place400(placeBad).judge(t, path, "a clone", rec)
			}
		}
		c.String(200, "done")
	})
	placeOK("done").judge(t, "/outer", "", w.send("GET", "/outer", "Sec-WebSocket-Protocol: bearer, {subprotocol}"))
}

// Copies, contexts and goroutines find the token, whoever looks first, and what
// the handler reads meanwhile is not changed under it.
func TestGoroutinesFindTheTokenOfAHandshake(t *testing.T) {
	t.Parallel()
	w := newPlaceWorld(t, 0, placeOptions["subprotocol"])
	handler := func(c *gin.Context) {
		var all sync.WaitGroup
		contexts := []context.Context{c.Copy(), ginjwt.Context(c), c.Copy(), ginjwt.Context(c.Copy())}
		for _, ctx := range append(contexts, contexts...) {
			all.Go(func() {
				me, err := w.claims.Get(ctx)
				assert.NoError(t, err)
				assert.Equal(t, "subprotocol", me.Subject)
			})
		}
		assert.NotEmpty(t, fmt.Sprint(c.Request.Header, c.Request.URL, c.Request.Method))
		all.Wait()
		c.String(200, c.GetHeader("Sec-WebSocket-Protocol"))
	}
	w.GET("/guarded", ginjwt.Require(w.claims), handler)
	w.GET("/later", ginjwt.Require(graphValue(1)), handler)
	for range 20 {
		rec := w.send("GET", "/guarded", "Sec-WebSocket-Protocol: bearer, {subprotocol}")
		assert.Equal(t, "bearer", rec.Body.String())
		assert.Equal(t, 200, w.send("GET", "/later", "Sec-WebSocket-Protocol: bearer, {subprotocol}").Code)
	}
}

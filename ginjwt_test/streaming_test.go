package ginjwt_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
)

func newDepApp(t *testing.T) *depApp {
	return &depApp{graphChain: newGraphChain(t), Engine: newEngine()}
}

// streamWait ends a wait that would never end.
func streamWait(t *testing.T, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(10 * time.Second):
		assert.Fail(t, "waited in vain")
	}
}

// streamRead reads exactly want from the body of resp.
func streamRead(t *testing.T, resp *http.Response, want string) {
	t.Helper()
	got := make([]byte, len(want))
	_, err := io.ReadFull(resp.Body, got)
	require.NoError(t, err)
	require.Equal(t, want, string(got))
}

// The client reads what was flushed while the handler runs, and all of it while
// the clean-up waits: clean-ups come after the stream, as in FastAPI.
func TestStreamReachesTheClientBeforeCleanup(t *testing.T) {
	t.Parallel()
	d := newDepApp(t)
	first, all := make(chan struct{}), make(chan struct{})
	resource := d.onEnd("A", func(*gin.Context) { streamWait(t, all) })
	d.GET("/", ginjwt.Require(d.user), ginjwt.Handle(resource, func(c *gin.Context, _ string) {
		_, _ = c.Writer.WriteString("one,")
		c.Writer.Flush()
		streamWait(t, first)
		d.log.add("handler")
		_, _ = c.Writer.WriteString("two")
		c.Writer.Flush()
	}))
	srv := depServer(t, d)
	resp, err := depDo(srv, depRow{as: "-"}.request(t, d))
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	streamRead(t, resp, "one,")
	assert.Empty(t, d.log.all(), "the resource is there as long as the handler runs")
	close(first)
	streamRead(t, resp, "two")
	close(all)
	_, err = resp.Body.Read(make([]byte, 1))
	assert.Equal(t, io.EOF, err)
	srv.Close()
	assert.Equal(t, []string{"handler", "-A"}, d.log.all())
}

// An answer that nobody flushed waits in net/http's buffer until the clean-ups
// are over: a client that has it can rely on them.
func TestSmallAnswerComesAfterCleanup(t *testing.T) {
	t.Parallel()
	for rule, row := range map[string]depRow{
		"an answer": {as: "-", status: 200, log: "+A handler -A"},
		"a refusal": {status: 401, challenge: graphNobody, text: detailNobody, log: "+A -A"},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			d := newDepApp(t)
			d.GET("/", ginjwt.Require(d.resource("A"), d.user), d.end)
			srv := depServer(t, d)
			answer := depSend(t, srv, row.request(t, d))
			row.judge(t, answer, d.log.all()) // with the server still running
		})
	}
}

func TestStreamEndsWhenTheClientLeaves(t *testing.T) {
	t.Parallel()
	d := newDepApp(t)
	cleaned := make(chan struct{})
	resource := d.onEnd("A", func(*gin.Context) { close(cleaned) })
	d.GET("/", ginjwt.Require(d.user, resource), func(c *gin.Context) {
		c.SSEvent("tick", 1)
		c.Writer.Flush()
		ctx := ginjwt.Context(c)
		streamWait(t, ctx.Done())
		u, err := d.user.Get(ctx)
		assert.NoError(t, err, "what was worked out can still be read")
		d.log.add(u.Name)
	})
	srv := depServer(t, d)
	ctx, leave := context.WithCancel(t.Context())
	resp, err := depDo(srv, depRow{as: "-"}.request(t, d).WithContext(ctx))
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	line, err := bufio.NewReader(resp.Body).ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "event:tick\n", line)
	leave()
	streamWait(t, cleaned)
	srv.Close()
	assert.Equal(t, []string{"johndoe", "-A"}, d.log.all())
}

// The first bytes fix the status; a later error can only end the chain.
func TestErrorInTheMiddleOfAStream(t *testing.T) {
	t.Parallel()
	runDeps(t, []depRow{
		{rule: "Abort adds nothing, and no later handler runs", app: func(d *depApp) {
			d.GET("/", ginjwt.Handle(d.resource("A"), func(c *gin.Context, _ string) {
				_, _ = c.Writer.WriteString("half")
				c.Writer.Flush()
				ginjwt.Abort(c, errTeapot)
			}), d.end)
		}, text: "half", log: "+A -A"},
		{rule: "a guard after it adds nothing either, and refuses all the same", app: func(d *depApp) {
			d.GET("/", ginjwt.Require(d.resource("A")), func(c *gin.Context) {
				_, _ = c.Writer.WriteString("half")
				c.Writer.Flush()
			}, ginjwt.Require(d.user), d.end)
		}, text: "half", log: "+A -A"},
		{rule: "what was written but not flushed stands, too", app: func(d *depApp) {
			d.GET("/", ginjwt.Handle(d.resource("A"), func(c *gin.Context, _ string) {
				c.String(200, "half")
				ginjwt.Abort(c, errTeapot)
			}), d.end)
		}, text: "half", log: "+A -A"},
		{rule: "a status that was set but not written does not stand", app: func(d *depApp) {
			d.GET("/", ginjwt.Handle(d.resource("A"), func(c *gin.Context, _ string) {
				c.Status(204)
				ginjwt.Abort(c, errTeapot)
			}), d.end)
		}, status: 418, text: depTeapot, log: "+A -A"},
		{rule: "a handler of net/http behind a guard controls the connection", app: func(d *depApp) {
			d.GET("/", ginjwt.Require(d.resource("A")), gin.WrapF(func(w http.ResponseWriter, _ *http.Request) {
				control := http.NewResponseController(w)
				d.log.add(fmt.Sprint(control.SetWriteDeadline(time.Now().Add(time.Hour)), control.EnableFullDuplex(), control.Flush()))
				_, _ = io.WriteString(w, "ok")
			}))
		}, log: "+A <nil> <nil> <nil> -A"},
	})
}

// A panic in a stream with Recovery: the client gets what was sent, and 200.
func TestPanicInTheMiddleOfAStream(t *testing.T) {
	t.Parallel()
	half := func(d *depApp) gin.HandlerFunc {
		return func(c *gin.Context) { _, _ = c.Writer.WriteString("half"); c.Writer.Flush(); d.panics(c) }
	}
	runDeps(t, []depRow{{rule: "with a Recovery", app: func(d *depApp) {
		d.GET("/", d.recovery, ginjwt.Require(d.resource("A")), half(d))
	}, text: "half", log: "+A handler -A recovered(boom)"}})

	d := newDepApp(t)
	d.GET("/", ginjwt.Require(d.resource("A")), half(d))
	srv := depServer(t, d)
	resp, err := depDo(srv, depRow{}.request(t, d))
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	_, err = io.ReadAll(resp.Body)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF, "without one, the client is told that it is not all")
	srv.Close()
	assert.Equal(t, []string{"+A", "handler", "-A"}, d.log.all())
}

// A body that the client holds back is not asked for before the credentials
// are judged.
func TestRefusalBeforeTheBodyIsSent(t *testing.T) {
	t.Parallel()
	d := newDepApp(t)
	d.POST("/", ginjwt.Require(d.user), ginjwt.Handle(d.bind(), d.use))
	conn := wireDial(t, depServer(t, d))
	_, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n")
	require.NoError(t, err)
	answer := wireRead(t, bufio.NewReader(conn), http.MethodPost)
	assert.Equal(t, 401, answer.StatusCode, "and no 100 Continue")
	assert.Equal(t, []string{graphNobody}, answer.Header.Values("WWW-Authenticate"))
	assert.Empty(t, d.log.all())
}

// upgrade is a WebSocket's beginning, as far as it concerns us: the handler
// takes the connection over and echoes one line.
func (d *depApp) upgrade(c *gin.Context, u graphUser) {
	conn, buf, err := c.Writer.Hijack()
	if err != nil {
		ginjwt.Abort(c, err)
		return
	}
	defer func() { _ = conn.Close() }()
	_, _ = buf.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	_ = buf.Flush()
	line, _ := buf.ReadString('\n')
	ginjwt.Abort(c, errTeapot) // too late for an answer
	_, _ = buf.WriteString(u.Name + " " + line)
	_ = buf.Flush()
	d.log.add("handler")
}

// Features 31 and 32: a WebSocket route has the same dependencies, and is
// refused with an ordinary answer before the upgrade.
func TestParityWebSocketRoutes(t *testing.T) {
	t.Parallel()
	d := newDepApp(t)
	ended := make(chan struct{}, 9)
	resource := d.onEnd("A", func(*gin.Context) { ended <- struct{}{} })
	d.Group("/", ginjwt.Require(resource)).GET("/ws", ginjwt.Handle(ginjwt.Security(d.user, "me"), d.upgrade), d.end)
	srv := depServer(t, d)
	handshake := func(token string) string {
		return "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: " + token + "\r\n\r\n"
	}
	for _, row := range []struct {
		rule, authorization string
		status              int
		challenge           string
	}{
		{"nobody", "", 401, graphNobody},
		{"a bad token", "Bearer abc", 401, graphInvalid},
		{"no token", "Bearer", 400, extMalformed},
		{"without the scope", "Bearer " + sign(t, d.issuer, "johndoe", ""), 403, lacking("me")},
	} {
		answer := wireSend(t, srv, handshake(row.authorization))
		assert.Equal(t, row.status, answer.StatusCode, row.rule)
		assert.Equal(t, []string{row.challenge}, answer.Header.Values("WWW-Authenticate"), row.rule)
		assert.Empty(t, answer.Header.Get("Upgrade"), row.rule)
		streamWait(t, ended)
	}
	assert.Equal(t, []string{"-A", "-A", "-A", "-A"}, d.log.all())

	conn := wireDial(t, srv)
	_, err := io.WriteString(conn, handshake("Bearer "+sign(t, d.issuer, "johndoe", "me"))+"hello\n")
	require.NoError(t, err)
	from := bufio.NewReader(conn)
	answer := wireRead(t, from, http.MethodGet)
	assert.Equal(t, 101, answer.StatusCode)
	rest, err := io.ReadAll(from)
	require.NoError(t, err)
	assert.Equal(t, "johndoe hello\n", string(rest), "and nothing of the late error")
	streamWait(t, ended)
	assert.Equal(t, []string{"handler", "-A"}, d.log.all()[4:])
}

package ginjwt_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// With GINJWT_LEDGER=1 in the environment, the guards of all tests here are
// observed and logged, and when the tests are over, all that they told is searched
// for every credential that any request had. It is off by default, so that the
// tests see the guards as they are when nobody observes.
var wholeSuite = newLedger(os.Getenv("GINJWT_LEDGER") != "")

// newEngine returns a gin.New, which the ledger watches. Tests that are about
// observers themselves, or count handlers, take a gin.New of their own.
func newEngine() *gin.Engine {
	r := gin.New()
	if wholeSuite != nil {
		r.Use(wholeSuite.noteCredentials, ginjwt.Observe(wholeSuite.event), ginjwt.LogEvents(slog.New(wholeSuite.handler())))
	}
	return r
}

// A ledger has what was told in events and logs, and blocks of what must not be
// in there.
type ledger struct {
	mu      sync.Mutex
	told    map[string]bool
	secrets map[string]bool
}

// blockSize is how much of a credential in a row is one too much. Shorter
// credentials would be found in ordinary words.
const blockSize = 16

func newLedger(on bool) *ledger {
	if !on {
		return nil
	}
	return &ledger{told: map[string]bool{}, secrets: map[string]bool{}}
}

func (l *ledger) tell(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told[text] = true
}

func (l *ledger) event(_ context.Context, ev ginjwt.Event) {
	ev.Duration = 0 // so that what is told twice is kept once
	l.tell(fmt.Sprintf("%+v", ev))
}

// Write takes a log line.
func (l *ledger) Write(line []byte) (int, error) {
	l.tell(string(line))
	return len(line), nil
}

func (l *ledger) handler() slog.Handler {
	return slog.NewTextHandler(l, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "duration" {
				return slog.Attr{}
			}
			return a
		},
	})
}

// noteCredentials is middleware that notes what a request may have credentials in.
func (l *ledger) noteCredentials(c *gin.Context) {
	for name, values := range c.Request.Header {
		if name != "Authorization" && name != "Cookie" && name != "Sec-Websocket-Protocol" && !strings.HasPrefix(name, "X-") {
			continue
		}
		for _, v := range values {
			l.secret(v)
			for part := range strings.FieldsFuncSeq(v, func(r rune) bool { return strings.ContainsRune(" \t,;=", r) }) {
				l.secret(part)
			}
		}
	}
	l.form(c.Request.URL.RawQuery)
	small := c.Request.ContentLength >= 0 && c.Request.ContentLength < 64<<10 // the server must know a large body as its own
	if small && c.Request.Body != nil && strings.HasPrefix(c.GetHeader("Content-Type"), "application/x-www-form-urlencoded") {
		read := &bytes.Buffer{}
		c.Request.Body = struct {
			io.Reader
			io.Closer
		}{io.TeeReader(c.Request.Body, read), c.Request.Body}
		defer func() { l.form(read.String()) }()
	}
	c.Next()
}

// form notes the values of a form that may be credentials.
func (l *ledger) form(text string) {
	values, _ := url.ParseQuery(text)
	for name, all := range values {
		if name == "scope" || name == "grant_type" || name == "token_type_hint" {
			continue
		}
		for _, v := range all {
			l.secret(v)
		}
	}
}

// secret notes a credential: of a JWT the payload's begin and the signature's end.
func (l *ledger) secret(text string) {
	if i := strings.IndexByte(text, '.'); i > 0 && strings.HasPrefix(text, "ey") {
		text = text[i+1:]
	}
	if len(text) < blockSize {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, block := range []string{text[:blockSize], text[len(text)-blockSize:]} {
		if strings.Trim(block, block[:1]) != "" { // what only fills room is no secret
			l.secrets[block] = true
		}
	}
}

// found returns what was told and has a part of a credential in it.
func (l *ledger) found() (all []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for text := range l.told {
		for i := 0; i+blockSize <= len(text); i++ {
			if l.secrets[text[i:i+blockSize]] {
				all = append(all, fmt.Sprintf("%q in %q", text[i:i+blockSize], text))
				break
			}
		}
	}
	return all
}

// judge returns the exit code of the tests: theirs, unless the ledger is on and
// has a credential in it or, of all tests, so little that it proves nothing.
func (l *ledger) judge(code int) int {
	if l == nil {
		return code
	}
	found := l.found()
	fmt.Printf("ledger: %d different texts, %d parts of credentials, %d of them in a text\n", len(l.told), len(l.secrets), len(found))
	for _, text := range found {
		fmt.Println("ledger: a credential was told:", text)
	}
	all := flag.Lookup("test.run").Value.String() == ""
	if len(found) > 0 || all && (len(l.told) < leastTold || len(l.secrets) < leastSecrets) {
		return max(code, 1)
	}
	return code
}

// What the whole suite has at the least.
const leastTold, leastSecrets = 1000, 1000

package redisstore_test

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// proxy is a network between a Store and its Redis, which can go silent: what is
// sent is then neither delivered nor refused.
type proxy struct {
	listener net.Listener
	to       string

	mu      sync.Mutex
	changed *sync.Cond
	silent  bool
	delay   time.Duration
	closed  bool
	conns   []net.Conn
}

func newProxy(tb testing.TB, to string) *proxy {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	p := &proxy{listener: l, to: to}
	p.changed = sync.NewCond(&p.mu)
	go p.serve()
	tb.Cleanup(p.close)
	return p
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

// set makes the network silent or not, and slow by delay each way.
func (p *proxy) set(silent bool, delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.silent, p.delay = silent, delay
	p.changed.Broadcast()
}

func (p *proxy) serve() {
	for {
		in, err := p.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", p.to)
		if err != nil {
			in.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, in, out)
		p.mu.Unlock()
		go p.forward(in, out)
		go p.forward(out, in)
	}
}

func (p *proxy) forward(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		p.mu.Lock()
		for p.silent && !p.closed {
			p.changed.Wait()
		}
		delay, closed := p.delay, p.closed
		p.mu.Unlock()
		if closed {
			return
		}
		time.Sleep(delay)
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}

func (p *proxy) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.changed.Broadcast()
	for _, c := range append([]io.Closer{p.listener}, closers(p.conns)...) {
		c.Close()
	}
}

func closers(conns []net.Conn) (list []io.Closer) {
	for _, c := range conns {
		list = append(list, c)
	}
	return list
}

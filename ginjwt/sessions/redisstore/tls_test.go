package redisstore_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
	"github.com/ginjwt/gin-depends/ginjwt/sessions/redisstore"
	"github.com/ginjwt/gin-depends/ginjwt/sessions/storetest"
)

// authority is a CA for one test.
type authority struct {
	dir, file string // where its certificates are, and its own
	cert      *x509.Certificate
	key       *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{dir: t.TempDir()}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: rand.Text()},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.key = newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	require.NoError(t, err)
	a.cert, err = x509.ParseCertificate(der)
	require.NoError(t, err)
	a.file = a.write(t, "ca.crt", "CERTIFICATE", der)
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

func (a *authority) write(t *testing.T, name, kind string, der []byte) string {
	t.Helper()
	file := filepath.Join(a.dir, name)
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	return file
}

// issue returns the files of a certificate for a server on 127.0.0.1, or for a
// client.
func (a *authority) issue(t *testing.T, name string) (cert, key string) {
	t.Helper()
	k := newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a.cert, k.Public(), a.key)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(k)
	require.NoError(t, err)
	return a.write(t, name+".crt", "CERTIFICATE", der), a.write(t, name+".key", "PRIVATE KEY", secret)
}

// config returns what a client trusts, and shows if it has a name.
func (a *authority) config(t *testing.T, client string) *tls.Config {
	t.Helper()
	cfg := &tls.Config{RootCAs: x509.NewCertPool()}
	cfg.RootCAs.AddCert(a.cert)
	if client != "" {
		pair, err := tls.LoadX509KeyPair(a.issue(t, client))
		require.NoError(t, err)
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg
}

// newTLSServer starts a redis-server that has TLS and nothing else.
func newTLSServer(t *testing.T, a *authority, args ...string) *server {
	t.Helper()
	cert, key := a.issue(t, "server")
	s := &server{dir: t.TempDir(), addr: freeAddr(t)}
	_, port, err := net.SplitHostPort(s.addr)
	require.NoError(t, err)
	ready := func() bool {
		conn, err := tls.Dial("tcp", s.addr, a.config(t, ""))
		if err == nil {
			conn.Close()
		}
		return err == nil
	}
	s.launch(t, ready, append([]string{
		"--bind", "127.0.0.1", "--port", "0", "--tls-port", port, "--dir", s.dir, "--save", "",
		"--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", a.file,
	}, args...)...)
	return s
}

// launch starts a redis-server that a plain PING would not reach, or that has a
// file of settings.
func (s *server) launch(t *testing.T, ready func() bool, args ...string) {
	t.Helper()
	log, err := os.Create(filepath.Join(s.dir, "log"))
	require.NoError(t, err)
	defer log.Close()
	s.cmd = exec.Command(needRedis(t), args...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	require.NoError(t, s.cmd.Start())
	t.Cleanup(s.kill)
	if !assert.Eventually(t, ready, 10*time.Second, 10*time.Millisecond) {
		text, _ := os.ReadFile(log.Name())
		require.FailNow(t, "redis-server is not ready", "%s", text)
	}
}

func tlsOption(s *server, cfg *tls.Config) rueidis.ClientOption {
	o := option(s.addr)
	o.TLSConfig = cfg
	return o
}

func TestTLSKeepsTheContract(t *testing.T) {
	ca := newAuthority(t)
	s := newTLSServer(t, ca, "--tls-auth-clients", "no")
	o, cfg := tlsOption(s, ca.config(t, "")), redisstore.Config{Timeout: 10 * time.Second}
	c, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: o.InitAddress, TLSConfig: o.TLSConfig, DisableCache: true})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	a, b := open(t, o, cfg), open(t, o, cfg)
	storetest.Run(t, func(t *testing.T) storetest.Harness {
		return storetest.Harness{
			Store: a, Peer: b, Unit: 40 * time.Millisecond, Late: 2 * time.Second,
			Pass: func(d time.Duration) { pass(t, c, d) },
			Now:  func() time.Time { return serverTime(t, c) },
		}
	})
}

const password = "correct-horse-battery"

func TestTLSRefusesAtOpen(t *testing.T) {
	t.Parallel()
	ca, other := newAuthority(t), newAuthority(t)
	plain := newServer(t)
	public := newTLSServer(t, ca, "--tls-auth-clients", "no", "--requirepass", password)
	mutual := newTLSServer(t, ca, "--tls-auth-clients", "yes", "--requirepass", password)
	wrongName := ca.config(t, "")
	wrongName.ServerName = "redis.example"
	stranger := ca.config(t, "")
	stranger.Certificates = other.config(t, "stranger").Certificates
	for _, c := range []struct {
		name, want string
		option     rueidis.ClientOption
	}{
		{"a server of an unknown CA", "unknown authority", tlsOption(public, other.config(t, ""))},
		{"a server of another name", "redis.example", tlsOption(public, wrongName)},
		{"the system's CAs by default", "certificate", tlsOption(public, &tls.Config{})},
		{"a client without TLS", "", option(public.addr)},
		{"a server without TLS", "", tlsOption(plain, ca.config(t, ""))},
		{"a client without a certificate, where one is needed", "", tlsOption(mutual, ca.config(t, ""))},
		{"a client with a certificate of an unknown CA", "", tlsOption(mutual, stranger)},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.option.Password = password
			begun := time.Now()
			_, err := redisstore.Open(c.option, redisstore.Config{})
			require.Error(t, err)
			assert.ErrorContains(t, err, c.want)
			assert.ErrorContains(t, err, "redisstore: ")
			assert.NotContains(t, err.Error(), password)
			assert.Less(t, time.Since(begun), 5*time.Second)
		})
	}
}

func TestTLSWithAClientCertificate(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	s := newTLSServer(t, ca, "--tls-auth-clients", "yes", "--requirepass", password)
	o := tlsOption(s, ca.config(t, "client"))
	o.Password = password
	require.NoError(t, callAll(t, open(t, o, redisstore.Config{})))
	for name, wrong := range map[string]string{"no password": "", "a wrong password": "wrong-" + password} {
		t.Run(name, func(t *testing.T) {
			o.Password = wrong
			_, err := redisstore.Open(o, redisstore.Config{})
			require.Error(t, err)
			assert.NotContains(t, err.Error(), password)
		})
	}
}

// callAll calls each method, and those that end sessions with some to end.
func callAll(t *testing.T, store *redisstore.Store) error {
	t.Helper()
	ctx, tag, r := t.Context(), newTag(), newRecord()
	next := r
	next.ID = r.ID + "2"
	steps := []func() error{
		func() error { return store.Create(ctx, tag, r, time.Hour, 1, time.Hour) },
		func() error { return store.Create(ctx, tag, next, time.Hour, 1, time.Hour) }, // ends the first
		func() error {
			return store.Rotate(ctx, tag, next.ID, r.Current, sessions.Rotation{Current: r.Current, Used: r.Used}, time.Hour)
		},
		func() error { _, _, err := store.Get(ctx, tag, next.ID); return err },
		func() error { _, err := store.List(ctx, tag); return err },
		func() error { return store.End(ctx, tag, "s", time.Hour) },
		func() error { return store.EndAll(ctx, tag, "", time.Hour) },
		func() error { return store.Revoke(ctx, tag, "j", time.Hour) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	for _, ids := range [][2]string{{"s", ""}, {r.ID, ""}, {next.ID, ""}, {"", "j"}} {
		revoked, generation, err := store.Revoked(ctx, tag, ids[0], ids[1])
		if err != nil {
			return err
		}
		assert.True(t, revoked, "%q", ids)
		assert.NotZero(t, generation)
	}
	return nil
}

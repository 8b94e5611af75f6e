package browser_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// site is a server on a loopback address, which browsers reach by many names.
type site struct {
	*httptest.Server
	port   string
	scheme string
}

// serve starts a server, with TLS or without.
func serve(t *testing.T, handler http.Handler, withTLS bool) site {
	t.Helper()
	srv := httptest.NewUnstartedServer(handler)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // browsers hang up as they like
	scheme := "http"
	if withTLS {
		scheme = "https"
		srv.TLS = &tls.Config{Certificates: []tls.Certificate{certificate().pair}}
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	t.Cleanup(srv.CloseClientConnections) // a browser keeps them open
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	require.NoError(t, err)
	return site{srv, port, scheme}
}

// at returns the server's origin under a name.
func (s site) at(host string) string { return s.scheme + "://" + host + ":" + s.port }

type selfSigned struct {
	pair tls.Certificate
	pin  string // the hash of its public key, by which the browser trusts it
}

// certificate is that of all servers with TLS. Only the browser that the tests
// start trusts it, and only by its key.
var certificate = sync.OnceValue(func() selfSigned {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ginjwt test"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		DNSNames: []string{"localhost", "app.test", "*.app.test", "evil.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(err)
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	must(err)
	pin := sha256.Sum256(public)
	return selfSigned{tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, base64.StdEncoding.EncodeToString(pin[:])}
})

func must(err error) {
	if err != nil {
		panic(err)
	}
}

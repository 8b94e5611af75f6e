package browser_test

import (
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

type config = sessions.Config[struct{}]

// program is a service with sessions in cookies, as its user would write it.
type program struct {
	site
	recorder
	logins    *sessions.Sessions[struct{}]
	names     sessions.Cookies
	passwords atomic.Int32 // how often a password was looked at
	transfers atomic.Int32 // what an attacker would like to bring about
	claims    atomic.Pointer[string]
}

const origin = "https://app.test"

// newProgram starts a program. What change does not set is the default.
func newProgram(t *testing.T, withTLS bool, change ...func(*config)) *program {
	t.Helper()
	p := &program{}
	key, err := ginjwt.GenerateKey(ginjwt.HS256)
	require.NoError(t, err)
	issuer, err := ginjwt.NewIssuer(ginjwt.IssuerConfig{Issuer: origin, Audience: []string{origin}, Key: key})
	require.NoError(t, err)
	cfg := config{Issuer: issuer, Password: p.password, Claims: p.claimsOf, Cookies: &sessions.Cookies{}}
	for _, fn := range change {
		fn(&cfg)
	}
	p.names = *cfg.Cookies
	p.logins, err = sessions.New(cfg)
	require.NoError(t, err)
	verifier, err := issuer.Verifier(ginjwt.Policy{Revoker: p.logins.Revoker()})
	require.NoError(t, err)
	p.site = serve(t, p.engine(verifier), withTLS)
	return p
}

func (p *program) engine(verifier *ginjwt.Verifier) *gin.Engine {
	places := []ginjwt.SchemeOption{ginjwt.FromCookie(p.names.AccessName())}
	if len(p.names.TrustedOrigins) > 0 {
		places = append(places, ginjwt.TrustedOrigins(p.names.TrustedOrigins...))
	}
	claims := ginjwt.JWT[userClaims](ginjwt.OAuth2PasswordBearer("/token", places...), verifier)
	r := gin.New()
	r.Use(p.record)
	r.GET("/", func(c *gin.Context) { c.Data(200, "text/html; charset=utf-8", []byte(home)) })
	r.POST("/token", p.logins.Token())
	r.POST("/logout", p.logins.Logout())
	r.POST("/revoke", p.logins.Revoke())
	r.GET("/me", ginjwt.Handle(claims, func(c *gin.Context, me userClaims) { c.JSON(200, gin.H{"user": me.Subject}) }))
	r.POST("/transfer", ginjwt.Handle(claims, func(c *gin.Context, me userClaims) {
		c.JSON(200, gin.H{"transfers": p.transfers.Add(1)})
	}))
	r.GET("/ws", ginjwt.Handle(claims, func(c *gin.Context, me userClaims) { greet(c, me.Subject) }))
	return r
}

type userClaims struct {
	ginjwt.Claims
	Note string `json:"note,omitzero"`
}

func (p *program) password(_ *gin.Context, form ginjwt.OAuth2PasswordRequestForm) (sessions.Login[struct{}], error) {
	p.passwords.Add(1)
	if form.Password != "right" {
		return sessions.Login[struct{}]{}, ginjwt.InvalidGrant("Incorrect username or password")
	}
	return sessions.Login[struct{}]{Subject: form.Username}, nil
}

func (p *program) claimsOf(*gin.Context, sessions.Login[struct{}]) (ginjwt.AnyClaims, error) {
	claims := &userClaims{}
	if note := p.claims.Load(); note != nil {
		claims.Note = *note
	}
	return claims, nil
}

// home is the page of the program.
const home = `<!doctype html><title>Bank</title><link rel="icon" href="data:,">
<form id="login"><input name="username" value="alice"><input name="password" value="right">
<input type="hidden" name="grant_type" value="password"><button>Log in</button></form>
<form id="transfer" method="post" action="/transfer"><button>Transfer</button></form>
<p id="user"></p>
<script>
const post = (path, fields) => fetch(path, {method: "POST", body: new URLSearchParams(fields)});
const answer = async response => ({status: response.status, body: await response.text()});
const login = document.getElementById("login"), transfer = document.getElementById("transfer");
login.onsubmit = async event => {
	event.preventDefault();
	await post("/token", new FormData(login));
	const me = await (await fetch("/me")).json();
	document.getElementById("user").innerText = me.user;
};
</script>`

// greet upgrades to a WebSocket, says the user's name and closes.
func greet(c *gin.Context, name string) {
	sum := sha1.Sum([]byte(c.GetHeader("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	c.Status(http.StatusSwitchingProtocols)
	conn, _, err := c.Writer.Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = conn.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n" +
		"\x81" + string(rune(len(name))) + name + "\x88\x02\x03\xe8"))
}

// answer is what a script got.
type answer struct {
	Status int    `json:"status"`
	Body   string `json:"body"`
}

// post sends a form from the program's page, by script.
func (p *tab) post(path string, fields ...string) answer {
	p.t.Helper()
	pairs := []string{}
	for pair := range slices.Chunk(fields, 2) {
		pairs = append(pairs, "["+quote(pair[0])+","+quote(pair[1])+"]")
	}
	return eval[answer](p, "post("+quote(path)+", ["+strings.Join(pairs, ",")+"]).then(answer)")
}

// get fetches from the program's page.
func (p *tab) get(path string) answer {
	p.t.Helper()
	return eval[answer](p, "fetch("+quote(path)+").then(answer)")
}

// logIn opens the program's page under a name and logs alice in.
func (p *tab) logIn(program *program, host string) {
	p.t.Helper()
	require.Equal(p.t, 200, p.open(program.at(host)+"/"))
	a := p.post("/token", "grant_type", "password", "username", "alice", "password", "right")
	require.Equal(p.t, 200, a.Status, a.Body)
	require.Equal(p.t, answer{200, `{"user":"alice"}`}, p.get("/me"))
}

package main

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	m.Run()
}

// TestClientFindsTheMetadata: the SDK's own parser reads the challenge, and its own checks
// accept the document that it names.
func TestClientFindsTheMetadata(t *testing.T) {
	t.Parallel()
	a := newAuthServer(t)
	origin := serve(t, a)
	res := post(t, origin, "", "", initialize)
	require.Equal(t, http.StatusUnauthorized, res.StatusCode)
	challenges, err := oauthex.ParseWWWAuthenticate(res.Header.Values("WWW-Authenticate"))
	require.NoError(t, err)
	require.Len(t, challenges, 1)
	assert.Equal(t, oauthex.Challenge{Scheme: "bearer", Params: map[string]string{
		"realm": "api", "resource_metadata": origin + "/.well-known/oauth-protected-resource/mcp", "scope": "notes:read",
	}}, challenges[0])

	metadata, err := oauthex.GetProtectedResourceMetadata(t.Context(), challenges[0].Params["resource_metadata"], origin+"/mcp", http.DefaultClient)
	require.NoError(t, err)
	assert.Equal(t, &oauthex.ProtectedResourceMetadata{
		Resource: origin + "/mcp", AuthorizationServers: []string{a.URL}, ScopesSupported: []string{"notes:read"},
		BearerMethodsSupported: []string{"header"}, ResourceName: "Notes",
	}, metadata)
	_, err = oauthex.GetProtectedResourceMetadata(t.Context(), challenges[0].Params["resource_metadata"], origin, http.DefaultClient)
	assert.ErrorContains(t, err, "got metadata resource", "that of another resource is not taken")
}

// handler returns the SDK's authorization code flow, for a client that a knows. Its
// browser follows the redirection and reads what it is sent back with.
func handler(t *testing.T, a *authServer) *auth.AuthorizationCodeHandler {
	t.Helper()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	h, err := auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{
		PreregisteredClient: &oauthex.ClientCredentials{ClientID: "client"},
		RedirectURL:         a.URL + "/back",
		AuthorizationCodeFetcher: func(ctx context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, args.URL, nil)
			if err != nil {
				return nil, err
			}
			res, err := browser.Do(req)
			if err != nil {
				return nil, err
			}
			defer res.Body.Close()
			back, err := res.Location()
			if err != nil {
				return nil, err
			}
			return &auth.AuthorizationResult{Code: back.Query().Get("code"), State: back.Query().Get("state")}, nil
		},
	})
	require.NoError(t, err)
	return h
}

// connect returns a session of the SDK's client with the program.
func connect(t *testing.T, origin string, h auth.OAuthHandler) (*mcp.ClientSession, error) {
	t.Helper()
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: origin + "/mcp", OAuthHandler: h, MaxRetries: -1}, nil)
	if err == nil {
		t.Cleanup(func() { _ = session.Close() })
	}
	return session, err
}

// says returns what the tool says.
func says(t *testing.T, session *mcp.ClientSession) string {
	t.Helper()
	result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "whoami"})
	require.NoError(t, err)
	require.Len(t, result.Content, 1)
	text, ok := result.Content[0].(*mcp.TextContent)
	require.True(t, ok)
	return text.Text
}

// TestClientLogsInByItself: it knows nothing but the server's URL. It asks for the scope
// of the challenge, and for a token for this very resource.
func TestClientLogsInByItself(t *testing.T) {
	t.Parallel()
	a := newAuthServer(t)
	origin := serve(t, a)
	session, err := connect(t, origin, handler(t, a))
	require.NoError(t, err)
	assert.Equal(t, "You are alice", says(t, session))
	asked := a.requests()
	require.Len(t, asked, 1)
	assert.Equal(t, "notes:read", asked[0].Get("scope"))
	assert.Equal(t, origin+"/mcp", asked[0].Get("resource"))
}

// TestClientAsksForTheScopeThatItLacks: the challenge of the 403 tells it which (the
// protocol's step-up flow).
func TestClientAsksForTheScopeThatItLacks(t *testing.T) {
	t.Parallel()
	a := newAuthServer(t)
	first := true
	a.granted = func(asked string) string {
		if first {
			first = false
			return "other"
		}
		return asked
	}
	origin := serve(t, a)
	session, err := connect(t, origin, handler(t, a))
	require.NoError(t, err)
	assert.Equal(t, "You are alice", says(t, session))
	asked := a.requests()
	require.Len(t, asked, 2)
	assert.Contains(t, strings.Fields(asked[1].Get("scope")), "notes:read")
}

// fixed is an OAuth handler with one token, which never asks for another.
type fixed string

func (f fixed) TokenSource(context.Context) (oauth2.TokenSource, error) {
	return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: string(f)}), nil
}

func (fixed) Authorize(_ context.Context, _ *http.Request, res *http.Response) error {
	return res.Body.Close()
}

// TestTokensOfOthersDoNotConnect: neither one for another resource of the same
// authorization server nor one of another server (RFC 8707 section 2).
func TestTokensOfOthersDoNotConnect(t *testing.T) {
	t.Parallel()
	a, other := newAuthServer(t), newAuthServer(t)
	origin := serve(t, a)
	resource := origin + "/mcp"
	for name, tc := range map[string]struct {
		token  string
		status int
	}{
		"good":                         {a.sign(t, resource, "alice", "notes:read"), 200},
		"for the origin":               {a.sign(t, origin, "alice", "notes:read"), 401},
		"for a resource below":         {a.sign(t, resource+"/x", "alice", "notes:read"), 401},
		"of another server":            {other.sign(t, resource, "alice", "notes:read"), 401},
		"without the scope":            {a.sign(t, resource, "alice", "notes:write"), 403},
		"that is none":                 {"x", 401},
		"that is none, and two tokens": {"x y", 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			session, err := connect(t, origin, fixed(tc.token))
			if tc.status == http.StatusOK {
				require.NoError(t, err)
				assert.Equal(t, "You are alice", says(t, session))
				return
			}
			require.Error(t, err)
			res := post(t, origin, tc.token, "", initialize)
			assert.Equal(t, tc.status, res.StatusCode)
			assert.Contains(t, res.Header.Get("WWW-Authenticate"), `resource_metadata="`+origin+`/.well-known/oauth-protected-resource/mcp"`)
		})
	}
}

// TestSessionBelongsToItsUser: the protocol's session is no credential (the handler of the
// SDK compares the user that the program told it).
func TestSessionBelongsToItsUser(t *testing.T) {
	t.Parallel()
	a := newAuthServer(t)
	origin := serve(t, a)
	alice, bob := a.sign(t, origin+"/mcp", "alice", "notes:read"), a.sign(t, origin+"/mcp", "bob", "notes:read")
	session := post(t, origin, alice, "", initialize).Header.Get("Mcp-Session-Id")
	require.NotEmpty(t, session)
	assert.Equal(t, http.StatusOK, post(t, origin, alice, session, listTools).StatusCode)
	assert.Equal(t, http.StatusForbidden, post(t, origin, bob, session, listTools).StatusCode)
	assert.Equal(t, http.StatusUnauthorized, post(t, origin, "", session, listTools).StatusCode)
}

package jwks_test

import (
	"maps"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/jwks"
)

// Auth0, with the permissions that role-based access control puts into tokens.
func ExampleDiscover_auth0() {
	tenant := auth0() // on this machine
	defer tenant.Close()
	issuer, local := tenant.issuer, jwks.InsecureLoopbackHTTP() // in production "https://TENANT.eu.auth0.com/", and no option

	type Claims struct {
		ginjwt.Claims
		Permissions []string `json:"permissions"`
	}
	verifier := ginjwt.Must(jwks.Discover(issuer, ginjwt.Policy{Audience: []string{"https://api.example.com"}}, local))
	token := ginjwt.OpenIDConnect(issuer + ".well-known/openid-configuration")
	user := ginjwt.Grants(ginjwt.JWT[Claims](token, verifier), func(c Claims) []string { return c.Permissions })

	r := gin.New()
	r.GET("/items", ginjwt.Handle(ginjwt.Security(user, "read:items"), func(c *gin.Context, me Claims) { c.String(200, me.Subject) }))
	tenant.try(r, "/items")
	// Output:
	// access token: 200 auth0|123456
	// access token, RFC 9068 profile: 200 auth0|123456
	// machine's access token: 200 my_client_id@clients
	// access token, scope without permission: 403 insufficient_scope
	// ID token: 401 invalid_token
	// ID token without nonce: 401 invalid_token
	// access token for another API: 401 invalid_token
	// another tenant's access token: 401 invalid_token
	// another tenant's, with our name and key ID: 401 invalid_token
}

// Keycloak, with the roles of the realm.
func ExampleDiscover_keycloak() {
	realm := keycloak() // on this machine
	defer realm.Close()
	issuer, local := realm.issuer, jwks.InsecureLoopbackHTTP() // in production "https://id.example.com/realms/acme", and no option

	type Roles struct {
		Roles []string `json:"roles"`
	}
	type Claims struct {
		ginjwt.Claims
		Realm Roles `json:"realm_access"`
	}
	verifier := ginjwt.Must(jwks.Discover(issuer, ginjwt.Policy{Audience: []string{"items-api"}}, local))
	token := ginjwt.OpenIDConnect(issuer + "/.well-known/openid-configuration")
	user := ginjwt.Grants(ginjwt.JWT[Claims](token, verifier), func(c Claims) []string { return c.Realm.Roles })

	r := gin.New()
	r.GET("/items", ginjwt.Handle(ginjwt.Security(user, "reader"), func(c *gin.Context, me Claims) { c.String(200, me.Subject) }))
	realm.try(r, "/items")
	// Output:
	// access token: 200 f1888f4d
	// access token, at+jwt: 200 f1888f4d
	// access token without the role: 403 insufficient_scope
	// access token with a scope of the role's name: 403 insufficient_scope
	// ID token: 401 invalid_token
	// ID token with the API in aud: 401 invalid_token
	// refresh token: 401 invalid_token
	// refresh token, realm's key and the API in aud: 401 invalid_token
	// logout token: 401 invalid_token
	// access token bound to a key: 401 invalid_token
	// access token without an audience mapper: 401 invalid_token
	// another realm's access token: 401 invalid_token
	// another realm's, with our name: 401 invalid_token
}

// Entra ID, tokens of version 2.0. An ID token can have the same aud and the
// user's roles, so an access token is known by its scp or, if an application
// acts for itself, by idtyp.
func ExampleDiscover_entra() {
	tenant := entra("2.0") // on this machine
	defer tenant.Close()
	issuer, local := tenant.issuer, jwks.InsecureLoopbackHTTP() // in production "https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0", and no option

	type Claims struct {
		ginjwt.Claims
		SCP    ginjwt.Scope `json:"scp"`
		Roles  []string     `json:"roles"`
		IDType string       `json:"idtyp"`
	}
	verifier := ginjwt.Must(jwks.Discover(issuer, ginjwt.Policy{Audience: []string{"00001111-aaaa-2222-bbbb-3333cccc4444"}}, local))
	token := ginjwt.OpenIDConnect(issuer + "/.well-known/openid-configuration")
	access := ginjwt.Check(ginjwt.JWT[Claims](token, verifier), "access token", func(_ *gin.Context, c Claims) error {
		if c.SCP == "" && c.IDType != "app" {
			return ginjwt.Unauthenticated("Could not validate credentials")
		}
		return nil
	})
	caller := ginjwt.Grants(access, func(c Claims) []string {
		if c.IDType == "app" {
			return c.Roles
		}
		return c.SCP.List()
	})

	r := gin.New()
	r.GET("/items", ginjwt.Handle(ginjwt.Security(caller, "Items.Read"), func(c *gin.Context, me Claims) { c.String(200, me.Subject) }))
	tenant.try(r, "/items")
	// Output:
	// user's access token: 200 AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ
	// application's access token: 200 aaaaaaaa-0000
	// user's access token without the scope: 403 insufficient_scope
	// user's access token, a role for the scope: 403 insufficient_scope
	// application's access token without the role: 403 insufficient_scope
	// ID token with the same aud: 401 invalid_token
	// ID token with the same aud and a nonce: 401 invalid_token
	// application's access token without idtyp: 401 invalid_token
	// access token of the other version: 401 invalid_token
	// another tenant's access token: 401 invalid_token
	// access token for Microsoft Graph: 401 invalid_token
}

// Entra ID, tokens of version 1.0, whose issuer has its keys at another host.
func ExampleRemote_entra() {
	tenant := entra("1.0") // on this machine
	defer tenant.Close()
	url, local := tenant.keysURL, jwks.InsecureLoopbackHTTP() // in production "https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/discovery/keys", and no option

	type Claims struct {
		ginjwt.Claims
		SCP ginjwt.Scope `json:"scp"`
	}
	verifier := ginjwt.Must(ginjwt.NewVerifier(ginjwt.Must(jwks.Remote(url, local)), ginjwt.Policy{
		Issuer:   "https://sts.windows.net/aaaabbbb-0000-cccc-1111-dddd2222eeee/",
		Audience: []string{"api://00001111-aaaa-2222-bbbb-3333cccc4444"},
	}))
	user := ginjwt.Check(ginjwt.JWT[Claims](ginjwt.HTTPBearer(), verifier), "access token", func(_ *gin.Context, c Claims) error {
		if c.SCP == "" {
			return ginjwt.Unauthenticated("Could not validate credentials")
		}
		return nil
	})
	user = ginjwt.Grants(user, func(c Claims) []string { return c.SCP.List() })

	r := gin.New()
	r.GET("/items", ginjwt.Handle(ginjwt.Security(user, "Items.Read"), func(c *gin.Context, me Claims) { c.String(200, me.Subject) }))
	tenant.try(r, "/items")
	// Output:
	// user's access token: 200 AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ
	// application's access token: 401 invalid_token
	// user's access token without the scope: 403 insufficient_scope
	// user's access token, a role for the scope: 403 insufficient_scope
	// application's access token without the role: 401 invalid_token
	// ID token with the same aud: 401 invalid_token
	// ID token with the same aud and a nonce: 401 invalid_token
	// application's access token without idtyp: 401 invalid_token
	// access token of the other version: 401 invalid_token
	// another tenant's access token: 401 invalid_token
	// access token for Microsoft Graph: 401 invalid_token
}

// Amazon Cognito, whose access tokens have no aud: client_id says who may call.
func ExampleDiscover_cognito() {
	pool := cognito() // on this machine
	defer pool.Close()
	issuer, local := pool.issuer, jwks.InsecureLoopbackHTTP() // in production "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE", and no option

	apps := []string{"my_web_app", "my_phone_app"}
	verifier := ginjwt.Must(jwks.Discover(issuer, ginjwt.Policy{AnyAudience: true}, local))
	token := ginjwt.OpenIDConnect(issuer + "/.well-known/openid-configuration")
	user := ginjwt.Check(ginjwt.JWT[ginjwt.Claims](token, verifier), "our app", func(_ *gin.Context, c ginjwt.Claims) error {
		if !slices.Contains(apps, c.ClientID) {
			return ginjwt.Unauthenticated("Could not validate credentials")
		}
		return nil
	})

	r := gin.New()
	r.GET("/items", ginjwt.Handle(ginjwt.Security(user, "https://api.example.com/items.read"), func(c *gin.Context, me ginjwt.Claims) {
		c.String(200, me.Subject)
	}))
	pool.try(r, "/items")
	// Output:
	// access token: 200 aaaaaaaa-bbbb
	// access token without the scope: 403 insufficient_scope
	// ID token: 401 invalid_token
	// ID token without at_hash: 401 invalid_token
	// ID token with a client_id and a scope: 401 invalid_token
	// access token of another app: 401 invalid_token
	// access token without a client_id: 401 invalid_token
	// another pool's access token: 401 invalid_token
	// another pool's, with our name: 401 invalid_token
}

// Google's identity tokens of service accounts. Anybody can get one for any
// audience, so the account decides. They have no scopes: the table is ours.
func ExampleDiscover_google() {
	accounts := google() // on this machine
	defer accounts.Close()
	issuer, local := accounts.issuer, jwks.InsecureLoopbackHTTP() // in production "https://accounts.google.com", and no option

	type Claims struct {
		ginjwt.Claims
		Email    string `json:"email"`
		Verified bool   `json:"email_verified"`
	}
	callers := map[string][]string{
		"reader@my-project.iam.gserviceaccount.com": {"items:read"},
		"writer@my-project.iam.gserviceaccount.com": {"items:write"},
	}
	verifier := ginjwt.Must(jwks.Discover(issuer, ginjwt.Policy{Audience: []string{"https://items.example.com"}}, local))
	known := ginjwt.Check(ginjwt.JWT[Claims](ginjwt.HTTPBearer(), verifier), "known account", func(_ *gin.Context, c Claims) error {
		if !c.Verified || callers[c.Email] == nil {
			return ginjwt.Forbidden("Not enough permissions")
		}
		return nil
	})
	caller := ginjwt.Grants(known, func(c Claims) []string { return callers[c.Email] })

	r := gin.New()
	r.GET("/items", ginjwt.Handle(ginjwt.Security(caller, "items:read"), func(c *gin.Context, me Claims) { c.String(200, me.Email) }))
	accounts.try(r, "/items")
	// Output:
	// service account's identity token: 200 reader@my-project.iam.gserviceaccount.com
	// known account without the right: 403 insufficient_scope
	// stranger's account, for our service: 403 Forbidden
	// address that is not verified: 403 Forbidden
	// identity token without an address: 403 Forbidden
	// identity token for another service: 401 invalid_token
	// ID token of a login: 401 invalid_token
	// ID token of Sign in with Google: 401 invalid_token
	// ID token of gcloud's user: 401 invalid_token
	// issuer without https://: 401 invalid_token
	// another provider's, with Google's name: 401 invalid_token
	// user's access token: 401 invalid_token
}

// Okta, a custom authorization server. Its scp is an array.
func ExampleDiscover_okta() {
	server := okta() // on this machine
	defer server.Close()
	issuer, local := server.issuer, jwks.InsecureLoopbackHTTP() // in production "https://ORG.okta.com/oauth2/default", and no option

	type Claims struct {
		ginjwt.Claims
		SCP []string `json:"scp"`
	}
	verifier := ginjwt.Must(jwks.Discover(issuer, ginjwt.Policy{Audience: []string{"api://default"}}, local))
	token := ginjwt.OpenIDConnect(issuer + "/.well-known/openid-configuration")
	user := ginjwt.Grants(ginjwt.JWT[Claims](token, verifier), func(c Claims) []string { return c.SCP })

	r := gin.New()
	r.GET("/items", ginjwt.Handle(ginjwt.Security(user, "items.read"), func(c *gin.Context, me Claims) { c.String(200, me.Subject) }))
	server.try(r, "/items")
	// Output:
	// access token: 200 jane@example.com
	// access token without the scope: 403 insufficient_scope
	// access token with two scopes as one: 403 insufficient_scope
	// ID token: 401 invalid_token
	// ID token without at_hash: 401 invalid_token
	// the organization's access token: 401 invalid_token
	// the organization's, with our name: 401 invalid_token
}

// Zitadel, whose access tokens are opaque by default, with a project's roles.
func ExampleIntrospect_zitadel() {
	instance := zitadel() // on this machine
	defer instance.Close()
	issuer, local := instance.issuer, jwks.InsecureLoopbackHTTP() // in production "https://INSTANCE.zitadel.cloud", and no option

	type Claims struct {
		ginjwt.Claims
		Roles map[string]any `json:"urn:zitadel:iam:org:project:roles"`
	}
	policy := ginjwt.Policy{Issuer: issuer, Audience: []string{"69234247558357051"}} // the project's ID
	verifier := ginjwt.Must(jwks.Introspect(issuer+"/oauth/v2/introspect", "api@items", "api-secret", policy, local))
	token := ginjwt.OpenIDConnect(issuer + "/.well-known/openid-configuration")
	user := ginjwt.Grants(ginjwt.JWT[Claims](token, verifier), func(c Claims) []string { return slices.Collect(maps.Keys(c.Roles)) })

	r := gin.New()
	r.GET("/items", ginjwt.Handle(ginjwt.Security(user, "reader"), func(c *gin.Context, me Claims) { c.String(200, me.Subject) }))
	instance.try(r, "/items")
	// Output:
	// access token: 200 170079991923474689
	// access token without the role: 403 insufficient_scope
	// access token for another project: 401 invalid_token
	// another instance's access token: 401 invalid_token
	// token that is revoked: 401 invalid_token
}

package jwks_test

import (
	"encoding/json"
	"net/http"
	"net/url"
)

// auth0 is a tenant, and another at a path that stands for its domain.
func auth0() *provider {
	ours, theirs := rsaSigner(0, "NjVBRjY5MDlCMUI", "JWT"), rsaSigner(1, "QzdGNjA4RjM2NTA", "JWT")
	return newProvider([]realm{
		{path: "/", keys: "/.well-known/jwks.json", set: []claimSet{ours.jwk(claimSet{"x5t": "NjVBRjY5MDlCMUI", "x5c": []string{"MIIC"}})}},
		{path: "/other/", keys: "/other/.well-known/jwks.json", set: []claimSet{theirs.jwk(nil)}},
	}, nil, func(base string) []sample {
		access := claimSet{
			"iss": base + "/", "sub": "auth0|123456", "aud": []string{"https://api.example.com", base + "/userinfo"}, "azp": "my_client_id",
			"scope": "openid profile read:items", "permissions": []string{"read:items"},
		}
		id := claimSet{
			"iss": base + "/", "sub": "auth0|123456", "aud": "my_client_id", "name": "Jane Doe", "email": "jane@example.com",
			"sid": "o7NeMOAY", "permissions": []string{"read:items"},
		}
		return []sample{
			{"access token", ours.sign(access)},
			{"access token, RFC 9068 profile", ours.typed("at+jwt").sign(access.with(claimSet{"azp": nil, "client_id": "my_client_id", "jti": "73Wakrf"}))},
			{"machine's access token", ours.sign(access.with(claimSet{"sub": "my_client_id@clients", "aud": "https://api.example.com", "gty": "client-credentials"}))},
			{"access token, scope without permission", ours.sign(access.with(claimSet{"permissions": []string{"write:items"}}))},
			{"ID token", ours.sign(id.with(claimSet{"nonce": "xkjv"}))},
			{"ID token without nonce", ours.sign(id)},
			{"access token for another API", ours.sign(access.with(claimSet{"aud": "https://other.example.com"}))},
			{"another tenant's access token", theirs.sign(access.with(claimSet{"iss": base + "/other/"}))},
			{"another tenant's, with our name and key ID", signer{theirs.key, ours.header}.sign(access)},
		}
	})
}

// keycloak is a realm and its neighbour.
func keycloak() *provider {
	ours, theirs := rsaSigner(0, "FJ86GcF3jTbNLOco4NvZkUCIUmfYCqoqtOQeMfbhNlE", "JWT"), rsaSigner(1, "Nb0dNnIrYVNbPRaxfiz", "JWT")
	own := signer{[]byte("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"), joseHeader{"alg": "HS512", "typ": "JWT", "kid": "6f3c2a7e"}}
	encryption := rsaSigner(1, "enc", "").jwk(claimSet{"use": "enc", "alg": "RSA-OAEP"})
	return newProvider([]realm{
		{path: "/realms/acme", keys: "/realms/acme/protocol/openid-connect/certs", set: []claimSet{encryption, ours.jwk(claimSet{"x5c": []string{"MIIC"}})}},
		{path: "/realms/other", keys: "/realms/other/protocol/openid-connect/certs", set: []claimSet{theirs.jwk(nil)}},
	}, nil, func(base string) []sample {
		access := claimSet{
			"jti": "onrtac:1f0c", "iss": base + "/realms/acme", "aud": []string{"items-api", "account"}, "sub": "f1888f4d", "typ": "Bearer", "azp": "web",
			"sid": "4a6b", "acr": "1", "realm_access": claimSet{"roles": []string{"offline_access", "reader"}},
			"resource_access": claimSet{"account": claimSet{"roles": []string{"view-profile"}}}, "scope": "openid email profile",
		}
		id := access.with(claimSet{"aud": "web", "typ": "ID", "at_hash": "JxHy", "scope": nil})
		refresh := claimSet{"jti": "2ad8", "iss": base + "/realms/acme", "aud": base + "/realms/acme", "sub": "f1888f4d", "typ": "Refresh", "azp": "web", "scope": "openid"}
		return []sample{
			{"access token", ours.sign(access)},
			{"access token, at+jwt", ours.typed("at+jwt").sign(access)},
			{"access token without the role", ours.sign(access.with(claimSet{"realm_access": nil}))},
			{"access token with a scope of the role's name", ours.sign(access.with(claimSet{"realm_access": nil, "scope": "reader"}))},
			{"ID token", ours.sign(id)},
			{"ID token with the API in aud", ours.sign(id.with(claimSet{"aud": []string{"web", "items-api"}, "at_hash": nil}))},
			{"refresh token", own.sign(refresh)},
			{"refresh token, realm's key and the API in aud", ours.sign(refresh.with(claimSet{"aud": "items-api"}))},
			{"logout token", ours.sign(claimSet{"iss": base + "/realms/acme", "aud": "items-api", "sub": "f1888f4d", "typ": "Logout", "sid": "4a6b",
				"events": claimSet{"http://schemas.openid.net/event/backchannel-logout": claimSet{}}})},
			{"access token bound to a key", ours.sign(access.with(claimSet{"typ": "DPoP", "cnf": claimSet{"jkt": "0ZcO"}}))},
			{"access token without an audience mapper", ours.sign(access.with(claimSet{"aud": "account"}))},
			{"another realm's access token", theirs.sign(access.with(claimSet{"iss": base + "/realms/other"}))},
			{"another realm's, with our name", theirs.sign(access)},
		}
	})
}

const (
	entraTenant   = "aaaabbbb-0000-cccc-1111-dddd2222eeee"
	entraStranger = "bbbbcccc-1111-dddd-2222-eeee3333ffff"
	entraAPI      = "00001111-aaaa-2222-bbbb-3333cccc4444"
)

// entra is Entra ID: all tenants' tokens are signed with the same keys, which
// have no alg. version is "1.0" or "2.0".
func entra(version string) *provider {
	s := rsaSigner(0, "Rf9cH1bXaSmd8Jq3oY5xw", "JWT")
	key := s.jwk(claimSet{"alg": nil, "x5t": "Rf9cH1bXaSmd8Jq3oY5xw", "x5c": []string{"MIIC"}, "cloud_instance_name": "microsoftonline.com"})
	realms := []realm{
		{path: "/" + entraTenant + "/v2.0", keys: "/" + entraTenant + "/discovery/v2.0/keys", set: []claimSet{key}},
		{path: "/common/v2.0", issuer: "https://login.microsoftonline.com/{tenantid}/v2.0", keys: "/common/discovery/v2.0/keys", set: []claimSet{key}},
	}
	if version == "1.0" {
		realms = []realm{{path: "/" + entraTenant, issuer: "https://sts.windows.net/" + entraTenant + "/", keys: "/" + entraTenant + "/discovery/keys", set: []claimSet{key}}}
	}
	return newProvider(realms, nil, func(base string) []sample {
		v1 := claimSet{"iss": "https://sts.windows.net/" + entraTenant + "/", "ver": "1.0", "aud": "api://" + entraAPI, "azp": nil, "azpacr": nil, "appid": "11112222-bbbb-3333-cccc-4444dddd5555", "appidacr": "0"}
		user := claimSet{
			"iss": base + "/" + entraTenant + "/v2.0", "ver": "2.0", "aud": entraAPI, "azp": "11112222-bbbb-3333-cccc-4444dddd5555", "azpacr": "0",
			"sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", "oid": "aaaaaaaa-0000", "tid": entraTenant, "scp": "Items.Read Items.List", "uti": "1vkr", "rh": "0.AR",
		}
		stranger := claimSet{"iss": base + "/" + entraStranger + "/v2.0", "tid": entraStranger}
		other := user.with(v1)
		if version == "1.0" {
			user, other = other, user
			stranger["iss"] = "https://sts.windows.net/" + entraStranger + "/"
		}
		app := user.with(claimSet{"scp": nil, "idtyp": "app", "azpacr": "1", "roles": []string{"Items.Read"}, "sub": "aaaaaaaa-0000"})
		// Of an app registration that is the API and its client: the same aud.
		id := user.with(claimSet{"scp": nil, "azp": nil, "azpacr": nil, "appid": nil, "appidacr": nil, "name": "Jane Doe", "preferred_username": "jane@example.com", "roles": []string{"Items.Read"}})
		return []sample{
			{"user's access token", s.sign(user)},
			{"application's access token", s.sign(app)},
			{"user's access token without the scope", s.sign(user.with(claimSet{"scp": "Items.Write"}))},
			{"user's access token, a role for the scope", s.sign(user.with(claimSet{"scp": "Items.Write", "roles": []string{"Items.Read"}}))},
			{"application's access token without the role", s.sign(app.with(claimSet{"roles": nil}))},
			{"ID token with the same aud", s.sign(id)},
			{"ID token with the same aud and a nonce", s.sign(id.with(claimSet{"nonce": "678910"}))},
			{"application's access token without idtyp", s.sign(app.with(claimSet{"idtyp": nil}))},
			{"access token of the other version", s.sign(other)},
			{"another tenant's access token", s.sign(user.with(stranger))},
			{"access token for Microsoft Graph", s.sign(user.with(claimSet{"aud": "00000003-0000-0000-c000-000000000000"}))},
		}
	})
}

// cognito is a user pool, which signs ID tokens with another key, and a second.
func cognito() *provider {
	ours, ids, theirs := rsaSigner(0, "1234example=", ""), rsaSigner(1, "5678example=", ""), rsaSigner(1, "9012example=", "")
	return newProvider([]realm{
		{path: "/us-east-1_EXAMPLE", keys: "/us-east-1_EXAMPLE/.well-known/jwks.json", set: []claimSet{ids.jwk(nil), ours.jwk(nil)}},
		{path: "/us-east-1_OTHER", keys: "/us-east-1_OTHER/.well-known/jwks.json", set: []claimSet{theirs.jwk(nil)}},
	}, nil, func(base string) []sample {
		access := claimSet{
			"sub": "aaaaaaaa-bbbb", "cognito:groups": []string{"readers"}, "iss": base + "/us-east-1_EXAMPLE", "version": 2, "client_id": "my_web_app",
			"origin_jti": "bbbb", "event_id": "cccc", "token_use": "access", "scope": "openid https://api.example.com/items.read", "jti": "dddd", "username": "jane",
		}
		id := claimSet{
			"sub": "aaaaaaaa-bbbb", "cognito:groups": []string{"readers"}, "iss": base + "/us-east-1_EXAMPLE", "cognito:username": "jane",
			"origin_jti": "bbbb", "aud": "my_web_app", "event_id": "cccc", "token_use": "id", "jti": "eeee", "email": "jane@example.com",
		}
		return []sample{
			{"access token", ours.sign(access)},
			{"access token without the scope", ours.sign(access.with(claimSet{"scope": "aws.cognito.signin.user.admin"}))},
			{"ID token", ids.sign(id.with(claimSet{"at_hash": "i3sF"}))},
			{"ID token without at_hash", ids.sign(id)},
			{"ID token with a client_id and a scope", ids.sign(id.with(claimSet{"client_id": "my_web_app", "scope": "https://api.example.com/items.read"}))},
			{"access token of another app", ours.sign(access.with(claimSet{"client_id": "other_app"}))},
			{"access token without a client_id", ours.sign(access.with(claimSet{"client_id": nil}))},
			{"another pool's access token", theirs.sign(access.with(claimSet{"iss": base + "/us-east-1_OTHER"}))},
			{"another pool's, with our name", theirs.sign(access)},
		}
	})
}

// google signs the identity tokens of everybody's service accounts, and of
// logins, with the same keys.
func google() *provider {
	s, stranger := rsaSigner(0, "b2f80c634600ed13072101a8b4220443430db1c6", "JWT"), rsaSigner(1, "b2f80c634600ed13072101a8b4220443430db1c6", "JWT")
	return newProvider([]realm{{path: "", keys: "/oauth2/v3/certs", set: []claimSet{s.jwk(nil)}}}, nil, func(base string) []sample {
		account := claimSet{
			"iss": base, "aud": "https://items.example.com", "azp": "112010400000000710080", "sub": "112010400000000710080",
			"email": "reader@my-project.iam.gserviceaccount.com", "email_verified": true,
		}
		login := claimSet{
			"iss": base, "aud": "1234987819200.apps.googleusercontent.com", "azp": "1234987819200.apps.googleusercontent.com",
			"sub": "10769150350006150715113082367", "at_hash": "HK6E", "hd": "example.com", "email": "jane@example.com", "email_verified": true,
		}
		return []sample{
			{"service account's identity token", s.sign(account)},
			{"known account without the right", s.sign(account.with(claimSet{"email": "writer@my-project.iam.gserviceaccount.com"}))},
			{"stranger's account, for our service", s.sign(account.with(claimSet{"email": "reader@strangers.iam.gserviceaccount.com"}))},
			{"address that is not verified", s.sign(account.with(claimSet{"email_verified": false}))},
			{"identity token without an address", s.sign(account.with(claimSet{"email": nil, "email_verified": nil}))},
			{"identity token for another service", s.sign(account.with(claimSet{"aud": "https://other.example.com"}))},
			{"ID token of a login", s.sign(login)},
			{"ID token of Sign in with Google", s.sign(login.with(claimSet{"at_hash": nil}))},
			{"ID token of gcloud's user", s.sign(login.with(claimSet{"aud": "32555940559.apps.googleusercontent.com"}))},
			{"issuer without https://", s.sign(account.with(claimSet{"iss": "accounts.google.com"}))},
			{"another provider's, with Google's name", stranger.sign(account)},
			{"user's access token", "ya29.a0AfH6SMBx"},
		}
	})
}

// okta is a custom authorization server, and the one of the organization.
func okta() *provider {
	ours, theirs := rsaSigner(0, "ZkvelLN_seik7w4pc", ""), rsaSigner(1, "fAomAvsWyAWDlnBuJ", "")
	return newProvider([]realm{
		{path: "/oauth2/default", keys: "/oauth2/default/v1/keys", set: []claimSet{ours.jwk(nil)}},
		{path: "", keys: "/oauth2/v1/keys", set: []claimSet{theirs.jwk(nil)}},
	}, nil, func(base string) []sample {
		access := claimSet{"ver": 1, "jti": "AT.MNAo", "iss": base + "/oauth2/default", "aud": "api://default", "sub": "jane@example.com", "cid": "0oa1", "uid": "00u1", "scp": []string{"openid", "items.read"}}
		id := claimSet{"ver": 1, "jti": "ID.radC", "iss": base + "/oauth2/default", "aud": "0oa1", "sub": "00u1", "amr": []string{"pwd"}, "idp": "00o1", "name": "Jane Doe"}
		return []sample{
			{"access token", ours.sign(access)},
			{"access token without the scope", ours.sign(access.with(claimSet{"scp": []string{"openid"}}))},
			{"access token with two scopes as one", ours.sign(access.with(claimSet{"scp": []string{"openid items.read"}}))},
			{"ID token", ours.sign(id.with(claimSet{"at_hash": "fPls"}))},
			{"ID token without at_hash", ours.sign(id)},
			{"the organization's access token", theirs.sign(access.with(claimSet{"iss": base, "aud": base}))},
			{"the organization's, with our name", theirs.sign(access)},
		}
	})
}

// zitadel answers questions about opaque tokens to the API that has a secret.
func zitadel() *provider {
	answers := map[string]claimSet{}
	introspect := func(w http.ResponseWriter, r *http.Request) {
		id, secret, _ := r.BasicAuth()
		if id, _ = url.QueryUnescape(id); id != "api@items" || secret != "api-secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		answer := answers[r.FormValue("token")]
		if answer == nil {
			answer = claimSet{"active": false}
		}
		_ = json.NewEncoder(w).Encode(answer)
	}
	return newProvider([]realm{{path: "", keys: "/oauth/v2/keys"}}, map[string]http.HandlerFunc{"POST /oauth/v2/introspect": introspect}, func(base string) []sample {
		active := claimSet{
			"active": true, "iss": base, "aud": []string{"69234237810729019", "69234247558357051"}, "client_id": "69234237810729019", "token_type": "Bearer",
			"sub": "170079991923474689", "exp": 4102444800, "scope": "openid", "urn:zitadel:iam:org:project:roles": claimSet{"reader": claimSet{"168096991206236": "acme.example.com"}},
		}
		answers["opaque-1"] = active
		answers["opaque-2"] = active.with(claimSet{"urn:zitadel:iam:org:project:roles": nil})
		answers["opaque-3"] = active.with(claimSet{"aud": []string{"69234237810729019"}})
		answers["opaque-4"] = active.with(claimSet{"iss": base + "/other"})
		return []sample{
			{"access token", "opaque-1"}, {"access token without the role", "opaque-2"}, {"access token for another project", "opaque-3"},
			{"another instance's access token", "opaque-4"}, {"token that is revoked", "opaque-5"},
		}
	})
}

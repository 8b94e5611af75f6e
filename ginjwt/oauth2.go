package ginjwt

// OAuth2PasswordBearer returns the security scheme of a first-party login: the
// client posts a user name and a password to tokenURL and sends the token that
// it gets as "Authorization: Bearer <token>". The dependency's value is that
// token, unverified; JWT verifies it. The name and the meaning are FastAPI's.
//
// The header's form is that of RFC 6750 section 2.1, the scheme's name in any
// letter case (RFC 9110 section 11.1). Without credentials, or with those of
// another scheme, the request is refused with 401; a malformed header, or more
// than one, is 400. FromCookie, FromQuery and FromWebSocketProtocol add other
// places for the token.
//
// tokenURL is where OpenAPI says that the login is. An absolute path, such as
// "/token", works wherever the documentation is served. OAuth2PasswordBearer
// panics if it is empty.
//
// RFC 9700 section 2.4 forbids the password grant to third-party clients; it is
// meant for a client that is as trusted as the service.
func OAuth2PasswordBearer(tokenURL string, opts ...SchemeOption) *Dependency[string] {
	if tokenURL == "" {
		panic("ginjwt: OAuth2PasswordBearer: empty tokenURL; name the login's path, such as \"/token\"")
	}
	s := newScheme("OAuth2PasswordBearer", bearerPlace(), hasToken|hasRealm|hasFlow, opts)
	s.tokenURL = tokenURL
	return bearer(s)
}

// OAuth2AuthorizationCodeBearer returns the security scheme of a login at an
// authorization server (RFC 6749 section 4.1): OpenAPI names its two URLs, and
// the token comes as with OAuth2PasswordBearer. It panics if either is empty.
func OAuth2AuthorizationCodeBearer(authorizationURL, tokenURL string, opts ...SchemeOption) *Dependency[string] {
	if authorizationURL == "" || tokenURL == "" {
		panic("ginjwt: OAuth2AuthorizationCodeBearer: empty URL; name the authorization endpoint and the token endpoint")
	}
	s := newScheme("OAuth2AuthorizationCodeBearer", bearerPlace(), hasToken|hasRealm|hasFlow, opts)
	s.authorizationURL, s.tokenURL = authorizationURL, tokenURL
	return bearer(s)
}

// OpenIDConnect returns the security scheme of an OpenID provider, whose
// discovery document OpenAPI names, such as
// "https://login.example/.well-known/openid-configuration". The token comes as
// with OAuth2PasswordBearer. It panics if discoveryURL is empty.
func OpenIDConnect(discoveryURL string, opts ...SchemeOption) *Dependency[string] {
	if discoveryURL == "" {
		panic("ginjwt: OpenIDConnect: empty discoveryURL")
	}
	s := newScheme("OpenIDConnect", bearerPlace(), hasToken|hasRealm, opts)
	s.discoveryURL = discoveryURL
	return bearer(s)
}

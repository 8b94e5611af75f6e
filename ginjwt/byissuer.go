package ginjwt

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ByIssuer returns a Verifier that hands each token to that of vs whose issuer
// it names, so that no issuer's key vouches for another's token. A token of any
// other issuer is refused. A Verifier for tokens without iss, of which there
// can be one, has NoIssuer in its policy.
func ByIssuer(vs ...*Verifier) (*Verifier, error) {
	faults := faults{in: "ByIssuer"}
	fault := func(i int, text string, args ...any) {
		faults.addIf(true, "verifier %d %s", i+1, fmt.Sprintf(text, args...))
	}
	faults.addIf(len(vs) == 0, "no verifiers given")
	issuers := map[string]*Verifier{}
	for i, v := range vs {
		switch {
		case v.usable() != nil:
			fault(i, "is nil or zero; make it with NewVerifier")
		case v.issuers != nil:
			fault(i, "is one of ByIssuer itself; pass its verifiers")
		case v.introspector != nil:
			fault(i, "is for opaque tokens, which name no issuer; give it a route or a scheme of its own")
		case v.policy.AnyIssuer:
			fault(i, "accepts any issuer, so it cannot be chosen by one; set its Issuer, or NoIssuer")
		case issuers[v.policy.Issuer] != nil:
			fault(i, "is the second for the issuer %q", v.policy.Issuer)
		default:
			issuers[v.policy.Issuer] = v
		}
	}
	if err := faults.err(); err != nil {
		return nil, err
	}
	v := &Verifier{issuers: issuers}
	for _, one := range issuers {
		v.policy.MaxTokenBytes = max(v.policy.MaxTokenBytes, one.policy.MaxTokenBytes)
	}
	return v, nil
}

// issuerOf returns the iss that token claims to have, or "" if it has none. It
// only serves to choose a Verifier, which then verifies the whole token. That one
// refuses repeated members: to look for them here would only take time.
func issuerOf(token string, maxBytes int) (string, Reason) {
	s, reason := split(token, maxBytes)
	if reason != "" {
		return "", reason
	}
	payload, err := strictBase64.DecodeString(s.payload)
	if err != nil {
		return "", ReasonMalformed
	}
	var m struct {
		Issuer jsontext.Value `json:"iss"`
	}
	if !isObject(payload) || json.Unmarshal(payload, &m, jsontext.AllowDuplicateNames(true)) != nil {
		return "", ReasonClaims
	}
	iss, ok := jsonString(m.Issuer)
	if m.Issuer != nil && (!ok || iss == "") {
		return "", ReasonClaims
	}
	return iss, ""
}

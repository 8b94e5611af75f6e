package ginjwttest

import (
	"errors"
	"net/http"
	"strings"
)

// A Challenge is one of WWW-Authenticate (RFC 9110 section 11.6.1).
type Challenge struct {
	// Scheme is as it was sent; compare it in any letter case.
	Scheme string
	// Params are by name, in lower case. Token68 is what stands in their place for
	// schemes such as Negotiate.
	Params  map[string]string
	Token68 string
}

var errChallenge = errors.New("ginjwttest: malformed WWW-Authenticate")

// Challenges returns the challenges of a response's header, in order. It returns
// an error for what is not of RFC 9110's form, a parameter given twice included.
func Challenges(h http.Header) ([]Challenge, error) {
	var all []Challenge
	for _, value := range h.Values("WWW-Authenticate") {
		more, err := parseChallenges(value)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// parseChallenges reads
//
//	challenge = auth-scheme [ 1*SP ( token68 / #auth-param ) ]
//
// of which there may be several, between commas, as between parameters.
func parseChallenges(value string) (all []Challenge, err error) {
	p := &challengeParser{rest: value}
	for p.list() {
		name := p.token()
		if name == "" {
			return nil, errChallenge
		}
		if p.param(name) { // of the challenge before
			if len(all) == 0 || !p.params || !all[len(all)-1].add(p) {
				return nil, errChallenge
			}
			continue
		}
		c := Challenge{Scheme: name, Params: map[string]string{}}
		p.params = p.spaces() > 0
		if p.params && p.rest != "" && p.rest[0] != ',' {
			first := p.token()
			var ok bool
			if p.param(first) {
				ok = c.add(p)
			} else {
				c.Token68 = p.token68(first)
				ok = c.Token68 != ""
			}
			if !ok {
				return nil, errChallenge
			}
		}
		all = append(all, c)
	}
	if p.bad {
		return nil, errChallenge
	}
	return all, nil
}

// add adds the parameter that was just read.
func (c *Challenge) add(p *challengeParser) bool {
	name := strings.ToLower(p.name)
	if _, twice := c.Params[name]; twice || p.bad || c.Token68 != "" {
		return false
	}
	c.Params[name] = p.value
	return true
}

type challengeParser struct {
	rest        string
	name, value string // of the last parameter
	begun, bad  bool
	params      bool // the space that parameters need was there
}

// list moves to the next element of a list, which commas end; empty ones are
// passed over (RFC 9110 section 5.6.1).
func (p *challengeParser) list() bool {
	commas := 0
	for {
		p.rest = strings.TrimLeft(p.rest, " \t")
		if !strings.HasPrefix(p.rest, ",") {
			break
		}
		p.rest = p.rest[1:]
		commas++
	}
	if p.rest == "" || p.bad {
		return false
	}
	if p.begun && commas == 0 {
		p.bad = true // two elements without a comma
		return false
	}
	p.begun = true
	return true
}

func (p *challengeParser) spaces() int {
	before := len(p.rest)
	p.rest = strings.TrimLeft(p.rest, " ")
	return before - len(p.rest)
}

func (p *challengeParser) token() string {
	n := 0
	for n < len(p.rest) && isTchar(p.rest[n]) {
		n++
	}
	name := p.rest[:n]
	p.rest = p.rest[n:]
	return name
}

// param reads what follows name if that is a parameter's: "=" and a value, with
// white space around it (RFC 9110 section 11.2).
func (p *challengeParser) param(name string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeft(p.rest, " \t"), "=")
	if name == "" || !ok {
		return false
	}
	rest = strings.TrimLeft(rest, " \t")
	if rest == "" || rest[0] == '=' || rest[0] == ',' { // the end of a token68
		return false
	}
	p.name, p.rest = name, rest
	if rest[0] == '"' {
		p.value = p.quoted()
	} else {
		p.value = p.token() // if that is empty, what stands there is no comma either
	}
	return true
}

// quoted reads a quoted-string (RFC 9110 section 5.6.4).
func (p *challengeParser) quoted() string {
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		c := p.rest[i]
		switch {
		case c == '"':
			p.rest = p.rest[i+1:]
			return b.String()
		case c == '\\' && i+1 < len(p.rest):
			i++
			c = p.rest[i]
		}
		if c < ' ' && c != '\t' || c == 0x7f {
			break
		}
		b.WriteByte(c)
	}
	p.bad = true
	return ""
}

// token68 reads the rest of one that begins with first.
func (p *challengeParser) token68(first string) string {
	if strings.ContainsAny(first, "!#$%&'*^`|") {
		return ""
	}
	n := 0
	for n < len(p.rest) && (p.rest[n] == '/' || p.rest[n] == '+' || isTchar(p.rest[n]) && !strings.ContainsRune("!#$%&'*^`|", rune(p.rest[n]))) {
		n++
	}
	if n+len(first) == 0 {
		return "" // padding of nothing
	}
	pad := n
	for pad < len(p.rest) && p.rest[pad] == '=' {
		pad++
	}
	text := first + p.rest[:pad]
	p.rest = p.rest[pad:]
	return text
}

// isTchar reports whether b is a tchar (RFC 9110 section 5.6.2).
func isTchar(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", b) >= 0
}

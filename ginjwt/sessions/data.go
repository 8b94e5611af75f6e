package sessions

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// data is what a session remembers of its login: the Data of a Record.
type data[D any] struct {
	Subject string       `json:"sub"`
	Scope   ginjwt.Scope `json:"scope,omitzero"`
	Client  string       `json:"client,omitzero"`
	Hint    string       `json:"hint,omitzero"`
	Data    D            `json:"data"`
}

func (d data[D]) login() Login[D] { return Login[D]{d.Subject, d.Scope, d.Data} }

// unpack reads the data of r.
func unpack[D any](r Record) (data[D], error) {
	var d data[D]
	if err := json.Unmarshal(r.Data, &d); err != nil {
		return d, fmt.Errorf("sessions: the data of a session cannot be read as %T: %w", d.Data, err)
	}
	return d, nil
}

// shortened returns the start of a hint: at most 200 characters, all printable.
func shortened(hint string) string {
	const longest = 200
	var b strings.Builder
	count := 0
	for _, r := range strings.ToValidUTF8(hint, "?") {
		if count++; count > longest {
			break
		}
		if !unicode.IsPrint(r) {
			r = '?'
		}
		b.WriteRune(r)
	}
	return b.String()
}

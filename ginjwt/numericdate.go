package ginjwt

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// NumericDate is a point in time as a JWT has it: a JSON number of seconds
// since 1970, fractions allowed (RFC 7519 section 2). The zero NumericDate is
// none.
type NumericDate struct{ time.Time }

// NewNumericDate returns t with whole seconds, as most issuers give it.
func NewNumericDate(t time.Time) NumericDate { return NumericDate{time.Unix(t.Unix(), 0).UTC()} }

// maxDate is the end of the year 9999. Larger numbers are milliseconds, or an
// attempt to overflow.
const maxDate = 253402300799

var errDate = errors.New("ginjwt: a date must be a JSON number of seconds from 0 to 253402300799")

// parseDate returns the date of a JSON number.
func parseDate(number []byte) (NumericDate, error) {
	if sec, err := strconv.ParseUint(string(number), 10, 64); err == nil {
		if sec > maxDate {
			return NumericDate{}, errDate
		}
		return NumericDate{time.Unix(int64(sec), 0).UTC()}, nil
	}
	f, err := strconv.ParseFloat(string(number), 64)
	if err != nil || !(f >= 0 && f <= maxDate) {
		return NumericDate{}, errDate
	}
	sec := int64(f)
	return NumericDate{time.Unix(sec, int64((f-float64(sec))*1e9)).UTC()}, nil
}

// UnmarshalJSONFrom reads a JSON number in range.
func (d *NumericDate) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if v.Kind() != '0' {
		return errDate
	}
	*d, err = parseDate(v)
	return err
}

// UnmarshalJSON is UnmarshalJSONFrom for encoding/json.
func (d *NumericDate) UnmarshalJSON(b []byte) error {
	return d.UnmarshalJSONFrom(jsontext.NewDecoder(bytes.NewReader(b)))
}

// MarshalJSON returns the number of seconds, with a fraction if there is one.
func (d NumericDate) MarshalJSON() ([]byte, error) {
	sec := d.Unix()
	if sec < 0 || sec > maxDate {
		return nil, errDate
	}
	text := strconv.FormatInt(sec, 10)
	if ns := d.Nanosecond(); ns != 0 {
		text += strings.TrimRight("."+strconv.Itoa(1e9 + ns)[1:], "0")
	}
	return []byte(text), nil
}

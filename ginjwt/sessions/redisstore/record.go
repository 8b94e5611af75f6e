package redisstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// A session is a field of its subject's hash. The first three parts are read by
// scripts.go, which also writes the first. What a rotation replaces is on the
// second and the third line:
//
//	until when, ms  16 digits, of Redis' clock
//	Used, us        20 digits
//	Current, Previous, Salt, GraceEnds
//	Family, Created, Ends, Data
//
// Times are microseconds since 1970.
const (
	usedDigits    = 20
	hashBytes     = 32
	timeBytes     = 8
	rotationBytes = usedDigits + 3*hashBytes + timeBytes
	fixedBytes    = rotationBytes + hashBytes + 2*timeBytes
)

// encodeRotation returns the part of a session that a rotation replaces.
func encodeRotation(r sessions.Rotation) []byte {
	b := make([]byte, 0, fixedBytes)
	b = fmt.Appendf(b, "%0*d", usedDigits, r.Used.UnixMicro())
	b = append(append(append(b, r.Current[:]...), r.Previous[:]...), r.Salt[:]...)
	return appendTime(b, r.GraceEnds)
}

// encode returns a session without its first part, which the script puts before it.
func encode(r sessions.Record) []byte {
	b := encodeRotation(sessions.Rotation{
		Current: r.Current, Previous: r.Previous, Salt: r.Salt,
		GraceEnds: r.GraceEnds, Used: r.Used,
	})
	b = append(b, r.Family[:]...)
	b = appendTime(appendTime(b, r.Created), r.Ends)
	return append(b, r.Data...)
}

// decode reads what encode wrote.
func decode(id, text string) (r sessions.Record, err error) {
	if len(text) < fixedBytes {
		return r, errors.New("a session is too short")
	}
	used, err := strconv.ParseInt(text[:usedDigits], 10, 64)
	if err != nil {
		return r, fmt.Errorf("a session has no time: %w", err)
	}
	r.ID, r.Used = id, time.UnixMicro(used).UTC()
	b := []byte(text[usedDigits:])
	for _, h := range []*sessions.Hash{&r.Current, &r.Previous, &r.Salt} {
		b = b[copy(h[:], b):]
	}
	r.GraceEnds, b = cutTime(b)
	b = b[copy(r.Family[:], b):]
	r.Created, b = cutTime(b)
	r.Ends, b = cutTime(b)
	r.Data = b
	return r, nil
}

func appendTime(b []byte, t time.Time) []byte {
	return binary.BigEndian.AppendUint64(b, uint64(t.UnixMicro()))
}

func cutTime(b []byte) (time.Time, []byte) {
	micros := int64(binary.BigEndian.Uint64(b)) //nolint:gosec // as appendTime wrote it
	return time.UnixMicro(micros).UTC(), b[timeBytes:]
}

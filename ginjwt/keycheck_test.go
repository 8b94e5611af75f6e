package ginjwt

import (
	"crypto/rand"
	"encoding/hex"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// curve25519 returns the prime and the constant d of edwards25519.
func curve25519() (p, d *big.Int) {
	p = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	inverse := new(big.Int).ModInverse(big.NewInt(121666), p)
	d = inverse.Mul(inverse, big.NewInt(-121665))
	return p, d.Mod(d, p)
}

type point struct{ x, y *big.Int }

// add adds two points by the law of RFC 8032 section 5.1.
func (a point) add(b point) point {
	p, d := curve25519()
	mul := func(v ...*big.Int) *big.Int {
		r := big.NewInt(1)
		for _, one := range v {
			r.Mod(r.Mul(r, one), p)
		}
		return r
	}
	t := mul(d, a.x, b.x, a.y, b.y)
	over := func(n, sum *big.Int) *big.Int {
		sum.Mod(sum, p)
		return mul(n, sum.ModInverse(sum, p))
	}
	one := big.NewInt(1)
	x := over(new(big.Int).Add(mul(a.x, b.y), mul(b.x, a.y)), new(big.Int).Add(one, t))
	y := over(new(big.Int).Add(mul(a.y, b.y), mul(a.x, b.x)), new(big.Int).Sub(one, t))
	return point{x, y}
}

// onCurve returns the point of y, if there is one.
func onCurve(y *big.Int) (point, bool) {
	p, d := curve25519()
	y = new(big.Int).Mod(y, p)
	y2 := new(big.Int).Mul(y, y)
	bottom := new(big.Int).Mul(d, y2)
	bottom.Mod(bottom.Add(bottom, big.NewInt(1)), p)
	x2 := new(big.Int).Sub(y2, big.NewInt(1))
	x2.Mul(x2, bottom.ModInverse(bottom, p)).Mod(x2, p)
	x := new(big.Int).ModSqrt(x2, p)
	return point{x, y}, x != nil
}

// Each entry of the list is worked out to be a point that eight times itself
// is nothing, and the list is shown to hold every one of them.
func TestSmallOrderListsAllPoints(t *testing.T) {
	t.Parallel()
	p, _ := curve25519()
	ys := map[string]bool{}
	for _, text := range smallOrder {
		b, err := hex.DecodeString(text)
		require.NoError(t, err)
		slices.Reverse(b)
		at, ok := onCurve(new(big.Int).SetBytes(b))
		require.True(t, ok, text)
		eight := at
		for range 3 {
			eight = eight.add(eight)
		}
		assert.Zero(t, eight.x.Sign(), text)
		assert.Equal(t, big.NewInt(1), eight.y, text)
		ys[at.y.String()] = true
	}
	// 8 points have 5 different y: 1, -1, 0, and two of order eight.
	assert.Len(t, ys, 5)
	// A y below 19 can also be written as y + p.
	for y := range int64(19) {
		if ys[big.NewInt(y).String()] {
			b := new(big.Int).Add(p, big.NewInt(y)).FillBytes(make([]byte, 32))
			slices.Reverse(b)
			assert.Contains(t, smallOrder, hex.EncodeToString(b))
		}
	}
}

// The fingerprint must not be found in good keys: one in 2^27 is by chance.
func TestROCAFindsNoGoodKeys(t *testing.T) {
	t.Parallel()
	for range 200 {
		n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 2048))
		require.NoError(t, err)
		assert.False(t, isROCA(n.SetBit(n, 0, 1)))
	}
}

// The flawed generator's primes are k*M + 65537^a mod M.
func TestROCAFindsFlawedKeys(t *testing.T) {
	t.Parallel()
	m := big.NewInt(1)
	for q := int64(2); q <= 701; q++ {
		if big.NewInt(q).ProbablyPrime(10) {
			m.Mul(m, big.NewInt(q))
		}
	}
	flawed := func(a, k int64) *big.Int {
		r := new(big.Int).Exp(big.NewInt(65537), big.NewInt(a), m)
		return r.Add(r, new(big.Int).Mul(m, big.NewInt(k)))
	}
	for a := range int64(20) {
		n := new(big.Int).Mul(flawed(a+3, 1234567+a), flawed(7*a+1, 7654321+a))
		assert.True(t, isROCA(n))
		assert.False(t, isROCA(n.Add(n, big.NewInt(2))))
	}
}

package jwks

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
)

// Handler returns a handler, for GET and HEAD, that publishes ring's keys as a
// JSON Web Key Set (RFC 7517 section 5): those to come and those retired as
// well, public keys only. Caches may keep it for the ring's MaxAge, and ask
// with If-None-Match whether it changed. The usual path is
// /.well-known/jwks.json.
//
// Handler panics if ring is nil.
func Handler(ring *Ring) gin.HandlerFunc {
	if ring == nil {
		panic("jwks: Handler: nil Ring")
	}
	caching := fmt.Sprintf("public, max-age=%d", int(ring.cfg.MaxAge/time.Second))
	var last atomic.Pointer[document]
	return describe.Mark(func(c *gin.Context) {
		if n := describe.Asked(c); n != nil {
			n.Answers, n.Endpoint = true, describe.KeySet
			return
		}
		if c.Request.Method != http.MethodGet && c.Request.Method != http.MethodHead {
			c.Header("Allow", "GET, HEAD")
			ginjwt.Abort(c, ginjwt.HTTPError(http.StatusMethodNotAllowed, "Method Not Allowed"))
			return
		}
		d, err := ring.document(last.Load())
		if err != nil {
			ginjwt.Abort(c, err)
			return
		}
		last.Store(d)
		c.Header("ETag", d.etag)
		c.Header("Cache-Control", caching)
		c.Header("Content-Type", "application/jwk-set+json")
		http.ServeContent(c.Writer, c.Request, "", time.Time{}, bytes.NewReader(d.body))
	})
}

// document is a key set as it is sent.
type document struct {
	keys []ginjwt.Key // that it is of
	body []byte
	etag string
}

// document returns the key set as it is sent: last, if the keys are still the
// same.
func (r *Ring) document(last *document) (*document, error) {
	keys := r.published()
	if last != nil && slices.EqualFunc(last.keys, keys, sameKey) {
		return last, nil
	}
	set := jwkset.JWKSMarshal{Keys: []jwkset.JWKMarshal{}}
	for _, k := range keys {
		jwk, err := jwkset.NewJWKFromKey(k.Public(), jwkset.JWKOptions{Metadata: jwkset.JWKMetadataOptions{
			ALG: jwkset.ALG(k.Algorithm()), KID: k.ID(), USE: jwkset.UseSig,
		}})
		if err != nil {
			return nil, fmt.Errorf("jwks: %v cannot be published: %w", k, err)
		}
		set.Keys = append(set.Keys, jwk.Marshal())
	}
	body, err := json.Marshal(set)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	return &document{keys, body, `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`}, nil
}

// sameKey reports whether a and b are published alike. An ID can come back with
// another key.
func sameKey(a, b ginjwt.Key) bool { return a.ID() == b.ID() && a.Equal(b) }

package openapi

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// content is a file as it is served.
type content struct {
	kind string
	body []byte
	etag string
	gzip bool
}

func newContent(kind string, body []byte) content {
	sum := sha256.Sum256(body)
	return content{kind: kind, body: body, etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
}

// send answers with x, or that it has not changed.
func (x content) send(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("ETag", x.etag)
	h.Set("X-Content-Type-Options", "nosniff")
	if before := h.Get("Cache-Control"); before == "" {
		h.Set("Cache-Control", "no-cache")
	} else if !strings.Contains(before, "no-cache") && !strings.Contains(before, "no-store") {
		h.Set("Cache-Control", before+", no-cache") // a guard has said that it is private
	}
	if x.gzip {
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Type", x.kind)
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, bytes.NewReader(x.body))
}

var gzipCoding = regexp.MustCompile(`(?i)(^|,)[ \t]*gzip[ \t]*(;[ \t]*q=(1(\.0{0,3})?|0\.\d{0,2}[1-9]\d?))?[ \t]*(,|$)`)

// acceptsGzip reports whether an Accept-Encoding names gzip, and not to refuse it
// (RFC 9110 section 12.5.3).
func acceptsGzip(accept string) bool { return gzipCoding.MatchString(accept) }

// unpacked returns what body is, unpacked.
func unpacked(body []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

package peers

import "net/http"

// Writer is a response writer that costs next to nothing and can be used again.
type Writer struct {
	Status int
	header http.Header
}

// NewWriter returns a Writer.
func NewWriter() *Writer { return &Writer{header: http.Header{}} }

// Header returns the response's header.
func (w *Writer) Header() http.Header { return w.header }

// Write takes b for a body.
func (w *Writer) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return len(b), nil
}

// WriteString is Write for a string.
func (w *Writer) WriteString(s string) (int, error) {
	w.WriteHeader(http.StatusOK)
	return len(s), nil
}

// WriteHeader notes the first status.
func (w *Writer) WriteHeader(status int) {
	if w.Status == 0 {
		w.Status = status
	}
}

// Reset makes w ready for the next response, without an allocation.
func (w *Writer) Reset() {
	w.Status = 0
	clear(w.header)
}

// NewRequest returns a request for the contenders' route with a bearer token.
func NewRequest(token string) *http.Request {
	r, err := http.NewRequest(http.MethodGet, "/me", nil)
	if err != nil {
		panic(err) // the method and the path are constants
	}
	r.Header["Authorization"] = []string{"Bearer " + token}
	return r
}

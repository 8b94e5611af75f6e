package ginjwt

import "github.com/gin-gonic/gin"

// OnError returns middleware that gives the refusals of the guards after it
// another body: problem details, a page, an envelope. The status and the
// challenge stand, whatever render does; the error's Detail is meant for the
// client, its Err is not. The innermost OnError wins. Answers of the token
// endpoint keep the form that RFC 6749 section 5.2 gives them.
//
// OnError panics if render is nil.
func OnError(render func(*gin.Context, *Error)) gin.HandlerFunc {
	needFunc("OnError", render)
	return func(c *gin.Context) {
		changeSettings(c, func(s *settings) { s.render = render })
	}
}

// refusalWriter is the writer that the function given to OnError writes to. It
// puts the status and the headers of the refusal back before the response begins,
// whatever that function has set.
type refusalWriter struct {
	gin.ResponseWriter
	e *Error
}

// fix sets the status and the headers of the refusal, unless it is too late.
func (w *refusalWriter) fix() {
	if w.Written() {
		return
	}
	setHeader(w.Header(), w.e.Header)
	w.ResponseWriter.WriteHeader(w.e.Status)
}

func (w *refusalWriter) WriteHeader(int) { w.fix() }

func (w *refusalWriter) WriteHeaderNow() {
	w.fix()
	w.ResponseWriter.WriteHeaderNow()
}

func (w *refusalWriter) Write(b []byte) (int, error) {
	w.fix()
	return w.ResponseWriter.Write(b)
}

func (w *refusalWriter) WriteString(s string) (int, error) {
	w.fix()
	return w.ResponseWriter.WriteString(s)
}

func (w *refusalWriter) Flush() {
	w.fix()
	w.ResponseWriter.Flush()
}

package ginjwttest_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// watched is a testing.TB that notes how it fails, and does not.
type watched struct {
	testing.TB
	texts []string
	fatal bool
}

func (w *watched) Helper() {}

func (w *watched) Error(args ...any) { w.texts = append(w.texts, fmt.Sprint(args...)) }

func (w *watched) Errorf(format string, args ...any) {
	w.texts = append(w.texts, fmt.Sprintf(format, args...))
}

func (w *watched) Fatal(args ...any) {
	w.Error(args...)
	w.fatal = true
	runtime.Goexit()
}

func (w *watched) Fatalf(format string, args ...any) { w.Fatal(fmt.Sprintf(format, args...)) }

func (w *watched) all() string { return strings.Join(w.texts, "\n") }

// watch runs what is to fail, as a test of its own would.
func watch(t *testing.T, test func(testing.TB)) *watched {
	t.Helper()
	w := &watched{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(w)
	}()
	<-done
	return w
}

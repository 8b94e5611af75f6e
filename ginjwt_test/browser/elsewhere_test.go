package browser_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// elsewhere starts a server of somebody else. It sets the cookies that a page
// asks for with ?set=, and sends a POST on to ?to=.
func elsewhere(t *testing.T, withTLS bool) site {
	t.Helper()
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		for _, line := range query["set"] {
			w.Header().Add("Set-Cookie", line)
		}
		if to := query.Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusTemporaryRedirect)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(elsewherePage))
	}), withTLS)
}

// elsewherePage has what a page can do to a service: the functions return what
// the page gets to see.
const elsewherePage = `<!doctype html><title>Elsewhere</title><link rel="icon" href="data:,"><body>
<script>
function submit(action, fields) {
	const form = document.createElement("form");
	form.method = "post";
	form.action = action;
	for (const [name, value] of Object.entries(fields)) {
		const input = document.createElement("input");
		input.name = name;
		input.value = value;
		form.append(input);
	}
	document.body.append(form);
	form.submit();
}
const seen = response => response.type === "opaque" ? "opaque" : response.text();
const send = (url, options) => fetch(url, {credentials: "include", ...options}).then(seen, () => "error");
const blind = (url, fields) => send(url, {method: "POST", mode: "no-cors", body: new URLSearchParams(fields)});
const load = (tag, url) => new Promise(done => {
	const element = document.createElement(tag);
	element.onload = () => done(element.contentDocument ? element.contentDocument.body.innerText : "loaded");
	element.onerror = () => done("error");
	element.src = url;
	document.body.append(element);
});
const socket = url => new Promise(done => {
	const ws = new WebSocket(url);
	ws.onmessage = event => done(event.data);
	ws.onerror = () => done("error");
});
</script>`

// submit sends a form, as a click on its button would, and returns the status
// of the page that comes.
func (p *tab) submit(action, fields string) int {
	p.t.Helper()
	return p.leave(chromedp.Evaluate[chromedp.Void]("submit(" + quote(action) + "," + fields + ")"))
}

// script is what a page's script does to go elsewhere.
func script(text string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](text)
}

// reload is the browser's button.
func reload(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
	_, err := cdp.Call(ctx, t, page.Reload, page.ReloadParams{})
	return chromedp.Void{}, err
}

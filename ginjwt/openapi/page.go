package openapi

import (
	"bytes"
	"embed"
	"fmt"
	"html"
	"net/http"
	"path"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/swaggest/swgui/v5/static"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// own are the files of the page that are not Swagger UI's.
//
//go:embed page
var own embed.FS

// settings are what the page's script is told.
type settings struct {
	Document string `json:"document"` // where it is, from the page
	DocsPath string `json:"docsPath"` // where the page is, for the service
	Files    string `json:"files"`    // where the page's files are, from the page
	ClientID string `json:"clientId"`
	Persist  bool   `json:"persistAuthorization"`
}

const pageHTML = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%[1]s</title>
<link rel="icon" href="%[2]s/favicon-32x32.png">
<link rel="stylesheet" href="%[2]s/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="%[2]s/swagger-ui-bundle.js"></script>
<script src="%[2]s/init.js"></script>
</body>
</html>
`

// page serves the page. It names its files relative to itself, for the service may
// be behind a proxy that takes a prefix off.
func (s *site) page(c *gin.Context) {
	if err := s.make(); err != nil {
		ginjwt.Abort(c, err)
		return
	}
	s.guard(c, strings.Join(append([]string{"'self'"}, s.connect...), " "))
	body := fmt.Sprintf(pageHTML, html.EscapeString(s.cfg.Title), html.EscapeString(path.Base(s.cfg.DocsPath)))
	newContent("text/html; charset=utf-8", []byte(body)).send(c)
}

// guard sets what the page may load and call. Swagger UI writes style attributes.
func (s *site) guard(c *gin.Context, connect string) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src "+connect+
		"; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("Referrer-Policy", "no-referrer")
}

// assets returns the files of the page.
func (s *site) assets() (map[string]content, error) {
	files := map[string]content{}
	for name, kind := range map[string]string{
		"swagger-ui-bundle.js.gz": "text/javascript; charset=utf-8",
		"swagger-ui.css.gz":       "text/css; charset=utf-8",
		"favicon-32x32.png":       "image/png",
	} {
		body, err := static.FS.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("ginjwt: openapi: %w", err)
		}
		x := newContent(kind, body)
		name, x.gzip = strings.CutSuffix(name, ".gz")
		files[name] = x
	}
	for name, kind := range map[string]string{
		"oauth2-redirect.html": "text/html; charset=utf-8",
		"oauth2-redirect.js":   "text/javascript; charset=utf-8",
		"init.js":              "text/javascript; charset=utf-8",
	} {
		body, err := own.ReadFile("page/" + name)
		if err != nil {
			return nil, fmt.Errorf("ginjwt: openapi: %w", err)
		}
		files[name] = newContent(kind, body)
	}
	script, err := s.script(files["init.js"].body)
	files["init.js"] = newContent(files["init.js"].kind, script)
	return files, err
}

// script returns init.js with its settings.
func (s *site) script(body []byte) ([]byte, error) {
	depth := strings.Count(s.cfg.DocsPath, "/") - 1 // from the page's own directory to the group's
	text, err := json.Marshal(settings{
		Document: strings.Repeat("../", depth) + strings.TrimPrefix(s.cfg.Path, "/"), DocsPath: s.base + s.cfg.DocsPath,
		Files: path.Base(s.cfg.DocsPath), ClientID: s.cfg.ClientID, Persist: s.cfg.PersistAuthorization,
	}, jsontext.EscapeForJS(true), jsontext.EscapeForHTML(true))
	if err != nil {
		return nil, err
	}
	return bytes.Replace(body, []byte("SETTINGS"), text, 1), nil
}

// asset serves one of the files.
func (s *site) asset(c *gin.Context, files map[string]content) {
	x, ok := files[c.Param("file")]
	if !ok {
		ginjwt.Abort(c, ginjwt.HTTPError(http.StatusNotFound, "Not Found"))
		return
	}
	if strings.HasSuffix(c.Param("file"), ".html") {
		s.guard(c, "'none'")
	}
	if x.gzip {
		c.Writer.Header().Add("Vary", "Accept-Encoding")
		if !acceptsGzip(c.GetHeader("Accept-Encoding")) {
			plain, err := unpacked(x.body)
			if err != nil {
				ginjwt.Abort(c, err)
				return
			}
			x = newContent(x.kind, plain)
		}
	}
	x.send(c)
}

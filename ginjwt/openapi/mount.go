package openapi

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/inspect"
	"github.com/ginjwt/gin-depends/ginjwt/internal/describe"
)

// Mount serves the document of r's engine at cfg.Path, and a page that shows it
// at cfg.DocsPath: Swagger UI, with everything that it needs, so nothing is
// loaded from elsewhere. r is an engine or a group of one, which may be guarded:
// the document and the page then are, too. If HTTPBasic guards them, give it a
// Realm of its own, or browsers use its credentials for the API as well.
//
// Call it when all other routes are registered. The error names all faults of
// cfg and of the document; see [Document]. Routes that come later are in the
// document, for it is made when it is first asked for. A token endpoint that is
// declared and is no route is logged as a warning.
func Mount(r gin.IRouter, cfg Config) error {
	e, err := inspect.Engine(r)
	if err != nil {
		return err
	}
	cfg, err = cfg.complete()
	d, faults := build(e, cfg)
	if err := errors.Join(err, faults); err != nil {
		return err
	}
	if _, err := d.marshal(); err != nil {
		return fmt.Errorf("ginjwt: openapi: %w", err)
	}
	s := &site{engine: e, cfg: cfg, base: basePath(r)}
	s.warn(d)
	s.serve(r, cfg.Path, s.document)
	if cfg.NoDocs {
		return nil
	}
	assets, err := s.assets()
	if err != nil {
		return err
	}
	s.serve(r, cfg.DocsPath, s.page)
	s.serve(r, cfg.DocsPath+"/:file", func(c *gin.Context) { s.asset(c, assets) })
	return nil
}

// site is a document and its page.
type site struct {
	engine *gin.Engine
	cfg    Config
	base   string // the path of the group that it is mounted on

	once    sync.Once
	written content
	connect []string // the origins of d's endpoints
	err     error
}

// serve registers h, which is known as a page of the document's.
func (s *site) serve(r gin.IRouter, path string, h gin.HandlerFunc) {
	page := describe.Mark(func(c *gin.Context) {
		if n := describe.Asked(c); n != nil {
			n.Answers, n.Endpoint = true, describe.Docs
			return
		}
		h(c)
	})
	r.GET(path, page)
	r.HEAD(path, page)
}

func basePath(r gin.IRouter) string {
	if g, ok := r.(interface{ BasePath() string }); ok {
		return strings.TrimSuffix(g.BasePath(), "/")
	}
	return ""
}

// make writes the document once.
func (s *site) make() error {
	s.once.Do(func() {
		d, err := build(s.engine, s.cfg)
		if err != nil {
			s.err = err
			return
		}
		body, err := d.marshal()
		s.written, s.err, s.connect = newContent("application/json", body), err, s.origins(d)
	})
	return s.err
}

func (s *site) document(c *gin.Context) {
	if err := s.make(); err != nil {
		ginjwt.Abort(c, err)
		return
	}
	s.written.send(c)
}

// flows returns the flows of d's schemes.
func (d *document) flows() (flows []*inspect.Flow) {
	for _, s := range d.Components.SecuritySchemes {
		if s.Flows == nil {
			continue
		}
		for _, f := range []*inspect.Flow{s.Flows.Password, s.Flows.AuthorizationCode} {
			if f != nil {
				flows = append(flows, f)
			}
		}
	}
	return flows
}

// origins returns the other origins that the page calls: of token endpoints,
// OpenID providers and servers.
func (s *site) origins(d *document) []string {
	urls := slices.Concat(s.cfg.Servers, s.cfg.ConnectTo)
	for _, f := range d.flows() {
		urls = append(urls, f.TokenURL, f.RefreshURL)
	}
	for _, scheme := range d.Components.SecuritySchemes {
		urls = append(urls, scheme.OpenIDConnectURL)
	}
	var origins []string
	for _, u := range urls {
		if o := originOf(u); o != "" && !slices.Contains(origins, o) {
			origins = append(origins, o)
		}
	}
	slices.Sort(origins)
	return origins
}

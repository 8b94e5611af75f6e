package ginjwtprom_test

import (
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwtprom"
)

// A request without a key, as /metrics tells of it.
func Example() {
	reg := prometheus.NewRegistry()
	metrics, err := ginjwtprom.New(reg)
	if err != nil {
		panic(err)
	}
	r := gin.New()
	r.GET("/metrics", gin.WrapH(promhttp.HandlerFor(reg, promhttp.HandlerOpts{})))
	r.Use(metrics.Observe())
	r.GET("/items/:id", ginjwt.Require(ginjwt.APIKeyHeader("X-Key")))

	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/items/7", nil))
	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(rec.Body.String()) {
		if strings.HasPrefix(line, "ginjwt_decisions_total") {
			fmt.Print(line)
		}
	}
	// Output:
	// ginjwt_decisions_total{alg="",code="no_credentials",guard="APIKeyHeader",issuer="",method="GET",outcome="refused",reason="",route="/items/:id",scheme=""} 1
}

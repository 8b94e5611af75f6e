package ginjwtotel_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/ginjwtotel"
)

// A request without a key, as a metric tells of it. Spans have it, too.
func Example() {
	reader := metric.NewManualReader() // stands for an exporter
	r := gin.New()
	r.Use(ginjwtotel.Observe(ginjwtotel.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(reader)))))
	r.GET("/items/:id", ginjwt.Require(ginjwt.APIKeyHeader("X-Key")))

	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/items/7", nil))
	var data metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &data); err != nil {
		panic(err)
	}
	counter := data.ScopeMetrics[0].Metrics[0]
	point := counter.Data.(metricdata.Sum[int64]).DataPoints[0]
	fmt.Println(counter.Name, point.Value)
	for _, a := range point.Attributes.ToSlice() {
		fmt.Printf("%s=%s\n", a.Key, a.Value.String())
	}
	// Output:
	// ginjwt.decisions 1
	// error.type=no_credentials
	// ginjwt.guard=APIKeyHeader
	// ginjwt.outcome=refused
	// http.request.method=GET
	// http.response.status_code=401
	// http.route=/items/:id
}

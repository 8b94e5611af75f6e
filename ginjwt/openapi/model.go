package openapi

import "github.com/ginjwt/gin-depends/ginjwt/inspect"

// document is an OpenAPI document, with those of its objects that are written here.
type document struct {
	OpenAPI    string                           `json:"openapi"`
	Info       info                             `json:"info"`
	Servers    []server                         `json:"servers,omitempty"`
	Paths      map[string]map[string]*operation `json:"paths"`
	Components components                       `json:"components,omitzero"`
}

type info struct {
	Title       string `json:"title"`
	Summary     string `json:"summary,omitempty"`
	Description string `json:"description,omitempty"`
	Version     string `json:"version"`
}

type server struct {
	URL string `json:"url"`
}

type components struct {
	Schemas         map[string]schema          `json:"schemas,omitempty"`
	SecuritySchemes map[string]*inspect.Scheme `json:"securitySchemes,omitempty"`
}

type operation struct {
	Tags        []string              `json:"tags,omitempty"`
	Summary     string                `json:"summary,omitempty"`
	Description string                `json:"description,omitempty"`
	OperationID string                `json:"operationId"`
	Deprecated  bool                  `json:"deprecated,omitzero"`
	Parameters  []parameter           `json:"parameters,omitempty"`
	RequestBody *requestBody          `json:"requestBody,omitempty"`
	Responses   map[string]*response  `json:"responses"`
	Security    []map[string][]string `json:"security,omitempty"`

	success int    // which of Responses is that of success
	at      string // where it is in the document, as a JSON Pointer (RFC 6901)
}

type parameter struct {
	Name     string `json:"name"`
	In       string `json:"in"`
	Required bool   `json:"required"`
	Schema   schema `json:"schema"`
}

type requestBody struct {
	Required bool                 `json:"required"`
	Content  map[string]mediaType `json:"content"`
}

type mediaType struct {
	Schema any `json:"schema"`
}

type response struct {
	Description string               `json:"description"`
	Headers     map[string]header    `json:"headers,omitempty"`
	Content     map[string]mediaType `json:"content,omitempty"`
}

type header struct {
	Description string `json:"description,omitempty"`
	Schema      schema `json:"schema"`
	Example     string `json:"example,omitempty"`
}

type schema map[string]any

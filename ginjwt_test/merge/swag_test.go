package merge_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/go-openapi/loads"
	"github.com/go-openapi/strfmt"
	"github.com/go-openapi/validate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginjwt/gin-depends/ginjwt/openapi"
	"github.com/ginjwt/gin-depends/ginjwt_test/merge/shop"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	os.Exit(m.Run())
}

const fixture = "testdata/swagger.json"

func written(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(fixture)
	require.NoError(t, err)
	return text
}

// The other tests say something of swag only if this is what it writes now.
func TestTheFixtureIsWhatSwagWrites(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	command := exec.CommandContext(t.Context(), "go", "tool", "swag", "init", "--quiet", "-d", "shop", "-g", "shop.go", "-o", dir, "--ot", "json")
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)
	now, err := os.ReadFile(filepath.Join(dir, "swagger.json"))
	require.NoError(t, err)
	assert.Equal(t, string(now), string(written(t)), "run go generate")
}

// securityDocument is the part of a document that Merge fills in.
type securityDocument struct {
	Paths map[string]map[string]struct {
		Security *[]map[string][]string `json:"security"`
	} `json:"paths"`
	Definitions map[string]any `json:"securityDefinitions"`
}

func TestSwagsDocumentGetsItsSecurity(t *testing.T) {
	t.Parallel()
	merged, err := openapi.Merge(written(t), shop.New())
	require.NoError(t, err)
	var doc securityDocument
	require.NoError(t, json.Unmarshal(merged, &doc))

	const bearer = "OAuth2PasswordBearer"
	for key, want := range map[[2]string][]map[string][]string{
		{"/token", "post"}:                       {},
		{"/articles", "get"}:                     {},
		{"/articles/{articleID}", "get"}:         {},
		{"/articles/{articleID}/orders", "post"}: {{bearer: {"buy"}}},
		{"/articles/{articleID}", "delete"}:      {{bearer: {"stock"}, "Machine": {}}},
		{"/orders/{path}", "get"}:                {{bearer: {}}, {}},
	} {
		if got := doc.Paths[key[0]][key[1]].Security; assert.NotNil(t, got, "%v", key) {
			assert.Equal(t, want, *got, "%v", key)
		}
	}
	assert.Equal(t, map[string]any{
		bearer: map[string]any{
			"type": "oauth2", "flow": "password", "tokenUrl": "/api/v1/token",
			"scopes": map[string]any{"buy": "Buy things.", "stock": "Change the stock."},
		},
		"Machine": map[string]any{
			"type": "apiKey", "in": "header", "name": "Cookie", "description": `Write "machine=" and the value of the cookie.`,
		},
	}, doc.Definitions)
}

var (
	securityLines    = regexp.MustCompile(`,\n {16}"security": \[(\]|[^\n]*\n(?:[^\n]*\n)*? {16}\])`)
	definitionsLines = regexp.MustCompile(`,\n {4}"securityDefinitions": \{\n(?:[^\n]*\n)*? {4}\}`)
)

// Without the lines that were added, the text is swag's to the byte.
func TestNothingElseOfSwagsDocumentChanges(t *testing.T) {
	t.Parallel()
	merged, err := openapi.Merge(written(t), shop.New())
	require.NoError(t, err)
	require.Len(t, securityLines.FindAll(merged, -1), 6)
	without := definitionsLines.ReplaceAll(securityLines.ReplaceAll(merged, nil), nil)
	assert.Equal(t, string(written(t)), string(without))
}

func TestSwagsDocumentIsStillValid(t *testing.T) {
	t.Parallel()
	merged, err := openapi.Merge(written(t), shop.New())
	require.NoError(t, err)
	for name, text := range map[string][]byte{"as swag writes it": written(t), "merged": merged} {
		doc, err := loads.Analyzed(text, "2.0")
		require.NoError(t, err, name)
		assert.NoError(t, validate.Spec(doc, strfmt.Default), name)
	}
}

func TestMergingSwagsDocumentAgainChangesNothing(t *testing.T) {
	t.Parallel()
	once, err := openapi.Merge(written(t), shop.New())
	require.NoError(t, err)
	twice, err := openapi.Merge(once, shop.New())
	require.NoError(t, err)
	assert.Equal(t, string(once), string(twice))
}

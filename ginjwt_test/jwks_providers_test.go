package ginjwt_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// providersPage and providerExamples are what users read: a page, and the
// Examples that are run, which alone can be trusted.
const (
	providersPage    = "../docs/providers.md"
	providerExamples = "../ginjwt/jwks/example_providers_test.go"
)

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// providerSections returns the page's sections by their titles.
func providerSections(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile(providersPage)
	require.NoError(t, err)
	sections := map[string]string{}
	for _, section := range strings.Split(string(page), "\n## ")[1:] {
		title, text, _ := strings.Cut(section, "\n")
		sections[title] = text
	}
	return sections
}

// providerRecipe returns the body of an Example as production code has it: with
// the provider's own URL, and without the option for this machine.
func providerRecipe(t *testing.T, examples, name string) string {
	t.Helper()
	_, body, found := strings.Cut(examples, "func "+name+"() {\n")
	require.True(t, found, name)
	body, _, _ = strings.Cut(body, "\n\tr := gin.New()")
	stand := regexp.MustCompile(`\t(\w+), local := .* // in production (".*"), and no option\n\n`)
	require.Len(t, stand.FindAllString(body, -1), 1, "one line differs, and says how")
	body = stand.ReplaceAllString(body, "\t$1 := $2\n")
	require.Equal(t, 1, strings.Count(body, ", local)"), "the option is used once")
	body = strings.ReplaceAll(body, ", local)", ")")
	return strings.ReplaceAll("\n"+body, "\n\t", "\n")
}

// Each recipe of the page is an Example, whose output is checked where it is.
func TestProvidersPage(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile(providerExamples)
	require.NoError(t, err)
	examples := string(source)
	recipes := map[string]string{
		"Auth0": "ExampleDiscover_auth0", "Keycloak": "ExampleDiscover_keycloak",
		"Entra ID, version 2.0": "ExampleDiscover_entra", "Entra ID, version 1.0": "ExampleRemote_entra",
		"Cognito": "ExampleDiscover_cognito", "Google": "ExampleDiscover_google",
		"Okta": "ExampleDiscover_okta", "Zitadel": "ExampleIntrospect_zitadel",
	}
	sections := providerSections(t)
	require.Len(t, sections, len(recipes), "each section has an Example")
	require.Len(t, recipes, strings.Count(examples, "\nfunc Example"), "each Example has a section")
	for title, name := range recipes {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			section := sections[title]
			var shown strings.Builder
			for _, block := range goBlock.FindAllStringSubmatch(section, -1) {
				assert.LessOrEqual(t, strings.Count(block[1], "\n"), 15, "a recipe is short")
				shown.WriteString(block[1])
			}
			recipe := providerRecipe(t, examples, name)
			_, recipe, _ = strings.Cut(recipe, "Close()\n")
			assert.Equal(t, recipe, shown.String(), "the page shows the Example")
			assert.Contains(t, section, "\nAt ", "what to set at the provider")
			assert.Contains(t, section, "\nPitfalls:")
			assert.Contains(t, section, "\nSources: ")
		})
	}
}

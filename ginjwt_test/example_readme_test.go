package ginjwt_test

import (
	"bufio"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// readmeBlocks returns the README's code blocks of a language.
func readmeBlocks(t *testing.T, language string) []string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	var blocks []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, m[1])
	}
	require.NotEmpty(t, blocks)
	return blocks
}

// The program is the package's example, whose output is checked where it is.
func TestReadmeProgram(t *testing.T) {
	t.Parallel()
	program := readmeBlocks(t, "go")[0]

	t.Run("it is the package's example", func(t *testing.T) {
		_, body, ok := strings.Cut(program, "func main() {\n")
		require.True(t, ok)
		body, _, ok = strings.Cut(body, "\tif err := r.Run(")
		require.True(t, ok)
		example, err := os.ReadFile("../ginjwt/example_test.go")
		require.NoError(t, err)
		assert.Contains(t, string(example), "func Example() {\n"+body)
	})
	t.Run("it compiles", func(t *testing.T) {
		dir := t.TempDir()
		source := filepath.Join(dir, "main.go")
		require.NoError(t, os.WriteFile(source, []byte(program), 0o600))
		out, err := exec.Command("go", "build", "-buildvcs=false", "-o", filepath.Join(dir, "program"), source).CombinedOutput()
		require.NoError(t, err, "%s", out)
	})
	t.Run("it is formatted", func(t *testing.T) {
		cmd := exec.Command("gofmt")
		cmd.Stdin = strings.NewReader(program)
		out, err := cmd.Output()
		require.NoError(t, err)
		assert.Equal(t, program, string(out))
	})
}

func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	for _, command := range []string{"go run ./example", "go test ./..."} {
		assert.Contains(t, string(readme), "\n    "+command+"\n")
	}
	ci, err := os.ReadFile("../.ci/run")
	require.NoError(t, err)
	assert.Contains(t, string(ci), "\ngo test ./...\n", "CI runs the README's command")
}

// testReadmeCurl repeats the README's session with the example.
func testReadmeCurl(t *testing.T, app *exampleApp) {
	session := strings.Split("\n"+strings.TrimSpace(readmeBlocks(t, "console")[0]), "\n$ ")[1:]
	token := ""
	for _, part := range session {
		command, want, _ := strings.Cut(part, "\n")
		t.Run(command, func(t *testing.T) {
			answer := curlExample(t, app, command, token)
			if strings.HasPrefix(command, "TOKEN=") {
				token = strings.Split(answer.body, `"`)[3]
				return
			}
			assertShown(t, strings.TrimSpace(want), answer)
		})
	}
	assert.GreaterOrEqual(t, len(session), 5)
}

// curlExample does what the few options of curl in the README do.
func curlExample(t *testing.T, app *exampleApp, command, token string) exampleAnswer {
	t.Helper()
	path := regexp.MustCompile(`localhost:8000(/\S*)`).FindStringSubmatch(command)
	require.NotNil(t, path)
	method, authorization, form := "GET", "", url.Values(nil)
	if m := regexp.MustCompile(`-H "Authorization: ([^"]*)"`).FindStringSubmatch(command); m != nil {
		authorization = strings.ReplaceAll(m[1], "$TOKEN", token)
	}
	if m := regexp.MustCompile(`-d '([^']*)'`).FindStringSubmatch(command); m != nil {
		var err error
		form, err = url.ParseQuery(m[1])
		require.NoError(t, err)
		method = "POST"
	}
	return app.do(t, method, path[1], authorization, form)
}

// assertShown compares an answer, as curl -i shows it, with a new one. Only
// the date may differ.
func assertShown(t *testing.T, shown string, answer exampleAnswer) {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(strings.ReplaceAll(shown, "\n", "\r\n"))), nil)
	require.NoError(t, err)
	want := readAnswer(resp, nil)
	require.NotEmpty(t, want.header.Get("Date"))
	want.header.Del("Date")
	answer.header.Del("Date")
	assert.Equal(t, want, answer)
}

// testGuideAudit compares the table of the audit in the guide with what the
// example prints when it starts.
func testGuideAudit(t *testing.T, app *exampleApp) {
	guide, err := os.ReadFile("../docs/guide.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(guide), "The audit prints what stands before each route")
	require.True(t, found)
	_, rest, found = strings.Cut(rest, "```\n")
	require.True(t, found)
	table, _, found := strings.Cut(rest, "```")
	require.True(t, found)
	words := func(line string) string { return strings.Join(strings.Fields(line), " ") }
	var printed []string
	for line := range strings.Lines(app.log.String()) {
		printed = append(printed, words(line))
	}
	require.NotEmpty(t, table)
	for line := range strings.Lines(table) {
		assert.True(t, slices.Contains(printed, words(line)), line)
	}
}

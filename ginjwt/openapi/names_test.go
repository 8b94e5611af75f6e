package openapi

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ginjwt/gin-depends/ginjwt/inspect"
)

func TestTitle(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"":              "",
		"read":          "Read",
		"readUsersMe":   "Read Users Me",
		"ReadUsersMe":   "Read Users Me",
		"read_users_me": "Read Users Me",
		"parseURL":      "Parse URL",
		"URLOfUser":     "URL Of User",
		"parseHTTPBody": "Parse HTTP Body",
		"getV2Users":    "Get V2 Users",
		"A":             "A",
	} {
		assert.Equal(t, want, title(name), name)
	}
}

// The names are those that runtime.FuncForPC gives.
func TestFunctionName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"main.readUsers":                                   "readUsers",
		"github.com/a/b.v2/api.readUsers":                  "readUsers",
		"github.com/a/b/api.(*Server).ReadUsers":           "ReadUsers",
		"github.com/a/b/api.Server.ReadUsers":              "ReadUsers",
		"main.read_users":                                  "read_users",
		"main.read[...]":                                   "read",
		"main.(*Repo[...]).List":                           "List",
		"main.Repo[...].List":                              "List",
		"main.main.func1":                                  "",
		"main.main.func1.2":                                "",
		"main.setup.func2.func10":                          "",
		"main.(*Server).routes.func1":                      "",
		"main.read[...].func1":                             "",
		"main.init.0.func1":                                "",
		"main.glob..func1":                                 "",
		"main.läuft":                                       "",
		"":                                                 "",
		"github.com/gin-gonic/gin.WrapF.func1":             "",
		"main.main.Handle[...].func1":                      "",
		"main.function":                                    "function",
		"main.func1Users":                                  "func1Users",
		"main.x.(*Server).ReadUsers":                       "ReadUsers",
		"main.main.gowrap1":                                "gowrap1",
		"gopkg.in/some.v1.readUsers":                       "readUsers",
		"github.com/a/b/api.(*Server).ReadUsers.func1":     "",
		"github.com/a/b%2ev2.readUsers":                    "readUsers",
		"github.com/a/b.(*Repo[go.shape.int]).List":        "List",
		"github.com/a/b.list[github.com/a/c.User]":         "list",
		"github.com/a/b.(*Repo[github.com/a/c.User]).List": "List",
	} {
		assert.Equal(t, want, functionName(inspect.Route{Handler: name}), name)
	}
	assert.Equal(t, "keySet", functionName(inspect.Route{Handler: "main.x", Endpoint: "key set"}), "an endpoint's name is its own")
	assert.Equal(t, "signIn", functionName(inspect.Route{Handler: "main.signIn", Endpoint: "login"}), "a login is the user's function")
}

func TestSlug(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ method, template, want string }{
		{"GET", "/", "get"},
		{"GET", "/users/{id}/", "get_users_id"},
		{"POST", "/a-b/c.d", "post_a_b_c_d"},
		{"DELETE", "/книги/{id}", "delete_id"},
	} {
		assert.Equal(t, tc.want, slug(inspect.Route{Method: tc.method, Template: tc.template}))
	}
}

// Package shop is a program as users of swag write it, but for the comments
// about security: its document has none.
package shop

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// Article is something to buy.
type Article struct {
	ID    int     `json:"id" example:"9007199254740993"`
	Name  string  `json:"name" example:"Tea & <b>biscuits</b>"`
	Price float64 `json:"price" minimum:"0.10"`
}

// New returns the program.
//
//	@title			Shop
//	@version		1.0
//	@description	Sells tea.
//	@BasePath		/api/v1
func New() *gin.Engine {
	token := ginjwt.OAuth2PasswordBearer("/api/v1/token", ginjwt.Scopes{"buy": "Buy things.", "stock": "Change the stock."})
	user := ginjwt.Grants(token, func(string) []string { return []string{"buy"} })
	key := ginjwt.APIKeyCookie("machine", ginjwt.SchemeName("Machine"))

	e := gin.New()
	api := e.Group("/api/v1")
	api.POST("/token", logIn)
	api.GET("/articles", list)
	api.GET("/articles/:id", read)
	guarded := api.Group("", ginjwt.Require(user))
	guarded.POST("/articles/:id/orders", ginjwt.Require(ginjwt.Security(user, "buy")), order)
	guarded.DELETE("/articles/:id", ginjwt.Require(ginjwt.Security(user, "stock")), ginjwt.Require(key), remove)
	api.GET("/orders/*path", ginjwt.Require(ginjwt.Optional(user)), track)
	return e
}

// logIn gives out a token.
//
//	@Summary	Log in
//	@Accept		x-www-form-urlencoded
//	@Param		username	formData	string	true	"Name"
//	@Param		password	formData	string	true	"Password"
//	@Success	200
//	@Router		/token [post]
func logIn(c *gin.Context) { c.Status(http.StatusOK) }

// list lists the articles.
//
//	@Summary	List articles
//	@Produce	json
//	@Success	200	{array}	Article
//	@Router		/articles [get]
func list(c *gin.Context) { c.JSON(http.StatusOK, []Article{}) }

// read shows an article.
//
//	@Summary	Show an article
//	@Produce	json
//	@Param		articleID	path		int	true	"Which"
//	@Success	200			{object}	Article
//	@Router		/articles/{articleID} [get]
func read(c *gin.Context) { c.JSON(http.StatusOK, Article{}) }

// order buys an article.
//
//	@Summary	Buy an article
//	@Param		articleID	path	int	true	"Which"
//	@Success	204
//	@Router		/articles/{articleID}/orders [post]
func order(c *gin.Context) { c.Status(http.StatusNoContent) }

// remove takes an article out of the shop.
//
//	@Summary	Remove an article
//	@Param		articleID	path	int	true	"Which"
//	@Success	204
//	@Router		/articles/{articleID} [delete]
func remove(c *gin.Context) { c.Status(http.StatusNoContent) }

// track shows where an order is.
//
//	@Summary	Track an order
//	@Param		path	path	string	true	"Which"
//	@Success	204
//	@Router		/orders/{path} [get]
func track(c *gin.Context) { c.Status(http.StatusNoContent) }

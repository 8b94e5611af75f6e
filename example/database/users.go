package main

import (
	"database/sql"
	"errors"

	"github.com/alexedwards/argon2id"
	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// User is what clients see of a user.
type User struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	FullName string `json:"full_name"`
}

// findUser finds the user of a token that was verified. If the user is gone, the
// token is no good any more: 401. Any other error is the service's own: after a 401
// the client would throw away a good token.
func findUser(c *gin.Context, claims ginjwt.Claims, tx *sql.Tx) (User, error) {
	user := User{ID: claims.Subject}
	err := tx.QueryRowContext(c.Request.Context(), "SELECT username, full_name FROM users WHERE id = ?", user.ID).
		Scan(&user.Username, &user.FullName)
	if errors.Is(err, sql.ErrNoRows) {
		return User{}, ginjwt.Unauthenticated("Could not validate credentials")
	}
	return user, outcome(c, err)
}

func readMe(c *gin.Context, me User) { c.JSON(200, me) }

// deleteMe deletes the account and its notes. Tokens of the user live on until
// they expire, and findUser refuses them.
func deleteMe(c *gin.Context, me User, tx *sql.Tx) {
	_, err := tx.ExecContext(c.Request.Context(), "DELETE FROM users WHERE id = ?", me.ID)
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		ginjwt.Abort(c, outcome(c, err))
		return
	}
	c.Status(204)
}

// dummyHash is compared for an unknown user, whose login must take as long as any other.
const dummyHash = "$argon2id$v=19$m=65536,t=3,p=4$byIYVbfJr1WFNXiFFypWcw$ywxrCL4gKbE8rDsA89Qu7IIgscgcUS3JxBvmp8Tsvu8"

// login checks a password and returns a token. It depends on no transaction: the
// slow hash would keep that open, and others waiting.
func (a *api) login(c *gin.Context, form ginjwt.OAuth2PasswordRequestForm) (ginjwt.Token, error) {
	id, hash := "", dummyHash
	err := a.db.QueryRowContext(c.Request.Context(), "SELECT id, password_hash FROM users WHERE username = ?", form.Username).
		Scan(&id, &hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return ginjwt.Token{}, outcome(c, err)
	}
	match, err := a.matches(c, form.Password, hash)
	if err != nil {
		return ginjwt.Token{}, err
	}
	if !match || id == "" {
		return ginjwt.Token{}, ginjwt.InvalidGrant("Incorrect username or password")
	}
	return a.issuer.Token(&ginjwt.Claims{Subject: id})
}

// matches checks passwords of up to 256 bytes. It waits for a place as long as
// the request may take.
func (a *api) matches(c *gin.Context, password, hash string) (bool, error) {
	if len(password) > 256 {
		return false, nil
	}
	ctx := c.Request.Context()
	select {
	case a.hashing <- struct{}{}:
		defer func() { <-a.hashing }()
		return argon2id.ComparePasswordAndHash(password, hash)
	case <-ctx.Done():
		return false, outcome(c, ctx.Err())
	}
}

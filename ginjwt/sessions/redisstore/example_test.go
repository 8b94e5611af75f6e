package redisstore_test

import (
	"fmt"
	"log"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/redis/rueidis"

	"github.com/ginjwt/gin-depends/ginjwt"
	"github.com/ginjwt/gin-depends/ginjwt/sessions"
	"github.com/ginjwt/gin-depends/ginjwt/sessions/redisstore"
)

// Sessions of any number of instances. It is not run here, for it needs a Redis.
func ExampleOpen() { //nolint:testableexamples // it needs a Redis
	key, err := ginjwt.NewKey(ginjwt.HS256, "the secret of all instances, at least 32 bytes")
	if err != nil {
		log.Fatal(err)
	}
	issuer := ginjwt.Must(ginjwt.NewIssuer(ginjwt.IssuerConfig{
		Key: key, Issuer: "https://api.example", Audience: []string{"https://api.example"},
	}))

	option := ginjwt.Must(rueidis.ParseURL("rediss://user:password@redis.example:6379"))
	store, err := redisstore.Open(option, redisstore.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	logins := ginjwt.Must(sessions.New(sessions.Config[struct{}]{
		Issuer: issuer, Store: store,
		Password: func(_ *gin.Context, form ginjwt.OAuth2PasswordRequestForm) (sessions.Login[struct{}], error) {
			return sessions.Login[struct{}]{}, ginjwt.InvalidGrant("Incorrect username or password") // look the user up
		},
	}))

	r := gin.New()
	r.POST("/token", logins.Token())
	r.POST("/logout", logins.Logout())
}

// What is wrong is said before Redis is asked.
func ExampleOpen_faults() {
	_, err := redisstore.Open(rueidis.ClientOption{}, redisstore.Config{Prefix: "{app}:", LocalTTL: time.Minute})
	fmt.Println(err)
	// Output:
	// redisstore: Config: Prefix "{app}:" has a brace: a Redis Cluster would no longer keep a subject's keys together
	// redisstore: Config: LocalTTL is 1m0s: it must be from 10ms to 2s
}

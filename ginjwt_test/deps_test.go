package ginjwt_test

import (
	_ "github.com/alexedwards/argon2id"
	_ "github.com/maypok86/otter/v2"
)

-- Tokens name users by an id that is never given twice. A user name can be
-- somebody else's after its account was deleted, while old tokens still live.
CREATE TABLE IF NOT EXISTS users (
	id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
	username TEXT NOT NULL UNIQUE,
	full_name TEXT NOT NULL,
	password_hash TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS notes (
	id INTEGER PRIMARY KEY,
	owner TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	text TEXT NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS notes_owner ON notes (owner);

-- The password of both is "secret".
INSERT INTO users (username, full_name, password_hash) VALUES
	('johndoe', 'John Doe', '$argon2id$v=19$m=65536,t=3,p=4$mgBN9sAPjhNdrG47BvspoA$jMo+TyJ+bgSYAuwaaEvasaLyZXKt1aCEE1KDT/ylCQA'),
	('alice', 'Alice Chains', '$argon2id$v=19$m=65536,t=3,p=4$duBpHEeUXbKR8s2/Q0NrvA$A3V+5k8pfxT9P6qKofCX4LeI2a/q9Q371QE8+PL+MMY')
ON CONFLICT DO NOTHING;

package main

import (
	"context"
	"database/sql"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/ginjwt/gin-depends/ginjwt"
)

// Note is a note of a user.
type Note struct {
	ID   int64  `json:"id"`
	Text string `json:"text"`
}

// maxNotes is how many notes a user can have.
const maxNotes = 100

func readNotes(c *gin.Context, me User, tx *sql.Tx) {
	notes, err := notesOf(c.Request.Context(), tx, me)
	if err != nil {
		ginjwt.Abort(c, outcome(c, err))
		return
	}
	c.JSON(200, notes)
}

func notesOf(ctx context.Context, tx *sql.Tx, user User) ([]Note, error) {
	rows, err := tx.QueryContext(ctx, "SELECT id, text FROM notes WHERE owner = ? ORDER BY id", user.ID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	notes := []Note{} // null in JSON, if it were nil
	for rows.Next() {
		var note Note
		if err := rows.Scan(&note.ID, &note.Text); err != nil {
			return nil, err
		}
		notes = append(notes, note)
	}
	return notes, rows.Err()
}

// noteText reads the body of a new note.
func noteText(c *gin.Context) (string, error) {
	var form struct {
		Text string `json:"text" binding:"required,max=1000"`
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, 16<<10)
	if err := c.ShouldBindJSON(&form); err != nil {
		return "", ginjwt.HTTPError(400, "The body must be JSON with a text of at most 1000 characters")
	}
	return form.Text, nil
}

// addNote answers only when the note is stored. Whatever goes wrong before that,
// the transaction is rolled back by its clean-up and nothing is written.
func addNote(c *gin.Context, text string, me User, tx *sql.Tx) {
	note, err := insertNote(c.Request.Context(), tx, me, text)
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		ginjwt.Abort(c, outcome(c, err))
		return
	}
	c.JSON(201, note)
}

func insertNote(ctx context.Context, tx *sql.Tx, owner User, text string) (Note, error) {
	note := Note{Text: text}
	err := tx.QueryRowContext(ctx, "INSERT INTO notes (owner, text) VALUES (?, ?) RETURNING id", owner.ID, text).
		Scan(&note.ID)
	if err != nil {
		return Note{}, err
	}
	var count int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM notes WHERE owner = ?", owner.ID).Scan(&count); err != nil {
		return Note{}, err
	}
	if count > maxNotes {
		return Note{}, ginjwt.HTTPError(409, "Too many notes")
	}
	return note, nil
}

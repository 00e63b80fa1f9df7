-- What is said about a story after its digest was sent.

CREATE TABLE corrections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL REFERENCES runs (id),
    seq INTEGER NOT NULL,                   -- of the story, as `archive_stories` has it
    kind TEXT NOT NULL,                     -- withdrawn, corrected
    words TEXT NOT NULL,
    made INTEGER NOT NULL,
    announced INTEGER REFERENCES runs (id), -- the digest that said so; none: the next one will
    UNIQUE (run, seq)
) STRICT;
CREATE INDEX corrections_open ON corrections (id) WHERE announced IS NULL;
CREATE INDEX corrections_by_announcement ON corrections (announced);
CREATE INDEX corrections_by_time ON corrections (made);

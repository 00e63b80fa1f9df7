-- What a long life needs: texts and mails have their time, and a daemon says what it has not taken over.

ALTER TABLE items ADD COLUMN text_removed INTEGER;       -- when its texts were removed; its judgement stays as it was
CREATE INDEX items_with_text ON items (arrived) WHERE text_removed IS NULL;

-- Messages whose time is over, counted; those of no run are under run 0.
CREATE TABLE tallies (
    run INTEGER NOT NULL,
    state TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (run, state)
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_settled ON messages (coalesce(settled, made)) WHERE turn IS NULL;
CREATE INDEX messages_by_part ON messages (part);
CREATE INDEX samples_by_message ON samples (message);

-- The edit of the configuration that the running daemon has not taken over, for `status`, which is another process.
CREATE TABLE untaken (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    refused INTEGER NOT NULL,               -- 1: it has mistakes; 0: it holds from the next start on
    text TEXT NOT NULL,                     -- the diagnostic, or the keys
    since INTEGER NOT NULL
) STRICT;

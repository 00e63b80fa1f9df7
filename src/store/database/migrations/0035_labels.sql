-- What people said of items by what they did: left out, included or kept by an editor, voted off topic by a reader.

-- A labelled item keeps what the classifier reads of it, so that it teaches after its text is gone.
CREATE TABLE labelled_items (
    key TEXT PRIMARY KEY,                   -- its link; `item:` and its number if it has none
    item INTEGER,                           -- its number here; none: imported, and not known here
    feed TEXT NOT NULL,                     -- items of one feed are alike
    title TEXT NOT NULL,
    text TEXT,                              -- none: its time is over
    features BLOB,                          -- see domain::selection::classifier::reading; none: no classifier read it
    made INTEGER NOT NULL
) STRICT;
CREATE INDEX labelled_items_with_text ON labelled_items (made) WHERE text IS NOT NULL;
CREATE TABLE labels (
    key TEXT NOT NULL REFERENCES labelled_items (key) ON DELETE CASCADE,
    who TEXT NOT NULL,                      -- an editor's address; a subscriber's id
    kind TEXT NOT NULL,                     -- off-topic, included, kept, passed-over, reader-off-topic, sample-missed
    at INTEGER NOT NULL,
    PRIMARY KEY (key, who)
) STRICT;
CREATE INDEX labels_by_who ON labels (who);
CREATE INDEX labels_by_time ON labels (at);

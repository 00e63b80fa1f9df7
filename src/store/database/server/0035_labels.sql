-- What people said of items by what they did: left out, included or kept by an editor, voted off topic by a reader.

-- A labelled item keeps what the classifier reads of it, so that it teaches after its text is gone.
CREATE TABLE labelled_items (
    key TEXT COLLATE "C" PRIMARY KEY,
    item BIGINT,
    feed TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C",
    features BYTEA,
    made BIGINT NOT NULL
);
CREATE INDEX labelled_items_with_text ON labelled_items (made) WHERE text IS NOT NULL;
CREATE TABLE labels (
    key TEXT COLLATE "C" NOT NULL REFERENCES labelled_items (key) ON DELETE CASCADE,
    who TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (key, who)
);
CREATE INDEX labels_by_who ON labels (who);
CREATE INDEX labels_by_time ON labels (at);

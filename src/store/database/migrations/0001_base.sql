-- Times are whole seconds since 1970, UTC. Lists are JSON arrays of strings.

CREATE TABLE keys (
    name TEXT PRIMARY KEY,                  -- token, suppression
    value BLOB NOT NULL,
    made INTEGER NOT NULL
) STRICT;

CREATE TABLE marks (
    name TEXT PRIMARY KEY,                  -- what is done once for a database: subscribers.csv
    made INTEGER NOT NULL
) STRICT;

CREATE TABLE feeds (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    title TEXT NOT NULL,
    since INTEGER NOT NULL,                 -- an item published before it is kept and never mailed
    first_polled INTEGER,                   -- when the first poll was committed whole
    etag TEXT,
    last_modified TEXT,
    body_hash TEXT,
    checked INTEGER,
    succeeded INTEGER,
    next_check INTEGER NOT NULL,
    not_before INTEGER,                     -- a running Retry-After
    failures INTEGER NOT NULL DEFAULT 0,    -- in a row
    error TEXT,
    removed INTEGER                         -- when it was taken out of feeds.toml
) STRICT;

CREATE TABLE stories (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    seq INTEGER UNIQUE,                     -- of its first picked item; none while nothing is picked
    made INTEGER NOT NULL
) STRICT;

CREATE TABLE items (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order of arrival; never reused
    feed TEXT NOT NULL REFERENCES feeds (id),
    identity TEXT NOT NULL,                 -- id:…, link:… or hash:…
    story INTEGER NOT NULL REFERENCES stories (id),
    canonical TEXT,
    link TEXT,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    content TEXT NOT NULL,
    author TEXT,
    categories TEXT NOT NULL,
    published INTEGER,
    updated INTEGER,
    arrived INTEGER NOT NULL,
    mailable INTEGER NOT NULL,              -- 0: too old when first seen, or undated on the first poll
    title_key TEXT NOT NULL,
    shingles INTEGER NOT NULL,
    words INTEGER NOT NULL,
    prior REAL NOT NULL,
    score REAL NOT NULL,
    picked INTEGER NOT NULL,
    themes TEXT NOT NULL,
    reasons TEXT NOT NULL,                  -- JSON: [{phrase, found, place, weight, label}]
    fingerprint TEXT NOT NULL,              -- of the topic file that it was scored with
    UNIQUE (feed, identity)
) STRICT;
CREATE INDEX items_by_canonical ON items (canonical) WHERE canonical IS NOT NULL;
CREATE INDEX items_by_title ON items (title_key);
CREATE INDEX items_by_story ON items (story);

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    cadence TEXT NOT NULL,                  -- daily, weekly, monthly; once
    slot TEXT NOT NULL,                     -- local time of the slot
    due INTEGER NOT NULL,                   -- the slot's instant
    made INTEGER NOT NULL,
    upto INTEGER NOT NULL,
    UNIQUE (cadence, slot)
) STRICT;

CREATE TABLE run_stories (
    run INTEGER NOT NULL REFERENCES runs (id),
    story INTEGER NOT NULL REFERENCES stories (id),
    PRIMARY KEY (run, story)
) STRICT, WITHOUT ROWID;

-- What is rendered once and mailed to many: a run's digest for one (window, themes), or a confirmation.
CREATE TABLE parts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER REFERENCES runs (id),
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT NOT NULL
) STRICT;

CREATE TABLE subscribers (
    id TEXT PRIMARY KEY,                    -- random, never reused
    address TEXT NOT NULL,
    address_key TEXT NOT NULL UNIQUE,       -- lower-cased
    name TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL,
    cadence TEXT NOT NULL,
    themes TEXT,                            -- none: all
    covered INTEGER NOT NULL,               -- everything up to this seq was sent or holds nothing for them
    consent TEXT NOT NULL,                  -- how and where it was given
    joined INTEGER NOT NULL,
    confirmed INTEGER,
    ended INTEGER
) STRICT;

CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    run INTEGER REFERENCES runs (id),
    subscriber TEXT NOT NULL,               -- kept when the person is forgotten
    address TEXT NOT NULL,                  -- cleared when the person is forgotten
    message_id TEXT NOT NULL UNIQUE,
    part INTEGER NOT NULL REFERENCES parts (id),
    upto INTEGER,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt INTEGER NOT NULL,
    made INTEGER NOT NULL,
    settled INTEGER,
    error TEXT,
    UNIQUE (run, subscriber)
) STRICT;
CREATE INDEX messages_open ON messages (state, next_attempt) WHERE state IN ('queued', 'sending', 'unknown', 'retry');
CREATE INDEX messages_by_subscriber ON messages (subscriber, state);

CREATE TABLE attempts (
    message INTEGER NOT NULL REFERENCES messages (id),
    number INTEGER NOT NULL,
    started INTEGER NOT NULL,
    ended INTEGER,
    outcome TEXT,                           -- none: the process died
    PRIMARY KEY (message, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE suppressions (
    hash TEXT PRIMARY KEY,                  -- HMAC of the lower-cased address
    reason TEXT NOT NULL,
    made INTEGER NOT NULL
) STRICT;

-- Drafts: what a run will be made from, and what editors did with it.

CREATE TABLE drafts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    cadence TEXT NOT NULL,
    slot TEXT NOT NULL,                     -- local time of the slot
    due INTEGER NOT NULL,                   -- the slot's instant
    made INTEGER NOT NULL,
    after_seq INTEGER NOT NULL,             -- it begins after this number
    reserved_seq INTEGER NOT NULL,          -- the numbers above, through_seq included, are for posts added by hand
    through_seq INTEGER NOT NULL,           -- the last number that it covers
    archive TEXT NOT NULL UNIQUE,           -- the name of its run's page
    base TEXT NOT NULL,                     -- JSON: the stories and near misses as it was made
    version INTEGER NOT NULL DEFAULT 0,     -- the number of acts
    status TEXT NOT NULL,
    run INTEGER REFERENCES runs (id),       -- none: not sent
    told INTEGER,                           -- when its editors last got an email; none: not yet
    UNIQUE (cadence, slot)
) STRICT;
CREATE INDEX drafts_open ON drafts (id) WHERE status IN ('open', 'approved', 'releasing', 'held');
CREATE INDEX drafts_by_reach ON drafts (through_seq);
CREATE INDEX drafts_by_run ON drafts (run) WHERE run IS NOT NULL;
CREATE INDEX drafts_by_cadence ON drafts (cadence, through_seq);
CREATE INDEX runs_by_through_seq ON runs (through_seq);

-- The ledger: each act with the version that the draft had after it.
CREATE TABLE ledger (
    draft INTEGER NOT NULL REFERENCES drafts (id),
    version INTEGER NOT NULL,
    at INTEGER NOT NULL,
    editor TEXT NOT NULL,                   -- an editor's address, or `policy-digest`
    act TEXT NOT NULL,                      -- JSON
    PRIMARY KEY (draft, version)
) STRICT, WITHOUT ROWID;

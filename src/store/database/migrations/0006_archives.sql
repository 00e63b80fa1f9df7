-- The page of a run for everybody: its whole digest, frozen with it.
CREATE TABLE archives (
    run INTEGER PRIMARY KEY REFERENCES runs (id),
    name TEXT NOT NULL UNIQUE,              -- as addresses have it: 2026-11-23, 2026-11-23-daily, 2026-11-23-2
    title TEXT NOT NULL,                    -- the subject of the whole digest
    html TEXT NOT NULL
) STRICT;

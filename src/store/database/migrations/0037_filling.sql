-- A run's messages are queued in batches of subscribers, so that the first ones leave while the last ones are queued.

ALTER TABLE runs ADD COLUMN filled_to INTEGER;      -- the last subscriber looked at, by number; none: all were
CREATE INDEX runs_filling ON runs (id) WHERE filled_to IS NOT NULL;

-- What each window of subscribers gets of a run, while its messages are queued.
CREATE TABLE run_windows (
    run INTEGER NOT NULL REFERENCES runs (id),
    cursor INTEGER NOT NULL,
    language TEXT NOT NULL,
    themes TEXT NOT NULL,                   -- empty: all
    body INTEGER REFERENCES bodies (id),    -- none: nothing
    is_quiet INTEGER NOT NULL,              -- 1: the body says that there is nothing new
    newest INTEGER NOT NULL,                -- the newest story of the body, at least
    through_seq INTEGER NOT NULL,           -- where the body ends
    is_skipped INTEGER NOT NULL,            -- 1: there is nothing for them, and their cursors move at once
    PRIMARY KEY (run, cursor, language, themes)
) STRICT, WITHOUT ROWID;

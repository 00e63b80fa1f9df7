-- What delivery is stopped by, and what comes back of it.

-- Why nothing is delivered at present; while there is a row, no message is claimed.
CREATE TABLE pauses (
    cause TEXT PRIMARY KEY,                 -- relay, restored
    reason TEXT NOT NULL,
    made INTEGER NOT NULL,
    probe INTEGER,                          -- when the way is tried again; none: a person must release it
    probes INTEGER NOT NULL DEFAULT 0       -- failed ones so far
) STRICT;

-- A run whose first mails were refused is held: its messages are not claimed, and nobody is suppressed for it.
ALTER TABLE runs ADD COLUMN held INTEGER;                -- since when
ALTER TABLE runs ADD COLUMN held_because TEXT;
ALTER TABLE runs ADD COLUMN released INTEGER;            -- when a person let it go on: it is not held again

-- Every word that a mail did not arrive, or was not wanted.
CREATE TABLE reports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message INTEGER NOT NULL REFERENCES messages (id),
    at INTEGER NOT NULL,
    source TEXT NOT NULL,                   -- smtp, dsn, arf
    fault TEXT NOT NULL,                    -- person, soft, ours, complaint
    code TEXT NOT NULL                      -- as 550 5.1.1; empty for a complaint
) STRICT;
CREATE INDEX reports_by_message ON reports (message);

ALTER TABLE attempts ADD COLUMN code TEXT;               -- the answer's codes and command, as: recipient 550 5.1.1

-- What is kept to judge a run, to take back what a bad run has taught, and to count what is not believed.

-- The first messages of a run that were attempted: by them it is judged.
CREATE TABLE samples (
    run INTEGER NOT NULL REFERENCES runs (id),
    message INTEGER NOT NULL REFERENCES messages (id),
    failed INTEGER NOT NULL DEFAULT 0,      -- 1: for good, by an answer or a report
    PRIMARY KEY (run, message)
) STRICT, WITHOUT ROWID;

ALTER TABLE runs ADD COLUMN judged INTEGER;              -- when its sample was found good; its reports count from then on
ALTER TABLE runs ADD COLUMN held_told INTEGER;           -- when the log said that it is held
UPDATE runs SET judged = made;

-- The address as suppressions know it, so that a report can count later, and without the address.
ALTER TABLE reports ADD COLUMN hash TEXT NOT NULL DEFAULT '';
ALTER TABLE reports ADD COLUMN applied INTEGER;          -- when it was weighed for suppression; none: its run is not judged yet
CREATE INDEX reports_waiting ON reports (message) WHERE applied IS NULL;
ALTER TABLE suppressions ADD COLUMN message INTEGER;     -- whose report it was

-- Returned mails by what they were: failed, complaint, unsubscribe, forged, ...
CREATE TABLE returned (
    what TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    last INTEGER NOT NULL
) STRICT;

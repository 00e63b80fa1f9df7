-- What needs a person: one row an incident, told of once when it begins and once when it is over.
CREATE TABLE alarms (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,                     -- disk, relay, feed_failing, ...
    subject TEXT NOT NULL,                  -- a feed's id, a run's number, a cadence; may be empty
    what TEXT NOT NULL,                     -- what happened, as it was when it was raised
    since INTEGER NOT NULL,
    raised INTEGER NOT NULL,
    well INTEGER,                           -- since when it has been well; none: it is not
    ended INTEGER,                          -- when it was over; none: open
    told INTEGER,                           -- when the mail of its beginning was queued
    told_end INTEGER                        -- when the mail of its end was queued
) STRICT;
CREATE UNIQUE INDEX alarms_open ON alarms (kind, subject) WHERE ended IS NULL;
CREATE INDEX alarms_untold ON alarms (id) WHERE told_end IS NULL;

ALTER TABLE feeds ADD COLUMN failing INTEGER;            -- since when every poll has failed; none: the last one did not
ALTER TABLE feeds ADD COLUMN empty INTEGER;              -- since when its document has had no entries; none: it has some
ALTER TABLE feeds ADD COLUMN renumbered INTEGER;         -- when its ids last changed all at once
UPDATE feeds SET failing = coalesce(succeeded, checked) WHERE failures > 0;
UPDATE feeds SET empty = succeeded WHERE entries = 0;

-- The days on which a feed posted; a date in the future counts as the day on which it came.
CREATE INDEX items_dated ON items (feed, min(coalesce(published, updated, arrived), arrived));

-- Refusals that are our own fault, newest first.
CREATE INDEX reports_ours ON reports (at) WHERE fault = 'ours';

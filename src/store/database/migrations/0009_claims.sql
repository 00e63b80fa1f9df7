-- The next message to send is found by a seek, however many are open: by its turn, then by its run (a held one is
-- skipped whole), then by when it is due.

ALTER TABLE messages ADD COLUMN turn TEXT GENERATED ALWAYS AS (CASE
    WHEN state IN ('unknown', 'sending') THEN state
    WHEN state NOT IN ('queued', 'retry') THEN NULL
    WHEN kind = 'digest' THEN 'digest'
    ELSE 'personal'                         -- confirmations and the like, which somebody waits for
END) VIRTUAL;
ALTER TABLE messages ADD COLUMN lane INTEGER GENERATED ALWAYS AS (coalesce(run, 0)) VIRTUAL;
CREATE INDEX messages_by_turn ON messages (turn, lane, next_attempt) WHERE turn IS NOT NULL;
DROP INDEX messages_open;

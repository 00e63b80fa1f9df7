-- What ticks, claims and pages ask is answered by a seek or a tally, however long the history is.

-- Items of a feed, and those of them that are picked.
ALTER TABLE feeds ADD COLUMN items INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feeds ADD COLUMN picked INTEGER NOT NULL DEFAULT 0;
UPDATE feeds SET
    items = (SELECT count(*) FROM items i WHERE i.feed = feeds.id),
    picked = (SELECT count(*) FROM items i WHERE i.feed = feeds.id AND i.picked = 1);
CREATE TRIGGER items_counted AFTER INSERT ON items BEGIN
    UPDATE feeds SET items = items + 1, picked = picked + new.picked WHERE id = new.feed;
END;
CREATE TRIGGER items_uncounted AFTER DELETE ON items BEGIN
    UPDATE feeds SET items = items - 1, picked = picked - old.picked WHERE id = old.feed;
END;
CREATE TRIGGER items_recounted AFTER UPDATE OF picked ON items WHEN old.picked <> new.picked BEGIN
    UPDATE feeds SET picked = picked + new.picked - old.picked WHERE id = new.feed;
END;
DROP INDEX items_picked;

-- Messages and subscribers by state. `tallies` has every message from now on, not only those that are kept no longer.
CREATE TABLE totals (
    subject TEXT NOT NULL,                  -- messages, subscribers
    state TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (subject, state)
) STRICT, WITHOUT ROWID;
INSERT INTO tallies (run, state, count) SELECT coalesce(run, 0), state, count(*) FROM messages WHERE true GROUP BY 1, 2
    ON CONFLICT (run, state) DO UPDATE SET count = count + excluded.count;
INSERT INTO totals (subject, state, count) SELECT 'messages', state, sum(count) FROM tallies GROUP BY state;
INSERT INTO totals (subject, state, count) SELECT 'subscribers', status, count(*) FROM subscribers GROUP BY status;
CREATE TRIGGER tallies_added AFTER INSERT ON tallies BEGIN
    INSERT INTO totals (subject, state, count) VALUES ('messages', new.state, new.count)
        ON CONFLICT (subject, state) DO UPDATE SET count = count + new.count;
END;
CREATE TRIGGER tallies_changed AFTER UPDATE ON tallies BEGIN
    UPDATE totals SET count = count + new.count - old.count WHERE subject = 'messages' AND state = new.state;
END;
CREATE TRIGGER messages_counted AFTER INSERT ON messages BEGIN
    INSERT INTO tallies (run, state, count) VALUES (coalesce(new.run, 0), new.state, 1)
        ON CONFLICT (run, state) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER messages_recounted AFTER UPDATE OF state ON messages WHEN old.state <> new.state BEGIN
    UPDATE tallies SET count = count - 1 WHERE run = coalesce(old.run, 0) AND state = old.state;
    INSERT INTO tallies (run, state, count) VALUES (coalesce(new.run, 0), new.state, 1)
        ON CONFLICT (run, state) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER subscribers_counted AFTER INSERT ON subscribers BEGIN
    INSERT INTO totals (subject, state, count) VALUES ('subscribers', new.status, 1)
        ON CONFLICT (subject, state) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER subscribers_recounted AFTER UPDATE OF status ON subscribers WHEN old.status <> new.status BEGIN
    UPDATE totals SET count = count - 1 WHERE subject = 'subscribers' AND state = old.status;
    INSERT INTO totals (subject, state, count) VALUES ('subscribers', new.status, 1)
        ON CONFLICT (subject, state) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER subscribers_uncounted AFTER DELETE ON subscribers BEGIN
    UPDATE totals SET count = count - 1 WHERE subject = 'subscribers' AND state = old.status;
END;

-- Whom a slot concerns, and whose pause is over.
CREATE INDEX subscribers_by_status ON subscribers (status, cadence);
CREATE INDEX subscribers_paused ON subscribers (paused_until) WHERE paused_until IS NOT NULL;

-- The last run of a cadence, of all; those of a time; those that are held.
CREATE INDEX runs_by_cadence ON runs (cadence, due);
CREATE INDEX runs_by_reach ON runs (cadence, upto);
CREATE INDEX runs_by_due ON runs (due);
CREATE INDEX runs_by_made ON runs (made);
CREATE INDEX runs_held ON runs (id) WHERE held IS NOT NULL;
CREATE INDEX runs_released ON runs (id) WHERE released IS NOT NULL;
CREATE INDEX parts_by_run ON parts (run) WHERE run IS NOT NULL;

-- The newest entries of a feed as they were last read, its newest date, and where a number stood at a time.
DROP INDEX items_known;
CREATE INDEX items_known ON items (feed, arrived, identity, digest) WHERE digest IS NOT NULL;
CREATE INDEX items_updated ON items (feed, updated) WHERE published IS NULL AND updated IS NOT NULL;
CREATE INDEX items_by_time ON items (arrived);

-- Reports by what they say, newest first; who was suppressed for a message.
CREATE INDEX suppressions_by_message ON suppressions (message) WHERE message IS NOT NULL;
DROP INDEX reports_ours;
CREATE INDEX reports_by_fault ON reports (fault, at);

-- Incidents that are not over, in their order.
CREATE INDEX alarms_not_over ON alarms (id) WHERE ended IS NULL;

-- Changes of address that were asked for in the last hour.
CREATE INDEX messages_address_changes ON messages (made) WHERE kind = 'address_change';

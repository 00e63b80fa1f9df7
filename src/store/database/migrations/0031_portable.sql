-- What every engine can express: an order of its own for subscribers who joined within one second, a date without a
-- function that engines name differently, and long ids beside a key that fits into an index.
ALTER TABLE subscribers ADD COLUMN number INTEGER;                  -- in the order in which they were added
UPDATE subscribers SET number = rowid;
CREATE UNIQUE INDEX subscribers_by_number ON subscribers (number);
DROP INDEX items_dated;
CREATE INDEX items_dated ON items
    (feed, CASE WHEN coalesce(published, updated) < arrived THEN coalesce(published, updated) ELSE arrived END);
ALTER TABLE items ADD COLUMN whole_identity TEXT;                   -- where it is longer than a key may be

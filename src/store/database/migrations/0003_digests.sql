-- What an entry looked like when it was last read: one that still does is not read again.
ALTER TABLE items ADD COLUMN digest INTEGER;
CREATE INDEX items_known ON items (feed, identity, digest) WHERE digest IS NOT NULL;
-- How many items of a feed were picked, without reading their texts.
CREATE INDEX items_picked ON items (feed) WHERE picked = 1;

-- What posts are recognised by when a feed renews their ids, puts tokens into their links, or moves.

ALTER TABLE items ADD COLUMN base INTEGER;              -- hash of the feed's own id without what differs trivially
CREATE INDEX items_by_base ON items (feed, base) WHERE base IS NOT NULL;
CREATE INDEX items_by_own_title ON items (feed, title_key);

ALTER TABLE feeds ADD COLUMN varying TEXT;              -- JSON: parameters in its links that are tokens
ALTER TABLE feeds ADD COLUMN site TEXT;                 -- the page that it says it belongs to
ALTER TABLE feeds ADD COLUMN answered INTEGER;          -- when it last sent a document, rather than "not modified"

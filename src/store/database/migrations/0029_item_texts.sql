-- The long texts of items have a table of their own: what is asked of items in number reads short rows, and texts whose
-- time is over are deleted.

CREATE TABLE item_texts (
    item INTEGER PRIMARY KEY REFERENCES items (seq) ON UPDATE CASCADE ON DELETE CASCADE,
    summary TEXT NOT NULL,
    content TEXT NOT NULL,
    excerpt TEXT,                           -- what a digest shows; none: not made yet
    excerpt_chars INTEGER                   -- the length that it was made for
) STRICT;
INSERT INTO item_texts (item, summary, content, excerpt, excerpt_chars)
    SELECT seq, summary, content, excerpt, excerpt_chars FROM items WHERE text_removed IS NULL;
ALTER TABLE items DROP COLUMN summary;
ALTER TABLE items DROP COLUMN content;
ALTER TABLE items DROP COLUMN excerpt;
ALTER TABLE items DROP COLUMN excerpt_chars;

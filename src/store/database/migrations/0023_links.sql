-- A story is found by its link with a few seeks, however many items a feed has with that link.
DROP INDEX items_by_canonical;
CREATE INDEX items_by_link ON items (canonical, feed, title_key) WHERE canonical IS NOT NULL;

-- The first item of a story that stands in a digest, however many items the story has.
CREATE INDEX items_standing ON items (story) WHERE (picked = 1 OR borderline = 1) AND mailable = 1;

-- What is shown to everybody: when a run was first sent, its stories as they were frozen, and how often a feed publishes.

ALTER TABLE runs ADD COLUMN published INTEGER;          -- when the first of its digests was sent; none: shown to nobody yet
ALTER TABLE runs ADD COLUMN stories INTEGER NOT NULL DEFAULT 0;  -- on its page
UPDATE runs SET
    published = (SELECT min(settled) FROM messages m WHERE m.run = runs.id AND m.state = 'sent'),
    stories = (SELECT count(*) FROM run_stories s WHERE s.run = runs.id AND s.listed = 0);
CREATE INDEX runs_published ON runs (published) WHERE published IS NOT NULL;
CREATE INDEX runs_published_by_slot ON runs (due) WHERE published IS NOT NULL;

-- The stories of a run's page, in its order. Runs from before have none here.
CREATE TABLE archive_stories (
    run INTEGER NOT NULL REFERENCES runs (id),
    place INTEGER NOT NULL,
    seq INTEGER NOT NULL,                               -- of the story
    met INTEGER NOT NULL,                               -- when the story was made
    title TEXT NOT NULL,
    link TEXT NOT NULL,                                 -- http, https, or empty
    excerpt TEXT NOT NULL,
    language TEXT NOT NULL,                             -- empty: the digest's
    source TEXT NOT NULL,
    author TEXT,
    published INTEGER,
    themes TEXT NOT NULL,                               -- JSON: titles
    PRIMARY KEY (run, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX archive_stories_by_seq ON archive_stories (seq);

CREATE INDEX items_by_date ON items (feed, published) WHERE published IS NOT NULL;

-- The language of a subscriber's emails and pages, as in `languages`; empty: the default language.
ALTER TABLE subscribers ADD COLUMN language TEXT NOT NULL DEFAULT '';

-- The language in which a body was rendered.
ALTER TABLE bodies ADD COLUMN language TEXT NOT NULL DEFAULT '';

-- The page of a run in the languages besides the default one, frozen with it.
CREATE TABLE archive_languages (
    run INTEGER NOT NULL REFERENCES runs (id),
    language TEXT NOT NULL,
    title TEXT NOT NULL,
    html TEXT NOT NULL,
    PRIMARY KEY (run, language)
) STRICT;

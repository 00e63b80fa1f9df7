-- What a person agreed to, when, and by which way; the confirmation's time is `confirmed`.
ALTER TABLE subscribers ADD COLUMN consent_by TEXT;              -- page, import, admin; none: from before it was kept
ALTER TABLE subscribers ADD COLUMN consent_wording TEXT;         -- the version of the page's wording; none: not given on the page
ALTER TABLE subscribers ADD COLUMN consented INTEGER;

-- Every wording that somebody has agreed to.
CREATE TABLE wordings (
    version TEXT PRIMARY KEY,                                    -- a hash of the text
    text TEXT NOT NULL,
    made INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

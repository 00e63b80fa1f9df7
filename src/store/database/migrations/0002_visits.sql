-- What each poll of a feed has taught: how it went, where the feed is, when it wants the next visit, what may be missing.

ALTER TABLE feeds ADD COLUMN outcome TEXT;              -- of the last poll: read, unchanged, failed, gone
ALTER TABLE feeds ADD COLUMN entries INTEGER;           -- in the document that was last read
ALTER TABLE feeds ADD COLUMN bytes INTEGER;             -- of the last answer, unpacked
ALTER TABLE feeds ADD COLUMN took INTEGER;              -- milliseconds of the last poll
ALTER TABLE feeds ADD COLUMN because TEXT;              -- what set next_check
ALTER TABLE feeds ADD COLUMN location TEXT;             -- the address that gave the validators
ALTER TABLE feeds ADD COLUMN moved_to TEXT;             -- where it has moved for good
ALTER TABLE feeds ADD COLUMN reader TEXT;               -- the version of the program that read the document
ALTER TABLE feeds ADD COLUMN hint_interval INTEGER;     -- the document's own wish, in seconds
ALTER TABLE feeds ADD COLUMN skip_hours INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feeds ADD COLUMN skip_days INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feeds ADD COLUMN gone INTEGER;              -- since when its server says 410
ALTER TABLE feeds ADD COLUMN gap INTEGER;               -- when a poll last showed nothing that was known

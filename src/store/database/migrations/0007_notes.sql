-- Which editor's note a run showed, so that the same text is shown once.

ALTER TABLE runs ADD COLUMN note TEXT;                   -- SHA-256 of its text; none: no note

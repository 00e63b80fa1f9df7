-- Items just under the threshold, which a digest lists at its end, and the language of a text that is not the topic's.

ALTER TABLE items ADD COLUMN borderline INTEGER NOT NULL DEFAULT 0;  -- 1 and not picked: listed at a digest's end
ALTER TABLE items ADD COLUMN language TEXT;              -- ISO 639-1; none: one of the topic's, or not to be told
ALTER TABLE run_stories ADD COLUMN listed INTEGER NOT NULL DEFAULT 0;

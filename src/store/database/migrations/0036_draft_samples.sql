-- The blind samples: posts drawn at random from those that were not selected, and what an editor said of them.

CREATE TABLE draft_samples (
    draft TEXT NOT NULL,                    -- what they were drawn for
    item INTEGER NOT NULL,
    seed INTEGER NOT NULL,                  -- of the draw
    score REAL NOT NULL,                    -- when it was drawn
    probability REAL NOT NULL,              -- of being drawn
    outcome TEXT,                           -- missed, clear; none: no editor has looked
    at INTEGER NOT NULL,                    -- when it was drawn, then when an editor looked
    PRIMARY KEY (draft, item)
) STRICT;
CREATE INDEX draft_samples_by_time ON draft_samples (at);

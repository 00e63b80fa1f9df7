-- The blind samples: posts drawn at random from those that were not selected, and what an editor said of them.

CREATE TABLE draft_samples (
    draft TEXT COLLATE "C" NOT NULL,
    item BIGINT NOT NULL,
    seed BIGINT NOT NULL,
    score DOUBLE PRECISION NOT NULL,
    probability DOUBLE PRECISION NOT NULL,
    outcome TEXT COLLATE "C",
    at BIGINT NOT NULL,
    PRIMARY KEY (draft, item)
);
CREATE INDEX draft_samples_by_time ON draft_samples (at);

-- A run's messages are queued in batches of subscribers, so that the first ones leave while the last ones are queued.

ALTER TABLE runs ADD COLUMN filled_to BIGINT;
CREATE INDEX runs_filling ON runs (id) WHERE filled_to IS NOT NULL;

CREATE TABLE run_windows (
    run BIGINT NOT NULL REFERENCES runs (id),
    cursor BIGINT NOT NULL,
    language TEXT COLLATE "C" NOT NULL,
    themes TEXT COLLATE "C" NOT NULL,
    body BIGINT REFERENCES bodies (id),
    is_quiet BIGINT NOT NULL,
    newest BIGINT NOT NULL,
    through_seq BIGINT NOT NULL,
    is_skipped BIGINT NOT NULL,
    PRIMARY KEY (run, cursor, language, themes)
);

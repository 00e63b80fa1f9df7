-- Tables and columns take the names that the program uses for what they hold.

ALTER TABLE parts RENAME TO bodies;
ALTER TABLE messages RENAME COLUMN part TO body;
DROP INDEX messages_by_part;
CREATE INDEX messages_by_body ON messages (body);
DROP INDEX parts_by_run;
CREATE INDEX bodies_by_run ON bodies (run) WHERE run IS NOT NULL;

ALTER TABLE subscribers RENAME COLUMN covered TO cursor;        -- everything up to this seq was sent or holds nothing for them
ALTER TABLE runs RENAME COLUMN upto TO through_seq;             -- the last seq that the run covers
ALTER TABLE messages RENAME COLUMN upto TO through_seq;         -- where the cursor goes when it was sent
ALTER TABLE untaken RENAME TO pending_configuration;

-- Items of one title are told apart without reading them.
DROP INDEX items_by_title;
CREATE INDEX items_by_title ON items (title_key, arrived, shingles, words);

-- What was left out of the document that was last read: [entries, items, texts, authors, categories]; none: nothing.
ALTER TABLE feeds ADD COLUMN cut TEXT;

-- What a digest shows of an item is made once, when the item arrives.
ALTER TABLE items ADD COLUMN excerpt TEXT;               -- none: not made yet
ALTER TABLE items ADD COLUMN excerpt_chars INTEGER;      -- the length that it was made for
ALTER TABLE items ADD COLUMN reading_minutes INTEGER;

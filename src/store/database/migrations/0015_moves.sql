-- A move for good is believed when it was told in several polls over a day; the feed is then asked at its new address.
ALTER TABLE feeds ADD COLUMN moved_since INTEGER;        -- when `moved_to` was first told
ALTER TABLE feeds ADD COLUMN moved_polls INTEGER NOT NULL DEFAULT 0;  -- in how many polls it was
ALTER TABLE feeds ADD COLUMN address TEXT;               -- where it is asked; none: at `url`, as in feeds.toml

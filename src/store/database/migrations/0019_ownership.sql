-- Which copy of a story leads: how surely an item's link belongs to its feed's own site.

ALTER TABLE items ADD COLUMN ownership INTEGER NOT NULL DEFAULT 0;  -- 0 another's or not known, 1 declared, 2 by domain, 3 by host

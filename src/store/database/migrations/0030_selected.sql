-- What is over the threshold is selected.
ALTER TABLE items RENAME COLUMN picked TO selected;
ALTER TABLE feeds RENAME COLUMN picked TO selected;

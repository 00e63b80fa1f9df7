-- What an operator asks for: a run that was ended by hand, and items by week.

ALTER TABLE runs ADD COLUMN cancelled INTEGER;           -- when a person ended it: nothing more of it is sent
CREATE INDEX items_by_arrival ON items (feed, arrived, picked);

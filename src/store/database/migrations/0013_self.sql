-- What people do for themselves: rest for a while, take another address; and the token keys that were replaced.

ALTER TABLE subscribers ADD COLUMN paused_until INTEGER; -- no digest before; none: not paused

-- An address that was asked for and is not confirmed yet.
CREATE TABLE address_changes (
    subscriber TEXT PRIMARY KEY REFERENCES subscribers (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    asked INTEGER NOT NULL
) STRICT;

CREATE TABLE former_keys (
    value BLOB PRIMARY KEY,
    made INTEGER NOT NULL,
    retired INTEGER NOT NULL
) STRICT;

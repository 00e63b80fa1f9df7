-- Tokens carry the number of their key, and a former key has an end. Numbers follow the order in which the keys signed.

ALTER TABLE keys ADD COLUMN number INTEGER NOT NULL DEFAULT 1;      -- of the token key
ALTER TABLE keys ADD COLUMN unnumbered INTEGER NOT NULL DEFAULT 0;  -- 1: it signed tokens before they had a number
UPDATE keys SET number = 1 + (SELECT count(*) FROM former_keys), unnumbered = 1 WHERE name = 'token';

ALTER TABLE former_keys ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE former_keys ADD COLUMN unnumbered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE former_keys ADD COLUMN ends INTEGER;                    -- not accepted from then on; none: set at the next start
UPDATE former_keys SET unnumbered = 1, number = (
    SELECT count(*) FROM former_keys f WHERE (f.retired, f.rowid) <= (former_keys.retired, former_keys.rowid)
);

-- A made-up installation, as its retention leaves it: `size` says how much of it there is. Nothing here is left to chance.

CREATE TEMP TABLE numbers (i INTEGER PRIMARY KEY);
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < (SELECT max(items, people) FROM size))
    INSERT INTO numbers SELECT i FROM n;

UPDATE feeds SET since = (SELECT began FROM size), first_polled = (SELECT began FROM size), checked = (SELECT now FROM size) - 600,
    succeeded = (SELECT now FROM size) - 600, next_check = (SELECT now FROM size) + 86400, outcome = 'read', entries = 25;

-- One item in twenty is selected; a text stays for 90 days.
CREATE TEMP TABLE arrivals AS
    SELECT i, began + (now - began - 3600) * i / items AS arrived, i % 20 = 0 AS selected FROM numbers, size WHERE i <= items;
CREATE UNIQUE INDEX temp.arrivals_by_number ON arrivals (i);
INSERT INTO stories (id, seq, made) SELECT i, iif(selected, i, NULL), arrived FROM arrivals;
INSERT INTO items (seq, feed, identity, story, canonical, link, title, categories, published, arrived,
        mailable, title_key, shingles, words, prior, score, selected, themes, reasons, fingerprint, digest, text_removed)
    SELECT i, 'feed-' || (i % feeds), 'id:' || i, i, 'site' || (i % feeds) || '.example.org/posts/' || i,
        'https://site' || (i % feeds) || '.example.org/posts/' || i, 'A post about reform, number ' || i,
        '[]', arrived - 3600, arrived, 1, 'post about reform number ' || i, i * 2654435761, 300, 0.0, 0.5 + selected * 7, selected,
        '[]', '[]', 'x', i, iif(arrived > now - 90 * 86400, NULL, arrived + 90 * 86400)
    FROM arrivals, size;
INSERT INTO item_texts (item, summary, content)
    SELECT i, 'What it says in short.', printf('%.*c', 2000, 'x') FROM arrivals, size WHERE arrived > now - 90 * 86400;

-- A weekly run, with its page; each served everybody.
INSERT INTO runs (id, cadence, slot, due, made, through_seq, judged, published, stories)
    SELECT i, 'weekly', 'slot ' || i, made, made, min(items, items * (made - began) / (now - began - 3600)), now, made + 60, 90
    FROM (SELECT i, now - (runs - i) * 604800 - 7200 AS made FROM numbers, size WHERE i <= runs), size;
INSERT INTO run_stories (run, story)
    SELECT r.id, s.id FROM runs r JOIN stories s ON s.seq > coalesce((SELECT through_seq FROM runs WHERE id = r.id - 1), 0)
        AND s.seq <= r.through_seq;
INSERT INTO archives (run, name, title, html) SELECT id, 'page-' || id, 'A digest', printf('%.*c', 30000, 'x') FROM runs;
INSERT INTO archive_stories (run, place, seq, met, title, link, excerpt, language, source, published, themes)
    SELECT r.run, row_number() OVER (PARTITION BY r.run ORDER BY s.id), s.seq, s.made, 'A post', 'https://example.org/',
        'An excerpt.', '', 'A site', s.made, '[]' FROM run_stories r JOIN stories s ON s.id = r.story;

INSERT INTO subscribers (id, address, address_key, status, cadence, cursor, consent, joined, confirmed)
    SELECT printf('%024x', i), 'person' || i || '@example.org', 'person' || i || '@example.org',
        CASE i % 50 WHEN 0 THEN 'left' WHEN 1 THEN 'pending' ELSE 'active' END, 'weekly',
        (SELECT max(through_seq) FROM runs), 'made up', now - 86400, now - 86400
    FROM numbers, size WHERE i <= people;

-- Messages of the last thirteen runs; those before are only counted.
INSERT INTO bodies (id, run, subject, text, html)
    SELECT id, id, 'A digest', printf('%.*c', 10000, 'x'), printf('%.*c', 30000, 'x') FROM runs, size WHERE id > runs - 13;
INSERT INTO messages (kind, run, subscriber, address, message_id, body, through_seq, state, attempts, next_attempt, made, settled)
    SELECT 'digest', r.id, s.id, s.address, '<' || r.id || '.' || s.id || '@example.org>', r.id, r.through_seq, 'sent', 1, r.made, r.made,
        r.made + 60 FROM runs r JOIN bodies ON bodies.id = r.id CROSS JOIN subscribers s WHERE s.status = 'active';
INSERT INTO attempts (message, number, started, ended, outcome) SELECT id, 1, made, settled, 'accepted' FROM messages;
INSERT INTO reports (message, at, source, fault, code, applied, hash)
    SELECT id, settled, 'dsn', 'soft', '452 4.2.2', settled, '' FROM messages WHERE id % 100 = 0;
INSERT INTO tallies (run, state, count) SELECT id, 'sent', people FROM runs, size WHERE id <= runs - 13;
INSERT OR REPLACE INTO marks (name, made) SELECT value, now FROM size, json_each('["cleanup", "pages served"]');

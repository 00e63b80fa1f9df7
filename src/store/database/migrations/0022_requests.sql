-- What a person asks of the running daemon. It looks here at each of its rounds and answers in the same row.
CREATE TABLE requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    made INTEGER NOT NULL,
    until INTEGER NOT NULL,                             -- whoever asks waits no longer
    begun INTEGER,                                      -- when the daemon took it
    answered INTEGER,
    answer TEXT                                         -- JSON
) STRICT;
CREATE INDEX requests_waiting ON requests (until) WHERE begun IS NULL;

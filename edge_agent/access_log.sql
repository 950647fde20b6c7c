-- Who saw or took footage (录像查看记录); written by the office alone.

CREATE TABLE access (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    id       TEXT NOT NULL UNIQUE,                 -- UUIDv7; a look's pages are found by it
    kind     TEXT NOT NULL,                        -- 'play', 'live', 'still', 'export', 'download', 'hold', 'unhold'
    at_utc_ns INTEGER NOT NULL,
    points   TEXT NOT NULL,                        -- JSON array of point ids
    from_ms  INTEGER NOT NULL,                     -- UTC; what was seen, which may begin and end with whole segments
    to_ms    INTEGER NOT NULL,
    about    TEXT NOT NULL,                        -- the export or hold that this is about, '' otherwise
    key_id   INTEGER,                              -- null once erased
    sealed   BLOB                                  -- who and why (JSON), locked with the record's key
) STRICT;

-- Exports under way, ready, or gone again (录像导出).
CREATE TABLE export (
    id          TEXT PRIMARY KEY REFERENCES access (id),
    state       TEXT NOT NULL,                     -- 'waiting', 'working', 'ready', 'failed', 'stopped', 'removed'
    needed_bytes INTEGER NOT NULL,                 -- what the segments of the stretch take
    done_utc_ns INTEGER,                           -- when it became ready, failed or was stopped
    size_bytes  INTEGER,                           -- of the whole folder, once ready
    without     TEXT NOT NULL DEFAULT '[]',        -- JSON array of points without any footage
    trouble     TEXT NOT NULL DEFAULT ''           -- why it failed
) STRICT;
CREATE INDEX export_by_state ON export (state);

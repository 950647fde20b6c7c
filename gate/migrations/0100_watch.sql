-- The watchlist (布控名单), laid down by the office. Names, numbers and the reason lie sealed in person_part under
-- 'watch:ID', the picture beside them; both are erased some time after the entry has ended.
CREATE TABLE watch (
    id               TEXT PRIMARY KEY,            -- UUIDv7
    from_day         TEXT NOT NULL,               -- Beijing days, both included
    until_day        TEXT,
    by_name          TEXT NOT NULL,
    added_utc_ns     INTEGER NOT NULL,
    ended_utc_ns     INTEGER,                     -- taken off the list
    ended_by         TEXT,
    CHECK ((ended_utc_ns IS NULL) = (ended_by IS NULL))
) STRICT;
CREATE INDEX watch_in_force ON watch (from_day) WHERE ended_utc_ns IS NULL;
CREATE TABLE watch_picture (
    watch_id         TEXT PRIMARY KEY REFERENCES watch (id),
    sealed           BLOB NOT NULL                -- JPEG, locked with the record's key
) STRICT;

-- Gate screens that may raise an alarm and write the gate book (门卫终端). In a file of its own: a damaged gate book
-- must not keep a screen from the alarm.
CREATE TABLE station (
    id               TEXT PRIMARY KEY,            -- UUIDv7; 'box' is the screen on the box itself and has no row
    name             TEXT NOT NULL,
    gate_id          TEXT NOT NULL,
    token_digest     BLOB NOT NULL UNIQUE CHECK (length(token_digest) = 32),  -- SHA-256; the screen holds the token
    enrolled_utc_ns  INTEGER NOT NULL,
    ended_utc_ns     INTEGER                      -- null while the screen may be used
) STRICT;

-- The audit chain of one database: what was done to records that people must be able to trust (promise 7).

CREATE TABLE audit (
    seq        INTEGER PRIMARY KEY,               -- 1, 2, 3 … without holes
    at_utc_ns  INTEGER NOT NULL,
    action     TEXT NOT NULL,                     -- 'alarm.pressed', 'visit.signed_in' …
    record_id  TEXT NOT NULL,                     -- whose key made the digest
    digest     BLOB NOT NULL CHECK (length(digest) = 32),  -- HMAC-SHA256(record key, canonical body)
    hash       BLOB NOT NULL CHECK (length(hash) = 32)     -- SHA-256 over the previous hash and this row
) STRICT;
CREATE INDEX audit_record ON audit (record_id);

-- One key per record. Erasing a person's record erases its key: the digest then tells nothing, the chain still holds.
CREATE TABLE audit_key (
    id         INTEGER PRIMARY KEY AUTOINCREMENT, -- also its number in keys/NAME.keys; never used twice
    record_id  TEXT NOT NULL UNIQUE,
    key        BLOB CHECK (length(key) = 32)      -- null where it is kept apart, out of reach of a backup of this file
) STRICT;

-- What was digested, so that it can be read and compared; goes with the key.
CREATE TABLE audit_body (
    seq        INTEGER PRIMARY KEY REFERENCES audit (seq),
    key_id     INTEGER NOT NULL REFERENCES audit_key (id),
    body       BLOB NOT NULL                      -- canonical JSON; sealed with the key where that is kept apart
) STRICT;
CREATE INDEX audit_body_key ON audit_body (key_id);

-- Who saw or took what the gate book says of persons (来访信息查看记录): written before it is shown.
CREATE TABLE look (
    seq        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,              -- UUIDv7
    kind       TEXT NOT NULL,                     -- gate.look.LookKind
    record_id  TEXT NOT NULL,                     -- 'visit:ID' …, or '2026-11-01/2026-11-21' of an export
    login      TEXT NOT NULL,                     -- the account, so that a look can be shown to its own person only
    name       TEXT NOT NULL,
    reason     TEXT NOT NULL,
    at_utc_ns  INTEGER NOT NULL
) STRICT;
CREATE INDEX look_record ON look (record_id);

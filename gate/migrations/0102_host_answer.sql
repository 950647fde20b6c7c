-- What the host answered to the gate (被访人答复); the last answer counts, the audit chain keeps each.
CREATE TABLE host_answer (
    ask_id           TEXT PRIMARY KEY,            -- host_ask.id of gate.sqlite
    welcome          INTEGER NOT NULL,            -- 1 可以, 0 不可以
    by_name          TEXT NOT NULL,
    at_utc_ns        INTEGER NOT NULL
) STRICT;

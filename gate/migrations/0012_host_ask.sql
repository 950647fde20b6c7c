-- The guard asks whom a waiting visitor wants to see (请被访人确认); who wants in lies sealed in person_part under 'ask:ID'.
CREATE TABLE host_ask (
    seq              INTEGER PRIMARY KEY,
    id               TEXT NOT NULL UNIQUE,        -- UUIDv7; asked again it is another one, so that an old answer counts no more
    visit_id         TEXT NOT NULL,               -- the sign-in it is for, which may not be written yet
    gate_id          TEXT NOT NULL,
    guard            TEXT NOT NULL,
    asked_utc_ns     INTEGER NOT NULL
) STRICT;
CREATE INDEX host_ask_visit ON host_ask (visit_id, seq);
CREATE INDEX host_ask_time ON host_ask (asked_utc_ns);

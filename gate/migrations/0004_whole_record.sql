-- The whole record of a gate: vehicles, refusals, corrections, stills, and a smaller index of who came before.

-- What somebody is found by, again as keyed digests, but once for each person instead of once for each visit. The old
-- tables are built anew in the background (gate.reindex).
DROP TABLE known_visit;
DROP TABLE known_token;
DROP TABLE known_person;
CREATE TABLE known_person (
    id           INTEGER PRIMARY KEY,
    person       BLOB NOT NULL UNIQUE,            -- digest of who it is (document, or name with phone; a vehicle's plate)
    record       BLOB NOT NULL,                   -- the latest visit or vehicle entry, its UUID as 16 bytes
    last_utc_ns  INTEGER NOT NULL,                -- when that was
    tokens       BLOB NOT NULL                    -- everything that finds the person, 8 bytes each
) STRICT;
CREATE INDEX known_person_time ON known_person (last_utc_ns);
CREATE TABLE known_token (
    token        INTEGER NOT NULL,                -- the same 8 bytes as a number
    person       INTEGER NOT NULL,                -- known_person.id; no REFERENCES: each removal would look through all
    PRIMARY KEY (token, person)
) STRICT, WITHOUT ROWID;
CREATE TABLE known_record (
    record       BLOB PRIMARY KEY,
    person       INTEGER NOT NULL REFERENCES known_person (id),
    at_utc_ns    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX known_record_person ON known_record (person, at_utc_ns);
-- How far the index has been built, and with which key: another key (a box restored without it) means building anew.
CREATE TABLE known_index (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    fingerprint  BLOB NOT NULL,
    next_visitor INTEGER NOT NULL,                -- rowids below are still to be taken in; what comes later is as it comes
    next_vehicle INTEGER NOT NULL,
    next_refusal INTEGER NOT NULL
) STRICT;

-- Who is certainly the same person (document; name with phone), as keyed digests: asked when somebody comes in.
CREATE TABLE inside_sign (
    sign         BLOB NOT NULL,
    visit_id     TEXT NOT NULL REFERENCES visit (id),
    PRIMARY KEY (sign, visit_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX inside_sign_visit ON inside_sign (visit_id);

-- When a visit's text was last put right (更正): the audit chain keeps what stood before, sealed with the visit's key.
ALTER TABLE visit ADD COLUMN corrected_utc_ns INTEGER;

-- People who were not let in (拒绝入校); who it was lies sealed in person_part under 'refusal:ID'.
CREATE TABLE refusal (
    id               TEXT PRIMARY KEY,            -- UUIDv7 made by the screen
    day              TEXT NOT NULL,
    gate_id          TEXT NOT NULL,
    at_utc_ns        INTEGER NOT NULL,
    guard            TEXT NOT NULL,
    reason           TEXT NOT NULL,               -- gate.refusal.RefusalReason
    undone_utc_ns  INTEGER,
    undone_guard   TEXT,
    CHECK ((undone_utc_ns IS NULL) = (undone_guard IS NULL))
) STRICT;
CREATE INDEX refusal_time ON refusal (at_utc_ns);
CREATE TABLE refusal_sign (
    sign         BLOB NOT NULL,                   -- as inside_sign, and the name alone
    refusal_id   TEXT NOT NULL REFERENCES refusal (id),
    PRIMARY KEY (sign, refusal_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX refusal_sign_refusal ON refusal_sign (refusal_id);

-- Vehicles (车辆): a record of their own; plate, driver and cargo lie sealed in person_part under 'vehicle:ID'. One that
-- passed first (急救 消防 警车) has none until it is written up.
CREATE TABLE vehicle (
    id               TEXT PRIMARY KEY,            -- UUIDv7 made by the screen
    day              TEXT NOT NULL,
    gate_id          TEXT NOT NULL,
    kind             TEXT NOT NULL,               -- gate.vehicle.VehicleKind
    in_utc_ns        INTEGER NOT NULL,
    in_guard         TEXT NOT NULL,
    written_utc_ns   INTEGER,                     -- null while it still has to be written up
    undone_utc_ns  INTEGER,
    undone_guard   TEXT,
    CHECK ((undone_utc_ns IS NULL) = (undone_guard IS NULL))
) STRICT;
CREATE INDEX vehicle_time ON vehicle (in_utc_ns);
CREATE INDEX vehicle_unwritten ON vehicle (in_utc_ns) WHERE written_utc_ns IS NULL AND undone_utc_ns IS NULL;
CREATE TABLE vehicle_exit (
    id               TEXT PRIMARY KEY,
    vehicle_id       TEXT NOT NULL REFERENCES vehicle (id),
    gate_id          TEXT NOT NULL,
    out_utc_ns       INTEGER NOT NULL,
    out_guard        TEXT NOT NULL,
    undone_utc_ns    INTEGER,
    undone_guard     TEXT,
    CHECK ((undone_utc_ns IS NULL) = (undone_guard IS NULL))
) STRICT;
CREATE UNIQUE INDEX vehicle_exit_once ON vehicle_exit (vehicle_id) WHERE undone_utc_ns IS NULL;
CREATE TABLE vehicle_inside (
    vehicle_id   TEXT PRIMARY KEY REFERENCES vehicle (id)
) STRICT;

-- Pictures from the gate's camera at that moment (抓拍). The picture lies sealed in gate-stills/; asked for after the
-- commit, so that a slow camera holds nobody up.
CREATE TABLE still (
    record_id    TEXT PRIMARY KEY,                -- 'visit:…', 'vehicle:…' or 'refusal:…'
    point        TEXT NOT NULL,
    at_utc_ns    INTEGER NOT NULL,                -- when the touch was
    state        TEXT NOT NULL,                   -- 'wanted', 'taken', 'none'
    shows_utc_ns INTEGER,                         -- the instant that the picture shows
    why          TEXT NOT NULL DEFAULT ''         -- why there is none
) STRICT;
CREATE INDEX still_wanted ON still (at_utc_ns) WHERE state = 'wanted';

-- Beijing days on which the gatehouse was seen at work: a wall clock that jumps ahead makes nobody's record older.
CREATE TABLE day_seen (
    day          TEXT PRIMARY KEY
) STRICT;

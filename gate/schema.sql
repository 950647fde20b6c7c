-- The gate book (来访登记). Written by the gatehouse only. Nothing is changed afterwards: leaving, undoing and erasing
-- add to a visit or take its personal part away, and each is in the audit chain of the same file.

-- A visit without anything that names the person: what stays when the personal part is erased.
CREATE TABLE visit (
    id               TEXT PRIMARY KEY,            -- UUIDv7 made by the screen, so that a repeated request adds nothing
    day              TEXT NOT NULL,               -- Beijing day of coming in, 2026-11-21
    badge            INTEGER NOT NULL,            -- number on the badge, 1, 2, 3 … each day, never shared by two gates
    gate_id          TEXT NOT NULL,
    in_utc_ns        INTEGER NOT NULL,
    in_guard         TEXT NOT NULL,               -- who wrote it down
    annulled_utc_ns  INTEGER,                     -- written down by mistake and undone
    annulled_guard   TEXT,
    CHECK ((annulled_utc_ns IS NULL) = (annulled_guard IS NULL))
) STRICT;
CREATE UNIQUE INDEX visit_badge ON visit (day, badge);
CREATE INDEX visit_time ON visit (in_utc_ns);

-- The person (来访人员): one row per visit, deleted when the policy's days are over or the person asks. Sealed with the
-- record's key, which lies in keys/gate.keys and in no backup of this file: without it a copy names nobody.
CREATE TABLE visitor (
    visit_id         TEXT PRIMARY KEY REFERENCES visit (id),
    key_id           INTEGER NOT NULL,            -- audit_key.id
    sealed           BLOB NOT NULL                -- AES-256-GCM over the JSON of gate.visit.Visitor
) STRICT;

-- Leaving. An undone departure stays, so that the book shows what was corrected.
CREATE TABLE departure (
    id               TEXT PRIMARY KEY,            -- UUIDv7 made by the screen
    visit_id         TEXT NOT NULL REFERENCES visit (id),
    gate_id          TEXT NOT NULL,
    out_utc_ns       INTEGER NOT NULL,
    out_guard        TEXT NOT NULL,
    undone_utc_ns    INTEGER,
    undone_guard     TEXT,
    CHECK ((undone_utc_ns IS NULL) = (undone_guard IS NULL))
) STRICT;
CREATE UNIQUE INDEX departure_once ON departure (visit_id) WHERE undone_utc_ns IS NULL;

-- Who is inside: asked at every touch of the gate page, so it must not grow with the years.
CREATE TABLE inside (
    visit_id         TEXT PRIMARY KEY REFERENCES visit (id)
) STRICT;

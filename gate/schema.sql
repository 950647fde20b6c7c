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

-- The person (来访人员): one row per visit, deleted when the policy's days are over or the person asks.
CREATE TABLE visitor (
    visit_id         TEXT PRIMARY KEY REFERENCES visit (id),
    name             TEXT NOT NULL,
    document_kind    TEXT NOT NULL,
    document_number  TEXT NOT NULL,               -- '' where none was shown
    document_note    TEXT NOT NULL,               -- why a number that cannot be right was accepted
    phone            TEXT NOT NULL,
    organisation     TEXT NOT NULL,
    host             TEXT NOT NULL,               -- 被访人
    reason           TEXT NOT NULL,
    carried          TEXT NOT NULL,               -- things carried in
    companions       INTEGER NOT NULL CHECK (companions >= 0),
    plate            TEXT NOT NULL
) STRICT;
CREATE INDEX visitor_document ON visitor (document_number) WHERE document_number <> '';
CREATE INDEX visitor_phone ON visitor (phone) WHERE phone <> '';

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

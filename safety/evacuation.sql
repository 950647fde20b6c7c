-- Evacuation drills (应急疏散演练). Written by the office only. The row says how one stands; what happened is in
-- evacuation_entry, which only grows, and each entry is in the audit chain of the same file.
CREATE TABLE evacuation (
    number            INTEGER PRIMARY KEY AUTOINCREMENT,  -- 编号
    id                TEXT NOT NULL UNIQUE,       -- UUIDv7
    stage             TEXT NOT NULL CHECK (stage IN ('planned', 'done', 'filed', 'cancelled')),
    kind              TEXT NOT NULL,              -- 演练种类, as it was called then
    planned_utc_ns    INTEGER NOT NULL,
    night             INTEGER NOT NULL,           -- 夜间, with boarders
    responsible       TEXT NOT NULL,
    plan              TEXT NOT NULL,              -- 演练方案
    began_utc_ns      INTEGER,                    -- from here on: null until it was carried out
    signal            TEXT,
    all_out_s         INTEGER,                    -- 疏散用时
    expected          INTEGER,                    -- 应到
    present           INTEGER,                    -- 实到
    missing           TEXT,                       -- 未到人员
    call_id           TEXT,                       -- a roll call at the gate (gate.sqlite), and what it said then:
    call_begun_utc_ns INTEGER,
    call_expected     INTEGER,
    call_found        INTEGER,
    call_all_found_s  INTEGER,                    -- null if somebody was missing
    filed_utc_ns      INTEGER,
    filed_by          TEXT NOT NULL DEFAULT '',
    CHECK (stage NOT IN ('done', 'filed') OR began_utc_ns IS NOT NULL)
) STRICT;
CREATE INDEX evacuation_moment ON evacuation (coalesce(began_utc_ns, planned_utc_ns));

-- The history; see safety.evacuation.EvacuationHappening.
CREATE TABLE evacuation_entry (
    evacuation_id     TEXT NOT NULL REFERENCES evacuation (id),
    number            INTEGER NOT NULL,           -- 1, 2, 3 … within the drill
    once_id           TEXT NOT NULL UNIQUE,       -- the id of the form that was sent: handed over twice it is one entry
    at_utc_ns         INTEGER NOT NULL,
    person            TEXT NOT NULL,
    what              TEXT NOT NULL,
    words             TEXT NOT NULL,
    detail            TEXT NOT NULL,
    PRIMARY KEY (evacuation_id, number)
) STRICT, WITHOUT ROWID;

-- Points of an evaluation (评估); those of the last evaluation count.
CREATE TABLE evacuation_mark (
    evacuation_id     TEXT NOT NULL REFERENCES evacuation (id),
    entry             INTEGER NOT NULL,           -- the evaluation's
    point             TEXT NOT NULL,              -- see safety.evacuation.Point
    rating            TEXT NOT NULL CHECK (rating IN ('good', 'fair', 'poor')),
    mend              TEXT NOT NULL,              -- 需整改的问题, '' for none
    fault_id          TEXT REFERENCES fault (id), -- what became of it in the fault ledger
    PRIMARY KEY (evacuation_id, entry, point)
) STRICT, WITHOUT ROWID;

-- Photos (照片): files in photos/, like those of faults.
CREATE TABLE evacuation_photo (
    evacuation_id     TEXT NOT NULL REFERENCES evacuation (id),
    sha256            TEXT NOT NULL,
    entry             INTEGER NOT NULL,
    size_bytes        INTEGER NOT NULL,
    PRIMARY KEY (evacuation_id, sha256)
) STRICT, WITHOUT ROWID;

-- What the school laid down (演练要求), each with who and why; the last row holds, the settings where there is none.
CREATE TABLE evacuation_order (
    number            INTEGER PRIMARY KEY,
    every             TEXT NOT NULL CHECK (every IN ('month', 'quarter')),
    boarders          INTEGER NOT NULL,           -- one drill a term at night
    kinds             TEXT NOT NULL,              -- one a line
    at_utc_ns         INTEGER NOT NULL,
    person            TEXT NOT NULL,
    why               TEXT NOT NULL
) STRICT;

-- Since when the file is kept: nothing is missed of what lies before.
CREATE TABLE evacuation_kept (
    one               INTEGER PRIMARY KEY CHECK (one = 1),
    since_utc_ns      INTEGER NOT NULL
) STRICT;

-- The catalogue of footage (录像目录): which second of which point lies in which file. One writer: the recorder.
-- Times are UTC milliseconds (_ms); axis_ms is a place on the running axis (proven time), see foundation/proven_time.sql.

-- Watched places that were ever recorded; a row is never removed, so a renamed or removed point keeps its footage.
CREATE TABLE point (
    no             INTEGER PRIMARY KEY,            -- short for the millions of rows that name it
    id             TEXT NOT NULL UNIQUE,           -- the permanent id from the settings, e.g. 'gate-east'
    since_ms       INTEGER NOT NULL,               -- when recording was first due
    since_axis_ms  INTEGER NOT NULL,
    policy         TEXT NOT NULL,                  -- id of the retention policy that applies now
    keep_days      INTEGER NOT NULL,               -- what that policy promises now
    delete_after_days INTEGER,                     -- and when footage must go; null: only when space is needed
    volume         TEXT NOT NULL,                  -- id of the volume it belongs on
    retired_ms     INTEGER                         -- when it left the settings; its footage stays as promised
) STRICT;

-- Disks and shares by their own identity (the file .campus-volume.json on each).
CREATE TABLE volume (
    no          INTEGER PRIMARY KEY,
    id          TEXT NOT NULL,                     -- name in the settings; a replaced disk is another row
    uuid        TEXT NOT NULL UNIQUE,              -- what the disk says of itself
    since_ms    INTEGER NOT NULL,
    scanned_ms  INTEGER                            -- when every file on it was known here; null: nothing may be deleted
) STRICT;

-- Unbroken stretches of recording: one connection, one clock, one format. What lies between runs is a gap.
CREATE TABLE run (
    no         INTEGER PRIMARY KEY,
    point_no   INTEGER NOT NULL REFERENCES point (no),
    start_ms   INTEGER NOT NULL,                   -- first frame
    end_ms     INTEGER,                            -- end of the last frame on disk; null while it goes on
    end_cause  TEXT,                               -- 'stalled', 'login_refused', 'clock_stepped', 'volume_full' …
    codec      TEXT NOT NULL,                      -- 'h264', 'h265'
    width_px   INTEGER NOT NULL,
    height_px  INTEGER NOT NULL,
    keep_days  INTEGER NOT NULL,                   -- what was promised when it was recorded; a later, shorter policy
                                                   -- does not touch it
    packets_lost INTEGER NOT NULL DEFAULT 0        -- numbered by the camera but never sent
) STRICT;
CREATE INDEX run_by_point ON run (point_no, start_ms);
CREATE INDEX run_going_on ON run (point_no) WHERE end_ms IS NULL;

-- One file each. Clustered by point and start, since every question is about a stretch of a point: 4.1 million rows
-- (32 points x 90 days x 1 min) take about 100 bytes each, index included.
CREATE TABLE segment (
    point_no     INTEGER NOT NULL REFERENCES point (no),
    start_ms     INTEGER NOT NULL,                 -- first frame
    volume_no    INTEGER NOT NULL REFERENCES volume (no),
    state        INTEGER NOT NULL,                 -- 0 being written, 1 whole, 2 going (being deleted), 3 lost
    suffix       INTEGER NOT NULL,                 -- 0, or n of HH-MM-SS.n.mp4 when the clock showed a second twice
    run_no       INTEGER NOT NULL REFERENCES run (no),
    duration_ms  INTEGER NOT NULL,                 -- 0 while being written
    bytes        INTEGER NOT NULL,
    end_axis_ms  INTEGER NOT NULL,                 -- age counts from here, the segment's END; while written: its start
    sha256       BLOB CHECK (length(sha256) = 32), -- of the whole file; null while being written
    PRIMARY KEY (point_no, start_ms, volume_no)
) STRICT, WITHOUT ROWID;
-- Oldest first on a volume by proven time: what a sweep asks.
CREATE INDEX segment_by_age ON segment (volume_no, point_no, end_axis_ms);
-- What a start must look at: never more than one per point and what a sweep had in hand.
CREATE INDEX segment_unsettled ON segment (state) WHERE state IN (0, 2);

-- Repaired and adopted files whose hash is still to be taken.
CREATE INDEX segment_unhashed ON segment (state) WHERE sha256 IS NULL;

-- Footage that must stay until a person's date (录像保全), whatever its age.
CREATE TABLE hold (
    id          TEXT PRIMARY KEY,                  -- UUIDv7
    point_no    INTEGER NOT NULL REFERENCES point (no),
    from_ms     INTEGER NOT NULL,
    to_ms       INTEGER NOT NULL,
    reason      TEXT NOT NULL,
    person      TEXT NOT NULL,
    made_ms     INTEGER NOT NULL,
    made_axis_ms INTEGER NOT NULL,                 -- its end is proven by running time from here, as ages are
    until_ms    INTEGER,                           -- null: until a person ends it
    ended_ms    INTEGER,
    ended_by    TEXT
) STRICT;
CREATE INDEX hold_by_point ON hold (point_no, from_ms) WHERE ended_ms IS NULL;

-- How each point's recording stands now; rewritten every few seconds.
CREATE TABLE recording (
    point_no          INTEGER PRIMARY KEY REFERENCES point (no),
    state             TEXT NOT NULL,               -- 'recording', 'connecting', 'waiting', 'refused', 'stopped'
    since_ms          INTEGER NOT NULL,
    last_fragment_ms  INTEGER,                     -- UTC of the end of the last fragment on disk
    bits_per_s        INTEGER NOT NULL,
    bytes             INTEGER NOT NULL,            -- written in this run
    end_cause         TEXT,                        -- why the last run ended
    told_ms           INTEGER NOT NULL
) STRICT;

-- Recorded footage that is gone before its time (数据缺失): a breach of the promise, or a disk's fault.
CREATE TABLE loss (
    no           INTEGER PRIMARY KEY,
    point_no     INTEGER NOT NULL REFERENCES point (no),
    start_ms     INTEGER NOT NULL,
    end_ms       INTEGER NOT NULL,
    end_axis_ms  INTEGER NOT NULL,                 -- of the segment, to know when it leaves the window of promise
    volume_no    INTEGER NOT NULL REFERENCES volume (no),
    cause        TEXT NOT NULL,                    -- 'overwritten', 'missing', 'altered', 'torn'
    noticed_ms   INTEGER NOT NULL
) STRICT;
CREATE INDEX loss_by_point ON loss (point_no, start_ms);

-- Sealed days (封存): one chain for the campus. A seal covers every whole segment of its Beijing day that no addition
-- names; segments that come to light after it (a repair, a disk that was away) are sealed as an addition.
CREATE TABLE seal (
    no        INTEGER PRIMARY KEY,                 -- 1, 2, 3 … without holes
    day       INTEGER NOT NULL,                    -- Beijing day, counted from 1970-01-01
    kind      TEXT NOT NULL CHECK (kind IN ('day', 'addition')),
    root      BLOB NOT NULL CHECK (length(root) = 32),  -- Merkle root over the points' roots
    hash      BLOB NOT NULL CHECK (length(hash) = 32),  -- over the hash before it and this row
    at_ms     INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX seal_of_day ON seal (day) WHERE kind = 'day';

-- What a seal says of each point.
CREATE TABLE seal_point (
    seal_no      INTEGER NOT NULL REFERENCES seal (no),
    point_no     INTEGER NOT NULL REFERENCES point (no),
    root         BLOB NOT NULL CHECK (length(root) = 32),  -- Merkle root over its segments
    segments     INTEGER NOT NULL,
    recorded_ms  INTEGER NOT NULL,
    bytes        INTEGER NOT NULL,
    PRIMARY KEY (seal_no, point_no)
) STRICT, WITHOUT ROWID;

-- Segments that the seal of their day does not cover; seal_no is null until the addition is sealed.
CREATE TABLE addition (
    point_no   INTEGER NOT NULL,
    start_ms   INTEGER NOT NULL,
    volume_no  INTEGER NOT NULL,
    seal_no    INTEGER REFERENCES seal (no),
    PRIMARY KEY (point_no, start_ms, volume_no)
) STRICT, WITHOUT ROWID;

-- When the files of a point's day were last read back and found as sealed (复核).
CREATE TABLE verified (
    point_no     INTEGER NOT NULL REFERENCES point (no),
    day          INTEGER NOT NULL,
    volume_no    INTEGER NOT NULL REFERENCES volume (no),
    verified_ms  INTEGER NOT NULL,
    bytes        INTEGER NOT NULL,
    PRIMARY KEY (point_no, day, volume_no)
) STRICT, WITHOUT ROWID;

-- When every file of a volume was last seen to be there in its full size, and since when the volume is away.
CREATE TABLE presence (
    volume_no    INTEGER PRIMARY KEY REFERENCES volume (no),
    checked_ms   INTEGER,
    away_ms      INTEGER                           -- null while it is there
) STRICT;

-- Bytes written per hour, for the forecast: a segment counts in the hour in which it began.
CREATE TABLE rate (
    point_no   INTEGER NOT NULL REFERENCES point (no),
    volume_no  INTEGER NOT NULL REFERENCES volume (no),
    hour       INTEGER NOT NULL,                   -- hours since 1970 UTC
    bytes      INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    PRIMARY KEY (point_no, volume_no, hour)
) STRICT, WITHOUT ROWID;

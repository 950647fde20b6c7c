-- What the inspector sees in the points' pictures: written by it alone.

-- The latest look at each point.
CREATE TABLE picture (
    point_id        TEXT PRIMARY KEY,
    state           TEXT NOT NULL CHECK (state IN ('ok', 'failing', 'unknown')),
    unjudged        TEXT NOT NULL DEFAULT '',     -- why something could not be judged ('partly:' with the conditions that would pass unseen); empty: all was
    suspicions      TEXT NOT NULL DEFAULT '{}',   -- JSON: condition to [measure, threshold] of the latest look
    open            TEXT NOT NULL DEFAULT '[]',   -- JSON: conditions with an open episode
    light           TEXT NOT NULL DEFAULT '',     -- 'day', 'night'
    looked_utc_ns   INTEGER,                      -- null: no picture was got yet
    trouble         TEXT NOT NULL DEFAULT ''      -- why the latest try gave no picture
) STRICT;

-- What a point looks like when all is well, by day and by night apart.
CREATE TABLE picture_reference (
    point_id        TEXT NOT NULL,
    light           TEXT NOT NULL,
    saved_utc_ns    INTEGER NOT NULL,
    body            BLOB NOT NULL,                -- NumPy's npz, see camera/picture/reference_store.py
    PRIMARY KEY (point_id, light)
) STRICT, WITHOUT ROWID;

-- Each time a point's picture was bad, with both pictures side by side; detection and repair times come from here.
CREATE TABLE picture_episode (
    id              TEXT PRIMARY KEY,
    point_id        TEXT NOT NULL,
    condition       TEXT NOT NULL,
    suspected_utc_ns INTEGER NOT NULL,            -- first bad look
    opened_utc_ns   INTEGER NOT NULL,             -- enough bad looks
    ended_utc_ns    INTEGER,
    measure         REAL NOT NULL,
    threshold       REAL NOT NULL,
    picture         BLOB NOT NULL,                -- JPEG of the bad look
    reference       BLOB                          -- JPEG of how it should be; null: not known yet
) STRICT;
CREATE INDEX picture_episode_point ON picture_episode (point_id, suspected_utc_ns);
CREATE INDEX picture_episode_open ON picture_episode (point_id, condition) WHERE ended_utc_ns IS NULL;

-- A journal lies in the database of whoever speaks, so that a fact and the rows it tells of are committed together.

-- What this database's owner tells the other roles; only appended.
CREATE TABLE fact (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,  -- what readers remember; never used twice, even after pruning
    id         TEXT NOT NULL UNIQUE,               -- UUIDv7; readers that must not act twice remember it
    kind       TEXT NOT NULL,                      -- e.g. 'finding.opened'
    version    INTEGER NOT NULL,                   -- of the kind's body
    at_utc_ns  INTEGER NOT NULL,
    body       TEXT NOT NULL                       -- JSON
) STRICT;

-- How far this database's owner has read the journals of others.
CREATE TABLE cursor (
    journal    TEXT PRIMARY KEY,                   -- file name of the other journal, without ending
    seq        INTEGER NOT NULL
) STRICT;

-- What the owner notices and has noticed: open while cleared_utc_ns is null.
CREATE TABLE finding (
    id             TEXT PRIMARY KEY,
    subject        TEXT NOT NULL,                  -- 'point:gate-east', 'volume:main', 'role:recorder' …
    kind           TEXT NOT NULL,                  -- 'camera.unreachable', 'volume.full' …
    severity       TEXT NOT NULL CHECK (severity IN ('attention', 'failing')),
    cause          TEXT,                           -- findings with the same cause are one trouble
    evidence       TEXT NOT NULL,                  -- JSON object of plain values
    since_utc_ns   INTEGER NOT NULL,
    cleared_utc_ns INTEGER
) STRICT;
CREATE UNIQUE INDEX finding_open ON finding (subject, kind) WHERE cleared_utc_ns IS NULL;

-- What the inspector knows of devices: written by it alone, read by every role through camera.query.

-- A device of the settings and how it was when last visited. One that left the settings leaves this table.
CREATE TABLE device (
    id                  TEXT PRIMARY KEY,
    address             TEXT NOT NULL,                -- device service URL; another one begins a new life of the row
    state               TEXT NOT NULL CHECK (state IN ('ok', 'failing', 'unknown')),
    trouble             TEXT NOT NULL DEFAULT '',     -- word of camera.device_error while failing
    message             TEXT NOT NULL DEFAULT '',     -- the last trouble in words
    since_utc_ns        INTEGER NOT NULL,             -- state and trouble are what they are since
    recent              TEXT NOT NULL DEFAULT '',     -- latest visits, oldest first: '+' good, '-' not
    last_visit_utc_ns   INTEGER,                      -- null: never visited
    last_seen_utc_ns    INTEGER,                      -- last good visit
    held_until_utc_ns   INTEGER,                      -- no log-in is tried before; null: none was refused
    held_login          BLOB,                         -- scrypt of the refused log-in: another one may be tried at once
    manufacturer        TEXT,                         -- null: the device never told
    model               TEXT,
    firmware            TEXT,
    serial              TEXT,
    hardware            TEXT,
    clock_offset_ns     INTEGER,                      -- device minus this box; null: never asked
    clock_error_ns      INTEGER,
    clock_asked_utc_ns  INTEGER,
    clock_by_ntp        INTEGER,                      -- 1: the device says that a time server sets it
    time_zone           TEXT
) STRICT;

-- A lens or channel, numbered as the settings name it.
CREATE TABLE source (
    device_id           TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    number              INTEGER NOT NULL,
    token               TEXT NOT NULL,
    configuration       TEXT,                         -- token of its VideoSourceConfiguration, which events name
    snapshot_uri        TEXT,                         -- without log-in; null: the device gives no stills
    PRIMARY KEY (device_id, number)
) STRICT, WITHOUT ROWID;

-- The streams that are used: the one recorded and the one looked at.
CREATE TABLE stream (
    device_id           TEXT NOT NULL,
    source              INTEGER NOT NULL,
    part                TEXT NOT NULL CHECK (part IN ('main', 'sub')),
    uri                 TEXT NOT NULL,                -- RTSP, without log-in
    profile             TEXT NOT NULL,
    codec               TEXT NOT NULL,
    width_px            INTEGER,                      -- null: the device does not say
    height_px           INTEGER,
    fps                 REAL,
    bitrate_bps         INTEGER,
    PRIMARY KEY (device_id, source, part),
    FOREIGN KEY (device_id, source) REFERENCES source (device_id, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Topics of events that nobody taught us, kept so that somebody can.
CREATE TABLE unknown_topic (
    device_id           TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    topic               TEXT NOT NULL,
    seen                INTEGER NOT NULL,             -- how often
    last_utc_ns         INTEGER NOT NULL,
    example             TEXT NOT NULL,                -- JSON of the latest one's items
    PRIMARY KEY (device_id, topic)
) STRICT, WITHOUT ROWID;

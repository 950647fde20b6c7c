-- Alarms (一键报警): what was pressed, what was said of it to the center, and how far each has come.

-- One row per press that counts; committed before network, siren, lamp or screen hear of it.
CREATE TABLE alarm (
    id              TEXT PRIMARY KEY,              -- UUIDv7; also the id of its first message on the wire
    press_id        TEXT NOT NULL,                 -- chosen by whoever pressed, who repeats it until answered
    input_id        TEXT NOT NULL,                 -- which button
    input_name      TEXT NOT NULL,                 -- as it was named then
    place           TEXT NOT NULL,
    gate            TEXT,
    nearest_points  TEXT NOT NULL,                 -- JSON list of point ids
    purpose         TEXT NOT NULL CHECK (purpose IN ('real', 'drill')),
    drill_id        TEXT,
    silent          INTEGER NOT NULL,              -- 静默
    duress          INTEGER NOT NULL,              -- 胁迫
    pressed_by      TEXT,                          -- name, where the input knows it
    pressed_utc_ns  INTEGER NOT NULL,              -- wall clock at the press
    boot_id         TEXT NOT NULL,                 -- with running_ns: the press on the running clock
    running_ns      INTEGER NOT NULL,
    stored_utc_ns   INTEGER NOT NULL,
    UNIQUE (input_id, press_id)
) STRICT;
CREATE INDEX alarm_pressed ON alarm (pressed_utc_ns);

-- The outbox: what is sent, byte for byte the same, until the center's receipt for its id is here.
CREATE TABLE message (
    id              TEXT PRIMARY KEY,              -- id of the event
    alarm_id        TEXT REFERENCES alarm (id),    -- null for a sealed day
    sequence        INTEGER NOT NULL UNIQUE,       -- per campus, without holes
    channel         TEXT NOT NULL,                 -- third level of the topic: 'alarm', 'day'
    type            TEXT NOT NULL,                 -- CloudEvents type
    created_utc_ns  INTEGER NOT NULL,
    payload         BLOB NOT NULL,                 -- signed bytes
    digest          TEXT NOT NULL,                 -- what a receipt must name
    other_digest    TEXT,                          -- of the copy that went out before this row was on the disk
    received_at     TEXT,                          -- the center's clock; null while it waits
    receipt_utc_ns  INTEGER,                       -- our clock when the receipt came
    receipt         BLOB                           -- the receipt itself, signed: evidence
) STRICT;
CREATE INDEX message_waiting ON message (sequence) WHERE received_at IS NULL;
CREATE INDEX message_alarm ON message (alarm_id);

-- How far an alarm has come, each step once: the first time counts.
CREATE TABLE step (
    alarm_id        TEXT NOT NULL REFERENCES alarm (id),
    step            TEXT NOT NULL,                 -- 'stored', 'broker_accepted', 'center_received', 'acknowledged', 'closed', 'cancelled' …
    at_utc_ns       INTEGER NOT NULL,              -- our clock
    center_at       TEXT,                          -- the center's clock, for what it said
    path            TEXT,                          -- broker path by which it came
    person          TEXT,
    detail          TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (alarm_id, step)
) STRICT, WITHOUT ROWID;

-- Numbers that only grow: 'sequence', 'birth:PATH'.
CREATE TABLE counter (
    name            TEXT PRIMARY KEY,
    value           INTEGER NOT NULL               -- the last one given away
) STRICT, WITHOUT ROWID;

-- Events of the center that were acted on, so that a replay is known for what it is.
CREATE TABLE center_event (
    id              TEXT PRIMARY KEY,
    type            TEXT NOT NULL,
    first_utc_ns    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

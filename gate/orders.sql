-- What the office lays down for the gate (校门安排). Written by the office only, read by the gatehouse, so that a page of
-- the office that hangs never holds up a visitor. Names of pupils and parents lie sealed in person_part.

-- What names a person, one sealed part per record; deleted when its days are over.
CREATE TABLE person_part (
    record_id        TEXT PRIMARY KEY,            -- 'staff:ID', 'slip:ID', 'expected:ID', 'attendee:ID'
    day              TEXT,                        -- Beijing day its age counts from; null while it is in use
    key_id           INTEGER NOT NULL,            -- audit_key.id
    sealed           BLOB NOT NULL                -- AES-256-GCM over JSON
) STRICT;
CREATE INDEX person_part_day ON person_part (day) WHERE day IS NOT NULL;

-- Beijing days on which the office was seen at work: a wall clock that jumps ahead makes nobody's record older.
CREATE TABLE day_seen (
    day              TEXT PRIMARY KEY
) STRICT;

-- Staff and hosts (教职工名册): whom visitors ask for, and who goes in and out by one touch.
CREATE TABLE staff (
    id               TEXT PRIMARY KEY,            -- UUIDv7
    number           TEXT NOT NULL,               -- 工号, by which the next spreadsheet finds the same person
    added_utc_ns     INTEGER NOT NULL,
    ended_utc_ns     INTEGER                      -- left the school
) STRICT;
CREATE UNIQUE INDEX staff_number ON staff (number) WHERE ended_utc_ns IS NULL;

-- When the gate receives visitors (校门开放时间). A kind of day with no row is closed all day.
CREATE TABLE open_span (
    day_kind         TEXT NOT NULL,               -- school_day, weekend, holiday, exam_day
    opens_minute     INTEGER NOT NULL CHECK (opens_minute BETWEEN 0 AND 1439),       -- of the Beijing day
    closes_minute    INTEGER NOT NULL CHECK (closes_minute BETWEEN 1 AND 1440),
    PRIMARY KEY (day_kind, opens_minute),
    CHECK (opens_minute < closes_minute)
) STRICT, WITHOUT ROWID;

-- Days that are not what their weekday says (校历).
CREATE TABLE calendar_day (
    day              TEXT PRIMARY KEY,            -- 2026-10-01
    day_kind         TEXT NOT NULL,
    note             TEXT NOT NULL                -- 国庆节, 调休上课
) STRICT, WITHOUT ROWID;

-- How long a visitor may stay when nobody said (分钟), and whatever else is one number.
CREATE TABLE rule (
    name             TEXT PRIMARY KEY,            -- stay_minutes
    value            INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What holds for a while (临时管控措施): begins and ends by itself, or is ended early.
CREATE TABLE policy (
    id               TEXT PRIMARY KEY,
    kind             TEXT NOT NULL,
    begins_utc_ns    INTEGER NOT NULL,
    until_utc_ns     INTEGER NOT NULL,
    by_name          TEXT NOT NULL,               -- who switched it on
    note             TEXT NOT NULL,               -- why: 区教育局通知
    ended_utc_ns     INTEGER,                     -- switched off before its time
    ended_by         TEXT,
    CHECK (begins_utc_ns < until_utc_ns),
    CHECK ((ended_utc_ns IS NULL) = (ended_by IS NULL))
) STRICT;
CREATE INDEX policy_until ON policy (until_utc_ns);

-- The duty roster (值班表): guards, the leader on duty, and who sees the pupils in and out.
CREATE TABLE shift (
    id               TEXT PRIMARY KEY,
    post             TEXT NOT NULL,               -- guard, leader, escort
    name             TEXT NOT NULL,
    begins_utc_ns    INTEGER NOT NULL,
    ends_utc_ns      INTEGER NOT NULL,
    taken_off_utc_ns INTEGER,                     -- swapped or planned by mistake
    CHECK (begins_utc_ns < ends_utc_ns)
) STRICT;
CREATE INDEX shift_time ON shift (begins_utc_ns);

-- Checkpoints (巡查点) and when a round is due (巡查时间).
CREATE TABLE patrol_point (
    id               TEXT PRIMARY KEY,
    name             TEXT NOT NULL,
    code             TEXT NOT NULL UNIQUE,        -- in the QR on the wall; cannot be guessed
    added_utc_ns     INTEGER NOT NULL,
    ended_utc_ns     INTEGER
) STRICT;
CREATE TABLE patrol_due (
    minute           INTEGER PRIMARY KEY CHECK (minute BETWEEN 0 AND 1439)  -- of the Beijing day
) STRICT;

-- Parents' meetings (家长会): who is asked to come, ticked at the door in gate.sqlite.
CREATE TABLE meeting (
    id               TEXT PRIMARY KEY,
    title            TEXT NOT NULL,
    place            TEXT NOT NULL,
    begins_utc_ns    INTEGER NOT NULL,
    ends_utc_ns      INTEGER NOT NULL,
    by_name          TEXT NOT NULL,
    cancelled_utc_ns INTEGER,
    CHECK (begins_utc_ns < ends_utc_ns)
) STRICT;
CREATE INDEX meeting_time ON meeting (begins_utc_ns);
CREATE TABLE attendee (
    id               TEXT PRIMARY KEY,            -- UUIDv7; the name is in person_part under 'attendee:ID'
    meeting_id       TEXT NOT NULL REFERENCES meeting (id),
    place            INTEGER NOT NULL             -- in the list
) STRICT;
CREATE INDEX attendee_meeting ON attendee (meeting_id, place);

-- Visitors whom staff expect (预约来访), confirmed by that; the code is what their QR carries.
CREATE TABLE expected (
    id               TEXT PRIMARY KEY,
    code             TEXT NOT NULL UNIQUE,
    begins_utc_ns    INTEGER NOT NULL,
    until_utc_ns     INTEGER NOT NULL,
    by_person        TEXT NOT NULL,               -- of people.sqlite
    by_name          TEXT NOT NULL,
    made_utc_ns      INTEGER NOT NULL,
    cancelled_utc_ns INTEGER,
    CHECK (begins_utc_ns < until_utc_ns)
) STRICT;
CREATE INDEX expected_until ON expected (until_utc_ns);

-- Pupils' leave slips (请假条): who may leave when, and who fetches them.
CREATE TABLE slip (
    id               TEXT PRIMARY KEY,
    begins_utc_ns    INTEGER NOT NULL,
    until_utc_ns     INTEGER NOT NULL,
    by_person        TEXT NOT NULL,               -- of people.sqlite
    by_name          TEXT NOT NULL,               -- the teacher who signed
    made_utc_ns      INTEGER NOT NULL,
    cancelled_utc_ns INTEGER,
    CHECK (begins_utc_ns < until_utc_ns)
) STRICT;
CREATE INDEX slip_until ON slip (until_utc_ns);

-- What else happens at the gate: staff, pupils, meetings, handovers, patrols, roll calls, and on what terms a visitor was
-- let in. What the office lays down lies in gate_orders.sqlite; here its ids.

-- What names a person, one sealed part per record; deleted when its days are over.
CREATE TABLE person_part (
    record_id        TEXT PRIMARY KEY,            -- 'pupil_out:ID', 'handover:ID'
    day              TEXT,                        -- Beijing day its age counts from
    key_id           INTEGER NOT NULL,            -- audit_key.id
    sealed           BLOB NOT NULL                -- AES-256-GCM over JSON
) STRICT;
CREATE INDEX person_part_day ON person_part (day) WHERE day IS NOT NULL;

-- On what terms a visitor was let in (准入核验): answers, approver, who confirmed. Sealed with the visit's own key and
-- erased with the visitor.
CREATE TABLE admission (
    visit_id         TEXT PRIMARY KEY REFERENCES visit (id),
    leave_by_utc_ns  INTEGER,                     -- when the visitor should have left; null: the rule says
    expected_id      TEXT,                        -- the invitation that was used
    key_id           INTEGER NOT NULL,
    sealed           BLOB NOT NULL                -- JSON of gate.admission.Admission
) STRICT;
CREATE INDEX admission_expected ON admission (expected_id) WHERE expected_id IS NOT NULL;

-- Staff in and out (教职工进出).
CREATE TABLE staff_move (
    seq              INTEGER PRIMARY KEY,
    id               TEXT NOT NULL UNIQUE,        -- UUIDv7 made by the screen
    staff_id         TEXT NOT NULL,
    gate_id          TEXT NOT NULL,
    coming           INTEGER NOT NULL,            -- 1 in, 0 out
    at_utc_ns        INTEGER NOT NULL,
    guard            TEXT NOT NULL,
    undone_utc_ns    INTEGER,
    undone_guard     TEXT,
    CHECK ((undone_utc_ns IS NULL) = (undone_guard IS NULL))
) STRICT;
CREATE INDEX staff_move_person ON staff_move (staff_id, seq);
CREATE TABLE staff_inside (
    staff_id         TEXT PRIMARY KEY,
    since_utc_ns     INTEGER NOT NULL
) STRICT;

-- Pupils who left in school time (学生离校): by a slip, or by the word of a named approver.
CREATE TABLE pupil_out (
    id               TEXT PRIMARY KEY,
    slip_id          TEXT,                        -- null: without a slip, and then somebody approved it
    approver         TEXT NOT NULL,
    gate_id          TEXT NOT NULL,
    out_utc_ns       INTEGER NOT NULL,
    guard            TEXT NOT NULL,
    undone_utc_ns    INTEGER,
    undone_guard     TEXT,
    CHECK (slip_id IS NOT NULL OR approver <> ''),
    CHECK ((undone_utc_ns IS NULL) = (undone_guard IS NULL))
) STRICT;
CREATE UNIQUE INDEX pupil_out_slip ON pupil_out (slip_id) WHERE slip_id IS NOT NULL AND undone_utc_ns IS NULL;
CREATE INDEX pupil_out_time ON pupil_out (out_utc_ns);

-- Who came to a meeting (家长会签到), and when it was over.
CREATE TABLE meeting_tick (
    id               TEXT PRIMARY KEY,
    meeting_id       TEXT NOT NULL,
    attendee_id      TEXT NOT NULL,
    gate_id          TEXT NOT NULL,
    at_utc_ns        INTEGER NOT NULL,
    guard            TEXT NOT NULL,
    undone_utc_ns    INTEGER,
    undone_guard     TEXT,
    CHECK ((undone_utc_ns IS NULL) = (undone_guard IS NULL))
) STRICT;
CREATE UNIQUE INDEX meeting_tick_once ON meeting_tick (attendee_id) WHERE undone_utc_ns IS NULL;
CREATE INDEX meeting_tick_meeting ON meeting_tick (meeting_id);
CREATE TABLE meeting_over (
    id               TEXT PRIMARY KEY,
    meeting_id       TEXT NOT NULL,
    at_utc_ns        INTEGER NOT NULL,
    guard            TEXT NOT NULL,
    undone_utc_ns    INTEGER,
    undone_guard     TEXT,
    CHECK ((undone_utc_ns IS NULL) = (undone_guard IS NULL))
) STRICT;
CREATE UNIQUE INDEX meeting_over_once ON meeting_over (meeting_id) WHERE undone_utc_ns IS NULL;

-- Shift handovers (交接班); open matters and remarks are sealed in person_part under 'handover:ID'.
CREATE TABLE handover (
    id               TEXT PRIMARY KEY,
    station_id       TEXT NOT NULL,
    from_person      TEXT,                        -- null: nobody was signed on before
    from_name        TEXT NOT NULL,
    from_signed      INTEGER NOT NULL,            -- 0: the one before had gone without signing
    to_person        TEXT NOT NULL,
    to_name          TEXT NOT NULL,
    at_utc_ns        INTEGER NOT NULL,
    inside           INTEGER NOT NULL,            -- visitors on the campus then
    overstayed       INTEGER NOT NULL,
    faults           INTEGER NOT NULL             -- open faults then
) STRICT;
CREATE INDEX handover_time ON handover (at_utc_ns);

-- Patrol rounds (巡查打卡), read from the wall by a phone.
CREATE TABLE patrol_scan (
    id               TEXT PRIMARY KEY,
    point_id         TEXT NOT NULL,
    person_id        TEXT NOT NULL,
    name             TEXT NOT NULL,               -- as it was then
    at_utc_ns        INTEGER NOT NULL
) STRICT;
CREATE INDEX patrol_scan_time ON patrol_scan (at_utc_ns);

-- Who stood at the gate when pupils came and left (护学岗到岗).
CREATE TABLE escort_present (
    id               TEXT PRIMARY KEY,
    shift_id         TEXT NOT NULL,
    at_utc_ns        INTEGER NOT NULL,
    guard            TEXT NOT NULL,
    undone_utc_ns    INTEGER,
    undone_guard     TEXT,
    CHECK ((undone_utc_ns IS NULL) = (undone_guard IS NULL))
) STRICT;
CREATE UNIQUE INDEX escort_present_once ON escort_present (shift_id) WHERE undone_utc_ns IS NULL;

-- Roll calls (点名): who was inside when it began, and when each was found. Names lie with the visits and the lists.
CREATE TABLE roll_call (
    id               TEXT PRIMARY KEY,
    drill            INTEGER NOT NULL,            -- 1 演练, 0 real
    gate_id          TEXT NOT NULL,
    begun_utc_ns     INTEGER NOT NULL,
    guard            TEXT NOT NULL,
    ended_utc_ns     INTEGER,
    ended_guard      TEXT,
    CHECK ((ended_utc_ns IS NULL) = (ended_guard IS NULL))
) STRICT;
CREATE UNIQUE INDEX roll_call_one ON roll_call (ended_utc_ns IS NULL) WHERE ended_utc_ns IS NULL;
CREATE TABLE roll_call_person (
    roll_call_id     TEXT NOT NULL REFERENCES roll_call (id),
    subject          TEXT NOT NULL,               -- 'visit:ID', 'staff:ID', 'attendee:ID', 'vehicle:ID'
    since_utc_ns     INTEGER NOT NULL,            -- inside since
    companions       INTEGER NOT NULL,            -- people who came with this one
    PRIMARY KEY (roll_call_id, subject)
) STRICT, WITHOUT ROWID;
CREATE TABLE roll_call_tick (
    id               TEXT PRIMARY KEY,
    roll_call_id     TEXT NOT NULL REFERENCES roll_call (id),
    subject          TEXT NOT NULL,
    at_utc_ns        INTEGER NOT NULL,
    guard            TEXT NOT NULL,
    undone_utc_ns    INTEGER,
    undone_guard     TEXT,
    CHECK ((undone_utc_ns IS NULL) = (undone_guard IS NULL))
) STRICT;
CREATE UNIQUE INDEX roll_call_tick_once ON roll_call_tick (roll_call_id, subject) WHERE undone_utc_ns IS NULL;

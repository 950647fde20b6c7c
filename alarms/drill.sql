-- Line tests (报警线路演练): each arming of an input by a named person. What its press went through is in alarm and step,
-- found by alarm.drill_id; nothing of it is written twice.
CREATE TABLE drill (
    id               TEXT PRIMARY KEY,            -- UUIDv7; what the announcement and the alarm carry as drill_id
    input_id         TEXT NOT NULL,
    person           TEXT NOT NULL,               -- who armed it
    armed_utc_ns     INTEGER NOT NULL,
    until_utc_ns     INTEGER NOT NULL,            -- two minutes later at the most
    boot_id          TEXT NOT NULL,               -- with until_running_ns: its end, whatever the wall clock does
    until_running_ns INTEGER NOT NULL,
    message_id       TEXT,                        -- the announcement in the outbox; null for drills older than this table
    dropped_utc_ns   INTEGER                      -- the gatehouse started anew while it was armed: the next press is real
) STRICT;
CREATE INDEX drill_armed ON drill (armed_utc_ns);
CREATE INDEX alarm_of_drill ON alarm (drill_id) WHERE drill_id IS NOT NULL;

INSERT INTO drill (id, input_id, person, armed_utc_ns, until_utc_ns, boot_id, until_running_ns)
SELECT drill_id, input_id, coalesce(pressed_by, ''), min(pressed_utc_ns), min(pressed_utc_ns), boot_id, running_ns
FROM alarm WHERE purpose = 'drill' AND drill_id IS NOT NULL GROUP BY drill_id;

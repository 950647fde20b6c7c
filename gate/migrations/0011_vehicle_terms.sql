-- The terms of coming in (准入核验) hold for vehicles too: a row belongs to a visit or to a vehicle's entry.
CREATE TABLE terms (
    entry_id         TEXT PRIMARY KEY,            -- visit.id or vehicle.id
    leave_by_utc_ns  INTEGER,                     -- when the visitor should have left; null: the rule says
    expected_id      TEXT,                        -- the invitation that was used
    key_id           INTEGER NOT NULL,
    sealed           BLOB NOT NULL                -- JSON of gate.admission.Admission, with the record's own key
) STRICT;
INSERT INTO terms SELECT visit_id, leave_by_utc_ns, expected_id, key_id, sealed FROM admission;
DROP TABLE admission;
ALTER TABLE terms RENAME TO admission;
CREATE INDEX admission_expected ON admission (expected_id) WHERE expected_id IS NOT NULL;

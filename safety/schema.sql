-- The fault ledger (隐患台账). Written by the office only. A fault's row says how it stands; what happened to it is in
-- fault_entry, which only grows, and each entry is in the audit chain of the same file.

CREATE TABLE fault (
    number           INTEGER PRIMARY KEY AUTOINCREMENT,  -- 编号
    id               TEXT NOT NULL UNIQUE,        -- UUIDv7
    source           TEXT NOT NULL CHECK (source IN ('finding', 'hand', 'notice')),
    kind             TEXT NOT NULL,               -- kind of the first finding; names the rule
    cause_key        TEXT NOT NULL,               -- findings with the same key are this fault; see safety/rule.py
    subject          TEXT NOT NULL,               -- of the first finding, 'point:gate-east'; '' where a person wrote it
    title            TEXT NOT NULL,               -- a person's words; '' for findings
    place            TEXT NOT NULL,               -- 部位
    grade            TEXT NOT NULL CHECK (grade IN ('general', 'major')),
    stage            TEXT NOT NULL CHECK (stage IN ('open', 'repaired', 'rechecked', 'closed')),
    owner            TEXT NOT NULL,               -- 责任人
    opened_utc_ns    INTEGER NOT NULL,
    due_utc_ns       INTEGER NOT NULL,            -- 整改期限
    rounds           INTEGER NOT NULL DEFAULT 1,  -- opened so many times
    repaired_utc_ns  INTEGER,                     -- of this round; null until it happens
    rechecked_utc_ns INTEGER,
    closed_utc_ns    INTEGER
) STRICT;
CREATE INDEX fault_cause ON fault (cause_key, number);
CREATE INDEX fault_stage ON fault (stage);

-- The history; see safety.fault.Happening.
CREATE TABLE fault_entry (
    fault_id         TEXT NOT NULL REFERENCES fault (id),
    number           INTEGER NOT NULL,            -- 1, 2, 3 … within the fault
    at_utc_ns        INTEGER NOT NULL,
    person           TEXT NOT NULL,               -- '' where the agent acted by itself
    what             TEXT NOT NULL,
    words            TEXT NOT NULL,
    detail           TEXT NOT NULL,               -- finding, grade, owner, photo …, as `what` needs it
    PRIMARY KEY (fault_id, number)
) STRICT, WITHOUT ROWID;

-- Which findings belong to which fault; a finding is one row for ever, so that a fact heard twice does nothing.
CREATE TABLE fault_finding (
    finding_id       TEXT PRIMARY KEY,
    fault_id         TEXT NOT NULL REFERENCES fault (id),
    role             TEXT NOT NULL,               -- whose journal told it
    subject          TEXT NOT NULL,
    kind             TEXT NOT NULL,
    severity         TEXT NOT NULL,               -- the worst it has been
    since_utc_ns     INTEGER NOT NULL,
    cleared_utc_ns   INTEGER
) STRICT;
CREATE INDEX fault_finding_of ON fault_finding (fault_id);
CREATE INDEX fault_finding_open ON fault_finding (role) WHERE cleared_utc_ns IS NULL;

-- Photos lie in photos/, named by their hash; the hash is in the audit chain.
CREATE TABLE photo (
    fault_id         TEXT NOT NULL REFERENCES fault (id),
    sha256           TEXT NOT NULL,
    entry            INTEGER NOT NULL,            -- of the history
    size_bytes       INTEGER NOT NULL,
    PRIMARY KEY (fault_id, sha256)
) STRICT, WITHOUT ROWID;

-- Rectification notices (整改通知书) of the district.
CREATE TABLE notice (
    number           TEXT PRIMARY KEY,            -- 文号
    command_id       TEXT NOT NULL,               -- what the answer on the wire refers to
    fault_id         TEXT NOT NULL REFERENCES fault (id),
    text             TEXT NOT NULL,
    sent_by          TEXT NOT NULL,
    received_utc_ns  INTEGER NOT NULL,
    answered_utc_ns  INTEGER                      -- the final answer was given
) STRICT;

-- What becomes of a finding, by kind. Rows with edited_by '' are ours and follow the software.
CREATE TABLE rule (
    kind             TEXT PRIMARY KEY,            -- 'camera.unreachable', 'camera.*', '*'
    grade            TEXT NOT NULL CHECK (grade IN ('general', 'major')),
    owner            TEXT NOT NULL,
    due_h            INTEGER NOT NULL CHECK (due_h > 0),
    closes_itself    INTEGER NOT NULL CHECK (closes_itself IN (0, 1)),
    reopen_h         INTEGER NOT NULL CHECK (reopen_h >= 0),
    merge            TEXT NOT NULL CHECK (merge IN ('cause', 'device')),
    edited_by        TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

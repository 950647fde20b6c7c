-- Incidents (突发事件): opened by a real alarm or by a person. Written by the office only. The row says how one stands; what
-- happened is in incident_entry, which only grows, and each entry is in the audit chain of the same file.
CREATE TABLE incident (
    number            INTEGER PRIMARY KEY AUTOINCREMENT,  -- 编号
    id                TEXT NOT NULL UNIQUE,       -- UUIDv7; of an incident that an alarm opened: the alarm's id
    source            TEXT NOT NULL CHECK (source IN ('alarm', 'hand')),
    title             TEXT NOT NULL,
    place             TEXT NOT NULL,
    grade             TEXT NOT NULL CHECK (grade IN ('undecided', 'general', 'larger', 'major', 'gravest')),
    kind              TEXT NOT NULL,              -- see safety.incident.IncidentKind
    stage             TEXT NOT NULL CHECK (stage IN ('open', 'closed', 'false_alarm')),
    happened_utc_ns   INTEGER NOT NULL,           -- 事发时间: what the deadlines count from
    opened_utc_ns     INTEGER NOT NULL,           -- when it was written down
    boot_id           TEXT NOT NULL,              -- with running_ns: the opening on the running clock, so that a wall
    running_ns        INTEGER NOT NULL,           -- clock that is set back gives nobody more time
    quiet             INTEGER NOT NULL,           -- 静默、胁迫: stands on no page by itself while it is open
    called_off        INTEGER NOT NULL DEFAULT 0, -- 误报 was said at the gate (also with the duress PIN)
    phoned_utc_ns     INTEGER,                    -- 电话报告, the first one
    phoned_after_ns   INTEGER,                    -- so long after the incident
    submitted_utc_ns  INTEGER,                    -- 书面报告 handed in, the first one
    submitted_after_ns INTEGER,
    closed_utc_ns     INTEGER
) STRICT;
CREATE INDEX incident_stage ON incident (stage);

-- The history; see safety.incident.Happening.
CREATE TABLE incident_entry (
    incident_id       TEXT NOT NULL REFERENCES incident (id),
    number            INTEGER NOT NULL,           -- 1, 2, 3 … within the incident
    once_id           TEXT NOT NULL UNIQUE,       -- the id of the form that was sent, or alarm and step: handed over twice
                                                  -- it is one entry
    at_utc_ns         INTEGER NOT NULL,           -- when it was written down
    said_utc_ns       INTEGER NOT NULL,           -- when it happened, as the alarm line or the person says
    person            TEXT NOT NULL,              -- '' where the agent acted by itself
    what              TEXT NOT NULL,
    words             TEXT NOT NULL,
    detail            TEXT NOT NULL,              -- alarm step, grade and kind, version …, as `what` needs it
    PRIMARY KEY (incident_id, number)
) STRICT, WITHOUT ROWID;

-- Versions of the written report (书面报告); a correction is a further version.
CREATE TABLE incident_report (
    incident_id       TEXT NOT NULL REFERENCES incident (id),
    version           INTEGER NOT NULL,           -- 1, 2, 3 …
    entry             INTEGER NOT NULL,           -- of the history
    sort              TEXT NOT NULL CHECK (sort IN ('first', 'further', 'correction', 'final')),  -- 初报 续报 更正 终报
    recipient         TEXT NOT NULL,              -- 主送单位
    course            TEXT NOT NULL,              -- 事件经过
    losses            TEXT NOT NULL,              -- 伤亡和损失
    measures          TEXT NOT NULL,              -- 已采取的措施
    cause             TEXT NOT NULL,              -- 初步原因
    next_steps        TEXT NOT NULL,              -- 下一步工作
    contact           TEXT NOT NULL,              -- 联系人和电话
    PRIMARY KEY (incident_id, version)
) STRICT, WITHOUT ROWID;

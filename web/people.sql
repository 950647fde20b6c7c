-- Staff who may log in (人员账号). Nobody is deleted: who did something must stay readable; an account is ended instead.

CREATE TABLE person (
    id              TEXT PRIMARY KEY,             -- UUIDv7
    login           TEXT NOT NULL COLLATE NOCASE UNIQUE,  -- what is typed: a name, a staff number or a phone
    name            TEXT NOT NULL,                -- as it stands in books and reports
    duty            TEXT NOT NULL,                -- web.duty.Duty: what the person may do
    password_hash   TEXT,                         -- argon2id; null until one is set
    pin_hash        TEXT,                         -- argon2id; serves only at an enrolled gate screen
    made_utc_ns     INTEGER NOT NULL,
    ended_utc_ns    INTEGER                       -- null while the account may be used
) STRICT;

-- Log-ins that have not ended. Measured on the running clock, which nobody can set: a reboot ends them all.
CREATE TABLE session (
    token_digest    BLOB PRIMARY KEY CHECK (length(token_digest) = 32),  -- SHA-256; a stolen file opens no session
    person_id       TEXT NOT NULL REFERENCES person (id),
    boot_id         TEXT NOT NULL,
    begun_running_ns INTEGER NOT NULL,
    seen_running_ns INTEGER NOT NULL,             -- renewed at most once a minute
    address         TEXT NOT NULL,
    begun_utc_ns    INTEGER NOT NULL
) STRICT;
CREATE INDEX session_person ON session (person_id);

-- Wrong guesses, by whom and from where; forgotten after a right one, and at a reboot.
CREATE TABLE guess (
    subject         TEXT PRIMARY KEY,             -- 'login:…@address', 'address:…', 'login:…'
    wrong           INTEGER NOT NULL,
    last_running_ns INTEGER NOT NULL,
    boot_id         TEXT NOT NULL
) STRICT;

-- Finding somebody who came before, by last four digits, plate, name or pinyin initials, though names and numbers are
-- sealed: what can be searched for lies here as keyed digests (key in keys/gate.search), which tell nothing by themselves.

-- Each known person with the latest visit.
CREATE TABLE known_person (
    person       BLOB PRIMARY KEY,                -- digest of who it is (document, or name with phone)
    visit_id     TEXT NOT NULL REFERENCES visit (id),
    last_utc_ns  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What finds the person; the time is repeated here so that the latest dozen are read off the index at once.
CREATE TABLE known_token (
    token        BLOB NOT NULL,
    last_utc_ns  INTEGER NOT NULL,
    person       BLOB NOT NULL,
    PRIMARY KEY (token, last_utc_ns DESC, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX known_token_person ON known_token (person);

-- Which visits are whose, so that erasing one leaves the others findable.
CREATE TABLE known_visit (
    visit_id     TEXT PRIMARY KEY REFERENCES visit (id),
    person       BLOB NOT NULL,
    in_utc_ns    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX known_visit_person ON known_visit (person, in_utc_ns);

-- Which schools a person at the center may see (管辖范围). No row: none. At a campus nobody has rows.

CREATE TABLE person_scope (
    person_id       TEXT NOT NULL REFERENCES person (id),
    kind            TEXT NOT NULL CHECK (kind IN ('whole', 'district', 'campus')),
    name            TEXT NOT NULL,                -- the district's name or the campus's id; empty for the whole
    PRIMARY KEY (person_id, kind, name)
) STRICT;

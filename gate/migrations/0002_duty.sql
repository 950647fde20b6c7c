-- Who stands at which gate screen (值班签到). A duty begins with a PIN and ends when the next guard signs on or the
-- guard signs off; closed rows stay.
CREATE TABLE duty (
    id          TEXT PRIMARY KEY,                 -- UUIDv7
    station_id  TEXT NOT NULL,                    -- the screen: 'box' or a row of stations.sqlite
    person_id   TEXT NOT NULL,                    -- of people.sqlite
    name        TEXT NOT NULL,                    -- as it was then; this is what the book shows
    on_utc_ns   INTEGER NOT NULL,
    off_utc_ns  INTEGER
) STRICT;
CREATE UNIQUE INDEX duty_one_at_a_screen ON duty (station_id) WHERE off_utc_ns IS NULL;
CREATE INDEX duty_time ON duty (on_utc_ns);

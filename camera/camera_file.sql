-- The camera files (一机一档): what people know of each point. Written by the office alone; what devices tell lies in
-- cameras.sqlite and is shown beside it.

CREATE TABLE camera_file (
    point_id    TEXT NOT NULL,
    field       TEXT NOT NULL,              -- see camera.camera_file.Field
    value       TEXT NOT NULL,
    PRIMARY KEY (point_id, field)
) STRICT, WITHOUT ROWID;

-- A picture of the mounted camera.
CREATE TABLE camera_photo (
    point_id    TEXT PRIMARY KEY,
    jpeg        BLOB NOT NULL,
    added_utc_ns INTEGER NOT NULL,
    added_by    TEXT NOT NULL
) STRICT;

-- Every change, by people and by the devices themselves, with what stood there before.
CREATE TABLE camera_file_change (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    point_id    TEXT NOT NULL,
    field       TEXT NOT NULL,              -- a Field, 'photo', or what a device told anew: 'firmware', 'serial' …
    before      TEXT NOT NULL,
    after       TEXT NOT NULL,
    changed_by  TEXT NOT NULL,              -- a person's name, or 'device:ID'
    at_utc_ns   INTEGER NOT NULL,
    source_id   TEXT UNIQUE                 -- id of the fact it came from, so that one told twice is kept once
) STRICT;
CREATE INDEX camera_file_change_point ON camera_file_change (point_id, seq);

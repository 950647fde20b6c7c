-- How a point's main stream really comes, as the recorder measured it last; beside what the camera says in `stream`.
CREATE TABLE stream_measure (
    point_id        TEXT PRIMARY KEY,
    device_id       TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    at_utc_ns       INTEGER NOT NULL,             -- end of the stretch measured
    seconds         REAL NOT NULL,                -- its length
    codec           TEXT NOT NULL,                -- 'h264', 'h265'
    bits_per_s      REAL NOT NULL,
    fps             REAL NOT NULL,
    keyframe_s      REAL,                         -- longest time between keyframes; null: fewer than two came
    packets_lost    INTEGER NOT NULL,
    damaged_frames  INTEGER NOT NULL
) STRICT;

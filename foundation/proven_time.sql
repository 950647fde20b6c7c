-- Proven time (promise 2): how long this box has certainly existed since a moment, whatever its wall clock says.

-- The running axis: nanoseconds this software's box has been powered on, summed over all boots. One row.
CREATE TABLE running_time (
    id                INTEGER PRIMARY KEY CHECK (id = 1),
    axis_ns           INTEGER NOT NULL,   -- the axis when last saved
    boot_id           TEXT NOT NULL,      -- boot in which it was saved
    boot_running_ns   INTEGER NOT NULL    -- that boot's running clock when it was saved
) STRICT;

-- Each stretch without power, at the place of the axis where it fell; it takes no length on the axis.
CREATE TABLE power_off (
    axis_ns           INTEGER PRIMARY KEY,
    credited_ns       INTEGER NOT NULL DEFAULT 0,   -- what two independent sources agree it lasted at least
    told_by           TEXT NOT NULL DEFAULT ''      -- which sources
) STRICT;

-- The latest reading of each source in each stretch with power (told apart by the power_off before it).
CREATE TABLE time_reading (
    after_axis_ns     INTEGER NOT NULL,   -- axis of the power_off before it; -1 in the first stretch
    kind              TEXT NOT NULL,      -- 'ntp', 'center', 'camera': sources of one kind are not independent
    source            TEXT NOT NULL,
    axis_ns           INTEGER NOT NULL,
    utc_ns            INTEGER NOT NULL,
    error_ns          INTEGER NOT NULL,
    first_axis_ns     INTEGER NOT NULL,   -- the first reading of the stretch, to compare with the last of the one before
    first_utc_ns      INTEGER NOT NULL,
    first_error_ns    INTEGER NOT NULL,
    PRIMARY KEY (after_axis_ns, kind, source)
) STRICT, WITHOUT ROWID;

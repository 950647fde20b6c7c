-- What a device holds of footage itself (Profile G), asked once a day: its claim, and what we make of it.
CREATE TABLE held_footage (
    device_id               TEXT PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,
    asked_utc_ns            INTEGER NOT NULL,
    belief                  TEXT NOT NULL CHECK (belief IN ('', 'plausible', 'lying', 'standing', 'nothing')),
                                                      -- '': it has no Profile G
    reason                  TEXT NOT NULL,            -- why it is not believed
    claimed_from_utc_ns     INTEGER,                  -- of its summary; null: it claims none
    claimed_to_utc_ns       INTEGER,
    found_from_utc_ns       INTEGER,                  -- of what a search shows; null: none
    found_to_utc_ns         INTEGER,
    gap_count               INTEGER NOT NULL,         -- holes in what a search shows
    gap_ns                  INTEGER NOT NULL,         -- their sum
    recordings              TEXT NOT NULL             -- JSON: token of each recording to the end of its video, for tomorrow
) STRICT;

-- What persons want when a volume is full and nothing on it is old enough to go (满盘策略); the newest row of a volume
-- counts. None at all means that nobody has chosen: recording then stops at the reserve, loudly.
CREATE TABLE full_choice (
    no         INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,               -- of the fact that asked for it
    volume     TEXT NOT NULL,                      -- its id in the settings
    when_full  TEXT NOT NULL CHECK (when_full IN ('stop', 'overwrite')),
    persons    TEXT NOT NULL,                      -- JSON list; two for 'overwrite'
    reason     TEXT NOT NULL,
    made_ms    INTEGER NOT NULL
) STRICT;
CREATE INDEX full_choice_of_volume ON full_choice (volume, no);

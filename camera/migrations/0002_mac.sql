-- Hardware address of the device's first interface that is on, for the camera file; null: not asked yet or not told.
ALTER TABLE device ADD COLUMN mac TEXT;

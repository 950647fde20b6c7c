-- Losses that take segment after segment are stretches without a copy elsewhere (storage/loss.py); rows of single
-- segments that have a copy hid behind it, which a stretch cannot.
DELETE FROM loss WHERE cause IN ('overwritten', 'replaced') AND EXISTS (SELECT 1 FROM segment s
    WHERE s.point_no = loss.point_no AND s.start_ms = loss.start_ms AND s.state = 1);

-- Whoever came along with somebody refused is remembered too, and a document's number without its kind: refusals that were
-- written down before are taken in anew (gate.refusal.refusal_signs).
DELETE FROM refusal_sign;
UPDATE known_index SET next_refusal = (SELECT ifnull(max(rowid), 0) + 1 FROM refusal);

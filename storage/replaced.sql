-- A disk that a person replaced by another under the same volume id (换盘): it never comes back, and what lay on it is lost.
ALTER TABLE volume ADD COLUMN replaced_ms INTEGER;

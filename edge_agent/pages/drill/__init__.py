"""Drills on the office pages (演练): line tests (报警线路) and evacuation drills (应急疏散)."""

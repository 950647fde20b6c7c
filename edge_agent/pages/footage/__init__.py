"""Footage on the office pages (录像): days, playing, disks, exports, who looked."""

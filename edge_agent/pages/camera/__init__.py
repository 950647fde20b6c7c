"""Camera files on the office pages (一机一档)."""

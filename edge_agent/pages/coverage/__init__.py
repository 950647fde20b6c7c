"""What the cameras see of the campus, on the office pages (覆盖与盲区)."""

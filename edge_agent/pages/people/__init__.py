"""Staff accounts on the office pages (人员)."""

"""Incidents on the office pages (突发事件), and their written reports."""

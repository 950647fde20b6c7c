"""Ground floor: clock, ids, databases, journals, findings, audit chain, services.

Nothing here knows a word of schools, cameras or alarms. The list of modules is closed; see docs/architecture.md.
"""

"""How the center's tables came to be, step by step (Alembic)."""

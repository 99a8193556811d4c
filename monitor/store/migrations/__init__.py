"""FLOOR 1. The schema's history, run by Alembic from inside the package."""

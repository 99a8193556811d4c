"""FLOOR 1. Remembers: the only room that knows sqlalchemy. Facts are stored, waits are folded from them (law 1)."""

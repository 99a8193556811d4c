"""FLOOR 3. What the command line shows: JSON shapes (shapes.py) and terminal pages. Values in, text out; no clock."""

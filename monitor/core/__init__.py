"""GROUND. Values in, values out: standard library and this room only; no clock, no I/O, no log."""

"""Attacks that arrive, and fail: what strangers put into a mail, on real servers (failures.md §4 and §7)."""

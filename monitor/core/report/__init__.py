"""GROUND. The weekly report: what is counted, how it is said, and what of it is drawn."""

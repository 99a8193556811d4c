"""How fast the first look at a mailbox is, beside what its server could deliver at best: `python -m bench`."""

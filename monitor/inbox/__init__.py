"""FLOOR 1. Reads mail. imap.py and faults.py alone know imapclient, reading.py alone knows mailparser."""

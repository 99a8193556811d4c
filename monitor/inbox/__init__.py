"""FLOOR 1. Reads mail: from an IMAP server (imap.py alone knows imapclient) to facts (reading.py alone knows mailparser)."""

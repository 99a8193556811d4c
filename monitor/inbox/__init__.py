"""FLOOR 1. Reads mail. Only connection.py, commands.py and faults.py know imapclient, only reading.py mailparser."""

"""ROOF. The demo: invented mail on a real IMAP server, read by the real program. No other room knows of it."""

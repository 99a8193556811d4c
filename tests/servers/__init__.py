"""Real servers for the tests: Dovecot, PostgreSQL and an SMTP sink, each a context manager."""

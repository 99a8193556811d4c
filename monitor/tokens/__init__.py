"""FLOOR 1. Tokens for servers that take no passwords (RFC 6750): by Microsoft, by Google, or by a command."""

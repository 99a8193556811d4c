"""Inbox Monitor: who still waits for a reply from a shared mailbox, and for how long."""

__version__ = "0.1.0"

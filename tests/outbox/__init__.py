"""Tests of the outbox; a package for its samples."""

"""FLOOR 1. What is wrong with a config as a whole."""


class ConfigError(Exception):
    """The config cannot be used; the text shows every mistake in it."""

"""The rules: values in, values out. No mocks, no clock, no files."""

"""Fault experiments: everything is made to fail on purpose, and what was promised is held against it."""

"""Outgoing mail: what is said to whom, once, and how it leaves."""

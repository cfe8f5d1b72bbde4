"""Reporting regimes as data."""

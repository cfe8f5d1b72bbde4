"""Consolidation: analysts' tables from accepted facts, and their reconciliation with stated figures."""

"""Cycles: opening, plan, steps, status."""

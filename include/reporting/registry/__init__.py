"""Organizations: who they are, what they are called, in which lists they stand."""

from reporting.registry.load import load

__all__ = ["load"]

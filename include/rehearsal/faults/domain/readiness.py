"""Loading, once, what the forked processes would each load anew."""

from __future__ import annotations

import importlib

_LIBRARIES = (
    "pandas",
    "great_expectations",
    "reporting.validation.custom_expectations",
    "reporting.validation.expectations",
    "matplotlib.backends.backend_agg",
    "matplotlib.figure",
    "matplotlib.font_manager",
    "matplotlib.ft2font",
    "matplotlib.patches",
    "docx",
    "openpyxl",
    "xlsxwriter",
)


def load_libraries() -> None:
    """Import what takes long to import."""
    for name in _LIBRARIES:
        importlib.import_module(name)

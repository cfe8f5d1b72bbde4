"""The command line `reporting`: what an operator does from a shell. docs/command-line.md describes it."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command given in the arguments of this process and end it with the command's exit code."""
    from reporting.cli.app import app

    app(prog_name="reporting")

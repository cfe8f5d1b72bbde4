"""Errors of a command: what the domain raises is one line, a fault of ours keeps its traceback."""

from __future__ import annotations

import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

REFUSED = 2
"""Exit code of a command that was refused or could not be carried out."""


class Commands(TyperGroup):
    """The root of all commands: tells the errors of the domain as one line on stderr, with exit code 2."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            if os.environ.get("REPORTING_LOG") == "json":
                return self._invoke_logged(ctx)
            return super().invoke(ctx)
        except Exception as error:
            told = explain(error)
            if told is None:
                raise
            typer.echo(f"error: {told}", err=True)
            raise typer.Exit(REFUSED) from error

    def _invoke_logged(self, ctx: Any) -> Any:
        from reporting import logs

        logs.write_json()
        named = [*getattr(ctx, "_protected_args", ()), *ctx.args]  # click keeps the command's name apart
        with logs.about(command=next(iter(named), None)):
            return super().invoke(ctx)


def explain(error: Exception) -> str | None:
    """The line for an error about which the person at the shell can do something; None for any other."""
    from_database = _explain_database(error)
    if from_database is not None:
        return from_database
    if isinstance(error, KeyError | IndexError | UnicodeError | BrokenPipeError):
        return None
    if type(error).__name__ == "ValidationError" and hasattr(error, "errors"):
        places = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        return f"{'; '.join(places)}. docs/configuration.md lists the variables."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'system'}: {error.strerror}."
    if isinstance(error, LookupError | ValueError | OSError) or _is_ours(error):
        return " ".join(str(error).split()) or type(error).__name__
    return None


def _is_ours(error: Exception) -> bool:
    """Whether the project defines this kind of error, and so words it for people."""
    package = type(error).__module__.partition(".")[0]
    return isinstance(error, RuntimeError) and package in {"reporting", "local_stack"}


def _explain_database(error: Exception) -> str | None:
    if "sqlalchemy.exc" not in sys.modules:
        return None
    from sqlalchemy.exc import DBAPIError, OperationalError

    if not isinstance(error, DBAPIError):
        return None
    code = getattr(error.orig, "pgcode", None)
    if code in {"42P01", "3F000"}:  # no such table, no such schema
        return (
            f"The warehouse lacks tables: {_first_line(error)}. "
            "Run `reporting migrate`, then `reporting registry load`."
        )
    if code == "42501":
        return f"The role of AIRFLOW_CONN_REPORTING_WAREHOUSE may not do this: {_first_line(error)}."
    if isinstance(error, OperationalError):
        return (
            f"The warehouse does not answer: {_first_line(error)}. "
            "Start it (`make up`), or mend AIRFLOW_CONN_REPORTING_WAREHOUSE."
        )
    return None


def _first_line(error: Any) -> str:
    return (
        str(error.orig).strip().splitlines()[0].rstrip(".") if str(error.orig).strip() else "no reason given"
    )

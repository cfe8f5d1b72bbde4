"""`python -m rehearsal.faults stack|domain`: fault experiments, with a report in the folder `--out`."""

from __future__ import annotations

import importlib

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def faults() -> None:
    """Make everything fail on purpose, and hold what was promised against the outcome."""


for _module in ("stack_command", "domain_command"):
    # each adds its command to `app` by its function `add_to`
    try:
        importlib.import_module(f"rehearsal.faults.{_module}").add_to(app)
    except ModuleNotFoundError as error:
        if error.name != f"rehearsal.faults.{_module}":
            raise

if __name__ == "__main__":
    app()

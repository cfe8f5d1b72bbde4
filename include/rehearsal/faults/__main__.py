"""`python -m rehearsal.faults stack|domain`: fault experiments, with a report in the folder `--out`."""

from __future__ import annotations

import typer

from rehearsal.faults import domain_command, stack_command

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def faults() -> None:
    """Make everything fail on purpose, and hold what was promised against the outcome."""


stack_command.add_to(app)
domain_command.add_to(app)

if __name__ == "__main__":
    app()

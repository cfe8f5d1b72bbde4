"""Commands as a person types them, run in this process."""

from __future__ import annotations

from typer.testing import CliRunner, Result

from reporting.cli.app import app


def run(*arguments: object) -> Result:
    """Run a command; what is no error of the domain is raised, as a traceback would be shown."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def refused(*arguments: object) -> str:
    """The one line on stderr of a command that is refused."""
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr.removeprefix("error: ").strip()

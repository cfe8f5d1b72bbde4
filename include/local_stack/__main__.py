"""``python -m local_stack up|down|status|run`` and ``office up|down|status``: the local stack's commands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from local_stack.layout import ADMINISTRATOR, DIRECTORY_VARIABLE, LEADER, PERSON
from local_stack.postgres import debian_binaries
from local_stack.stack import Stack, Status, run
from local_stack.topology import REDIS_PART, STORAGE_PART, Topology

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The stack on this machine.",
)
Directory = Annotated[
    Path | None,
    typer.Option(
        envvar=DIRECTORY_VARIABLE, help="Folder of the stack's state; .local in the clone if not given."
    ),
]
_EXPECTED = (RuntimeError, ValueError, OSError)  # the stack's own errors are of these kinds


@app.command()
def up(
    directory: Directory = None,
    rehearsal: Annotated[
        bool | None,
        typer.Option(
            help="Mail counts as sent and received at the moment its Date names; as before if not given."
        ),
    ] = None,
) -> None:
    """Start PostgreSQL, the capture server and Airflow, or whatever of them is missing."""
    _start(Stack(directory), rehearsal, None)


def _start(stack: Stack, rehearsal: bool | None, topology: Topology | None) -> None:
    try:
        started = stack.up(lambda line: typer.echo(f"  {line}", err=True), rehearsal, topology)
    except KeyboardInterrupt:
        typer.echo("interrupted: everything that was started has been ended", err=True)
        raise typer.Exit(130) from None
    except _EXPECTED as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo("The stack is up." if started else "The stack is up already.")
    _show(stack, stack.status())


@app.command()
def down(directory: Directory = None) -> None:
    """End everything; the data stay."""
    try:
        ran = Stack(directory).down(lambda line: typer.echo(f"  {line}", err=True))
    except _EXPECTED as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo("The stack is down." if ran else "The stack was not up.")


@app.command()
def status(directory: Directory = None) -> None:
    """Say what runs and where; exit code 3 unless everything runs."""
    stack = Stack(directory)
    found = stack.status()
    if found.is_up:
        typer.echo("The stack is up.")
        _show(stack, found)
        return
    typer.echo("The stack is down." if not found.living else f"Missing: {', '.join(found.missing)}")
    raise typer.Exit(3)


office = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="The same with all that an office has: Redis and Celery workers, TLS, accounts, a proxy in front.",
)
app.add_typer(office, name="office")


@office.command("up")
def office_up(
    directory: Directory = None,
    workers: Annotated[int, typer.Option(min=1, help="Celery workers.")] = 2,
    concurrency: Annotated[int, typer.Option(min=1, help="Tasks at once in each worker.")] = 4,
    schedulers: Annotated[int, typer.Option(min=1, help="Schedulers.")] = 1,
    object_storage: Annotated[
        bool, typer.Option("--object-storage", help="Archive in an S3-compatible storage; for tests.")
    ] = False,
    rehearsal: Annotated[
        bool | None,
        typer.Option(
            help="Mail counts as sent and received at the moment its Date names; as before if not given."
        ),
    ] = None,
) -> None:
    """Start the topology of docker-compose.yml as processes of this machine, or what of it is missing."""
    _start(Stack(directory), rehearsal, Topology(workers, concurrency, schedulers, object_storage))


office.command("down")(down)
office.command("status")(status)


@app.command("run", context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def run_command(context: typer.Context, directory: Directory = None) -> None:
    """Run a command in the stack's environment: run -- reporting cycle list."""
    if not context.args:
        typer.echo("error: which command? For example: run -- reporting cycle list", err=True)
        raise typer.Exit(2)
    try:
        code = run(context.args, directory)
    except FileNotFoundError as error:
        typer.echo(f"error: no such program: {error.filename}", err=True)
        raise typer.Exit(127) from None
    except _EXPECTED as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None
    raise typer.Exit(code)


def _show(stack: Stack, found: Status) -> None:
    ports = found.ports
    if ports is None:
        return
    secrets = stack.layout.secrets()
    is_office = REDIS_PART in ports.more
    rows = [
        ("Airflow", ports.base_url),
        *(
            [
                ("", f"its certificate is of {stack.layout.tls / 'ca.crt'}"),
                ("", f"user {ADMINISTRATOR}, password {secrets.quan_tri_password} (administrator)"),
                ("", f"others, with their first passwords: {stack.layout.accounts}"),
            ]
            if is_office
            else []
        ),
        ("", f"user {PERSON}, password {secrets.can_bo_password}"),
        ("", f"user {LEADER}, password {secrets.lanh_dao_password} (approves after {PERSON})"),
        ("PostgreSQL", f"127.0.0.1:{ports.postgres} (databases airflow, warehouse){_programs(is_office)}"),
        *([("Redis", f"127.0.0.1:{ports.more[REDIS_PART]}")] if is_office else []),
        *([("Storage", ports.storage_url)] if STORAGE_PART in ports.more else []),
        ("Mail", f"127.0.0.1:{ports.smtp} (captured in {stack.layout.mail})"),
        ("Log servers", f"{ports.worker_logs} (workers), {ports.trigger_logs} (triggerer)"),
        ("State", str(stack.layout.root)),
    ]
    for label, text in rows:
        typer.echo(f"  {label:<12} {text}")


def _programs(is_office: bool) -> str:
    """Whose server it is, where that may be one of two."""
    return f", {debian_binaries() or 'of the package'}" if is_office else ""


if __name__ == "__main__":
    sys.exit(app())

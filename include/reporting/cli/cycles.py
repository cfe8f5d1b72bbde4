"""`reporting cycle`: which cycles there are, how one stands, and what a person changes about it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reporting.cli.arguments import AsJson, CycleId
from reporting.cli.output import aligned, as_json, at, last_day, note, say, table, words
from reporting.cli.surroundings import warehouse

if TYPE_CHECKING:
    from reporting.cycles.status import RecipientRow
    from reporting.regimes.models import Regime

commands = typer.Typer(no_args_is_help=True, help="Cycles: list, show, open, check, change, follow.")


@commands.command("list")
def list_(json: AsJson = False) -> None:
    """List the cycles, newest first."""
    from reporting.cycles import status

    with warehouse().connect() as connection:
        rows = status.cycles(connection)
    if json:
        as_json([asdict(row) for row in rows])
        return
    table(
        ["cycle", "mode", "deadline", "recipients", "outstanding", "next", "next_at", "title"],
        [
            (
                row.cycle_id,
                words(f"mode.{row.mode}"),
                last_day(row.due_at),
                row.recipients,
                row.outstanding,
                step_name(row.next_step) if row.next_step else words("finished"),
                at(row.next_due_at),
                row.title,
            )
            for row in rows
        ],
    )
    if not rows:
        note("There is no cycle yet; `reporting cycle open REGIME PERIOD` opens one.")


@commands.command()
def show(
    cycle: CycleId,
    outstanding: Annotated[
        bool, typer.Option("--outstanding", help="Only the recipients that still owe something.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Show a cycle: its plan with what is done, and who owes what."""
    from reporting import clock
    from reporting.cycles import status
    from reporting.cycles.opening import regime_of

    with warehouse().connect() as connection:
        regime = regime_of(connection, cycle)
        now = clock.now(connection, cycle)
        facts = next(row for row in status.cycles(connection) if row.cycle_id == cycle)
        plan = status.milestones(connection, cycle)
        obligations = status.recipients(connection, cycle)
    offices = _by_office(obligations)
    if outstanding:
        offices = [rows for rows in offices if any(row.is_outstanding for row in rows)]
    if json:
        as_json(
            {
                "cycle": asdict(facts) | {"now": now},
                "plan": [asdict(row) for row in plan],
                "recipients": [_as_data(rows) for rows in offices],
            }
        )
        return
    for label, value in (
        ("cycle", facts.cycle_id),
        ("title", facts.title),
        ("mode", words(f"mode.{facts.mode}")),
        ("deadline", last_day(facts.due_at)),
        ("now", at(now)),
        ("recipients", facts.recipients),
        ("outstanding", facts.outstanding),
    ):
        say(f"{words(f'column.{label}')}: {value}")
    say("")
    table(
        ["step", "code", "due", "done"],
        [
            (step_name(row.step), row.step, at(row.due_at), at(row.done_at) or words("not_done"))
            for row in plan
        ],
    )
    say("")
    _print_offices(offices, regime)


@commands.command("open")
def open_(
    regime: Annotated[str, typer.Argument(help="Code of the regime: a file of include/regimes.")],
    period: Annotated[str, typer.Argument(help="Code of one of its periods.")],
    rehearsal: Annotated[
        int | None, typer.Option(min=1, help="Open it as the rehearsal of this number, on a simulated clock.")
    ] = None,
    stated: Annotated[
        str | None,
        typer.Option(help="File of include/registry/stated with which the result is to be compared."),
    ] = None,
    past: Annotated[
        bool, typer.Option("--past", help="Open a live cycle although its period is over.")
    ] = False,
) -> None:
    """Open a cycle: regime, form and list of addressees are frozen into it."""
    from reporting.cycles import status
    from reporting.cycles.opening import Mode, cycle_id_of, open_cycle

    content = load_known_regime(regime)
    content.period(period)  # an unknown one is refused before anything is connected to
    mode: Mode = "live" if rehearsal is None else "rehearsal"
    cycle_id = cycle_id_of(content, period, mode, rehearsal or 1)
    engine = warehouse()
    with engine.connect() as connection:
        is_there = any(row.cycle_id == cycle_id for row in status.cycles(connection))
    if is_there:
        say(cycle_id)
        note("It is open already; nothing was changed.")
        return
    say(open_cycle(engine, content, period, mode, rehearsal or 1, stated, is_past_meant=past))
    note(
        "Opened. cycle_keeper starts its run within two minutes, if Airflow is up and the DAG is not paused."
    )
    if mode == "rehearsal":
        note("Its clock is simulated and stands at the opening of the office on the day of the request.")


def step_name(step: str) -> str:
    """What officials call a step of the plan or of the ledger; its code where it has no name yet."""
    from reporting.wording.catalogue import WordingError

    kind, _, offset = step.partition("__")
    anchored, _, days = offset.rpartition("_")  # t_minus_7, t_plus_1, i_plus_20
    try:
        if kind == "reminder":
            return words(f"step.reminder_{anchored.removeprefix('t_')}", days=days)
        return words(f"step.{step}")
    except WordingError:
        return step


def load_known_regime(code: str) -> Regime:
    """The regime with this code. Raises LookupError naming those there are."""
    from reporting.regimes.models import FOLDER, load_regime

    known = sorted(path.stem for path in FOLDER.glob("*.yaml"))
    if code not in known:
        raise LookupError(f"There is no regime {code!r} in {FOLDER}; there are: {', '.join(known)}.")
    return load_regime(code)


def _by_office(rows: list[RecipientRow]) -> list[list[RecipientRow]]:
    offices: dict[str, list[RecipientRow]] = {}
    for row in rows:
        offices.setdefault(row.reference_code, []).append(row)
    return list(offices.values())


def _as_data(rows: list[RecipientRow]) -> dict[str, Any]:
    shared = ("position", "reference_code", "short_name", "reminders")
    return {key: getattr(rows[0], key) for key in shared} | {
        "obligations": [
            {key: value for key, value in asdict(row).items() if key not in shared} for row in rows
        ]
    }


def _state(row: RecipientRow) -> str:
    """How an obligation stands, with what else is to be known: a draft that came, files in conflict."""
    from reporting.wording.catalogue import text

    told = [text(f"states.obligation.{row.state}")]
    if row.is_in_conflict:
        told.append(text("states.progress.conflict"))
    if row.is_outstanding and row.draft_received_at is not None:
        told.append(text("states.progress.draft"))
    return words("between_states").join(told)


def _print_offices(offices: list[list[RecipientRow]], regime: Regime) -> None:
    """One line per office, a column per deliverable; its last day, and when something first came."""
    from reporting.wording.vietnamese import short_date

    labels = {d.code: d.label[:1].upper() + d.label[1:] for d in regime.deliverables}
    present = [code for code in labels if any(row.deliverable == code for rows in offices for row in rows)]
    headings = [words(f"column.{name}") for name in ("position", "reference_code", "office")]
    headings += [labels[code] for code in present]
    headings += [words(f"column.{name}") for name in ("deadline", "received", "reminders")]
    lines: list[list[object]] = []
    for rows in offices:
        states = {row.deliverable: _state(row) for row in rows}
        received = [row.first_received_at for row in rows if row.first_received_at]
        due = [row.due_at for row in rows if row.due_at]
        lines.append(
            [
                rows[0].position,
                rows[0].reference_code,
                rows[0].short_name,
                *(states.get(code) for code in present),
                last_day(max(due, default=None)),
                short_date(min(received)) if received else None,
                rows[0].reminders,
            ]
        )
    aligned(headings, lines)

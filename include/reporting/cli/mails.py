"""`reporting mail`: halting all sending, and the ledger of what was sent."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from reporting.cli.arguments import AsJson, By, CycleId, Reason, required
from reporting.cli.cycles import step_name
from reporting.cli.output import as_json, at, note, say, table, words
from reporting.cli.surroundings import warehouse

commands = typer.Typer(no_args_is_help=True, help="Mail: stop, start, status, list, preview.")


class MessageState(StrEnum):
    """States of a message in the ledger."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    AMBIGUOUS = "ambiguous"
    FAILED = "failed"
    BOUNCED = "bounced"
    WITHDRAWN = "withdrawn"


@commands.command()
def stop(by: By, reason: Reason) -> None:
    """Halt all sending at once, of every cycle; what is to be sent stays queued."""
    from reporting.mail.delivery import stop_mail

    stop_mail(warehouse(), required(by, "--by"), required(reason, "--reason"))
    _print_switch()


@commands.command()
def start(by: By) -> None:
    """Let mail go again; what waited is sent by the next delivery."""
    from reporting.mail.delivery import start_mail

    start_mail(warehouse(), required(by, "--by"))
    _print_switch()


@commands.command()
def status(json: AsJson = False) -> None:
    """Say whether mail is stopped, and how many messages are in which state."""
    from reporting.mail import overview
    from reporting.wording.catalogue import text

    with warehouse().connect() as connection:
        switch, counts = overview.switch(connection), overview.counts(connection)
    if json:
        as_json({"switch": asdict(switch), "messages": counts})
        return
    _print_switch()
    if counts:
        table(
            ["cycle", "state", "count"],
            [
                (cycle, text(f"states.message.{state.value}"), counts[cycle][state.value])
                for cycle in counts
                for state in MessageState
                if state.value in counts[cycle]
            ],
        )


@commands.command("list")
def list_(
    cycle: CycleId,
    state: Annotated[
        list[MessageState] | None, typer.Option(help="Only messages in this state; may be repeated.")
    ] = None,
    json: AsJson = False,
) -> None:
    """List the messages of a cycle with what became of each, such as those that failed."""
    from reporting.cycles.opening import regime_of
    from reporting.mail import overview
    from reporting.wording.catalogue import text

    with warehouse().connect() as connection:
        regime_of(connection, cycle)
        rows = overview.ledger(connection, cycle, [s.value for s in state or []])
    if json:
        as_json([asdict(row) for row in rows])
        return
    if not rows:
        note(words("mail.none"))
        return
    table(
        ["message", "reference_code", "office", "step", "to", "state", "since", "attempts", "detail"],
        [
            (
                row.message_id,
                row.reference_code,
                row.short_name,
                step_name(row.step),
                row.to_address,
                text(f"states.message.{row.state}"),
                at(row.state_since),
                row.attempt_count,
                row.detail,
            )
            for row in rows
        ],
    )


@commands.command()
def preview(
    cycle: CycleId,
    step: Annotated[str, typer.Argument(help="request, or a reminder step of the plan.")],
) -> None:
    """Show the mail of a step as the first recipient would get it if nothing had come in."""
    from reporting.mail.compose import preview as preview_of

    with warehouse().connect() as connection:
        say(preview_of(connection, cycle, step))


def _print_switch() -> None:
    """Tell what the warehouse says now, not what was meant to be written."""
    from reporting.mail import overview

    with warehouse().connect() as connection:
        switch = overview.switch(connection)
    if switch.is_stopped:
        reason = switch.reason or words("mail.no_reason")
        say(words("mail.stopped", by=switch.changed_by, at=at(switch.changed_at), reason=reason))
    else:
        say(words("mail.running"))

"""What of an office's answer counts: `reporting intake` diff, conflicts, decide, withdraw; `reporting desk`
nil, undo-nil, confidential, undo-confidential.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reporting.cli.arguments import DAY_FORMATS, AsJson, By, CycleId, Force, Office, Reason, required
from reporting.cli.output import aligned, as_json, note, say, words, write_file
from reporting.cli.surroundings import warehouse

if TYPE_CHECKING:
    from reporting.cli.recipients import Recipient


def diff(
    cycle: CycleId,
    recipient: Office,
    versions: Annotated[
        tuple[int, int] | None,
        typer.Option(
            metavar="BEFORE AFTER", help="Two versions; without it, the newest with the one before."
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Show what one version of an office's answer says otherwise than another, cell by cell."""
    from reporting.intake.returns import difference
    from reporting.intake.returns.forms import form_of
    from reporting.intake.returns.versions import versions_of

    with warehouse().connect() as connection:
        office = _recipient(connection, cycle, recipient)
        known = {v.version: v for v in versions_of(connection, cycle, office.reference_code)}
        accepted = [v.version for v in known.values() if v.has_figures]
        if versions is None and len(accepted) < 2:
            key = "first" if accepted else "none"
            say(_told(f"diff.{key}", office))
            return
        before, after = versions or (accepted[-2], accepted[-1])
        for number in (before, after):
            if number not in known:
                listed = ", ".join(map(str, known)) or "none"
                raise LookupError(f"{office.short_name} has no version {number}; it has: {listed}.")
        cells = difference.between(
            connection, form_of(connection, cycle), known[before].submission_id, known[after].submission_id
        )
    if json:
        as_json({"before": before, "after": after, "cells": [asdict(cell) for cell in cells]})
        return
    say(_told("diff.heading", office, before=before, after=after))
    for line in difference.lines([asdict(cell) for cell in cells], most=len(cells)):
        say(words("waiting.note", line=line))


def conflicts(
    out: Annotated[
        Path | None,
        typer.Option(
            file_okay=False, help="Folder to write a workbook into for each, its cells side by side."
        ),
    ] = None,
    force: Force = False,
    json: AsJson = False,
) -> None:
    """List the files that contradict what counts and wait for an officer, cell by cell."""
    from reporting.intake.returns.conflict import conflicts as waiting
    from reporting.intake.returns.difference import shortened
    from reporting.intake.returns.side_by_side import filename, render_side_by_side
    from reporting.wording.catalogue import text

    with warehouse().connect() as connection:
        found = waiting(connection)
    if json:
        as_json([asdict(one) for one in found])
    for one in found:
        if out is not None:
            write_file(out / filename(one), render_side_by_side(one), force=force)
        if json:
            continue
        values = {
            "conflict": one.conflict_id,
            "office": one.short_name,
            "code": one.reference_code,
            "cycle": one.cycle_id,
            "standing": one.standing.version,
            "standing_sender": one.standing.sender,
            "other": one.other.version,
            "other_sender": one.other.sender,
            "count": len(one.cells),
        }
        say(text("returns.conflict.waits", **values))
        headings = [text(f"returns.conflict.columns.{name}") for name in ("label", "sheet", "cell")]
        headings.append(text("returns.conflict.columns.standing", version=one.standing.version))
        headings.append(text("returns.conflict.columns.other", version=one.other.version))
        aligned(
            headings,
            [
                (c["label"], c["sheet"], c["cell"], shortened(c["before"]), shortened(c["after"]))
                for c in one.cells
            ],
        )
        say(text("returns.conflict.how", **values))
    if not found and not json:
        note(text("returns.conflict.none"))


def decide(
    conflict: Annotated[int, typer.Argument(help="Number of the conflict, as `intake conflicts` shows it.")],
    keep: Annotated[
        int, typer.Option(metavar="VERSION", help="Which of the two counts.", show_default=False)
    ],
    reason: Reason,
    by: By,
) -> None:
    """Decide which of two contradicting files of an office counts."""
    from reporting.intake.returns.conflict import decide as settle

    by, reason = required(by, "--by"), required(reason, "--reason")
    one = settle(warehouse(), conflict, keep, reason=reason, by=by)
    from reporting.wording.catalogue import text

    say(
        text(
            "returns.conflict.decided",
            conflict=conflict,
            version=keep,
            office=one.short_name,
            code=one.reference_code,
        )
    )


def withdraw(
    cycle: CycleId,
    recipient: Office,
    asked_by: Annotated[
        str,
        typer.Option(
            help="Who asked: name and office, or number and date of the letter.", show_default=False
        ),
    ],
    reason: Reason,
    by: By,
    version: Annotated[int | None, typer.Option(help="Which; without it, the one that counts.")] = None,
) -> None:
    """Take back a version that an office sent, as it asked; the one before counts again, or none."""
    from reporting.intake.returns.withdrawal import withdraw as take_back

    by, reason, asked_by = (
        required(by, "--by"),
        required(reason, "--reason"),
        required(asked_by, "--asked-by"),
    )
    engine = warehouse()
    with engine.connect() as connection:
        office = _recipient(connection, cycle, recipient)
    done = take_back(
        engine, cycle, office.reference_code, asked_by=asked_by, reason=reason, by=by, version=version
    )
    say(_told("withdrawal.done", office, version=done.version))
    if done.current is None:
        say(_told("withdrawal.outstanding", office))
    else:
        say(_told("withdrawal.current", office, version=done.current))


def nil(
    cycle: CycleId,
    recipient: Office,
    by: By,
    basis: Annotated[str, typer.Option(help='The document: "Văn bản số … ngày …".')] = "",
    confirmed_by: Annotated[str, typer.Option(help='Who of the office confirmed it: "ông/bà …".')] = "",
    on: Annotated[
        datetime | None,
        typer.Option(formats=DAY_FORMATS, help="Day on which the office said so; today, if not given."),
    ] = None,
    deliverables: Annotated[
        str,
        typer.Option(metavar="CODES", help="What is nil, separated by commas; all it owes, if not given."),
    ] = "",
) -> None:
    """Enter that nothing occurred in the period for an office (Không phát sinh): it has reported."""
    from reporting import clock
    from reporting.intake.returns.nil import confirmed_by as basis_of
    from reporting.intake.returns.nil import enter

    by = required(by, "--by")
    if bool(basis.strip()) == bool(confirmed_by.strip()):
        raise typer.BadParameter("give either --basis or --confirmed-by", param_hint="--basis")
    engine = warehouse()
    with engine.connect() as connection:
        office = _recipient(connection, cycle, recipient)
        day = on.date() if on else clock.now(connection, cycle).date()
    ground = basis.strip() or basis_of(confirmed_by, day)
    count = enter(
        engine,
        cycle,
        office.reference_code,
        basis=ground,
        by=by,
        said_on=on.date() if on else None,
        deliverables=tuple(part for code in deliverables.split(",") if (part := code.strip())),
    )
    say(_told("nil.entered" if count else "nil.known", office, count=count, basis=ground))


def undo_nil(cycle: CycleId, recipient: Office, reason: Reason, by: By) -> None:
    """Undo a nil return entered wrongly: the office owes its answer again."""
    from reporting.intake.returns.nil import undo

    by, reason = required(by, "--by"), required(reason, "--reason")
    engine = warehouse()
    with engine.connect() as connection:
        office = _recipient(connection, cycle, recipient)
    count = undo(engine, cycle, office.reference_code, reason=reason, by=by)
    say(_told("nil.undone", office, count=count))


def confidential(
    cycle: CycleId,
    recipient: Office,
    reason: Annotated[str, typer.Option(help="On what ground; nothing of the content.", show_default=False)],
    by: By,
    received: Annotated[
        datetime | None,
        typer.Option(formats=DAY_FORMATS, help="Day on which the secret mail received the answer."),
    ] = None,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Take back figures of the office that were accepted.")
    ] = False,
) -> None:
    """Note that an office answers by the secret mail: no file and no figure of it is taken here."""
    from reporting.intake.returns.confidential import mark

    by, reason = required(by, "--by"), required(reason, "--reason")
    engine = warehouse()
    with engine.connect() as connection:
        office = _recipient(connection, cycle, recipient)
    is_new = mark(
        engine,
        cycle,
        office.reference_code,
        reason=reason,
        by=by,
        received_on=received.date() if received else None,
        withdraws=withdraw,
    )
    say(_told("confidential.marked" if is_new else "confidential.known", office))


def undo_confidential(cycle: CycleId, recipient: Office, reason: Reason, by: By) -> None:
    """Undo the mark of the secret mail: the office owes its files again."""
    from reporting.intake.returns.confidential import unmark

    by, reason = required(by, "--by"), required(reason, "--reason")
    engine = warehouse()
    with engine.connect() as connection:
        office = _recipient(connection, cycle, recipient)
    unmark(engine, cycle, office.reference_code, reason=reason, by=by)
    say(_told("confidential.undone", office))


def add_to(intake: typer.Typer, desk: typer.Typer) -> None:
    """Add the commands to `reporting intake` and `reporting desk`."""
    intake.command()(diff)
    intake.command()(conflicts)
    intake.command()(decide)
    intake.command()(withdraw)
    desk.command()(nil)
    desk.command()(undo_nil)
    desk.command()(confidential)
    desk.command()(undo_confidential)


def _recipient(connection: Any, cycle: str, given: str) -> Recipient:
    from reporting.cli.recipients import recipient_of

    return recipient_of(connection, cycle, given)


def _told(key: str, office: Recipient, **values: object) -> str:
    from reporting.wording.catalogue import text

    return text(f"returns.{key}", office=office.short_name, code=office.reference_code, **values)

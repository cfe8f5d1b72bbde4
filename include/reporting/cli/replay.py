"""`reporting intake replay`: what a changed rule would change in what a cycle received."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from reporting.cli.arguments import AsJson, By, CycleId, Force, Reason, required
from reporting.cli.output import aligned, as_json, note, say, write_file
from reporting.cli.surroundings import warehouse


def replay(
    cycle: CycleId,
    reason: Reason,
    by: By,
    form: Annotated[
        str | None, typer.Option("--form", metavar="CODE@VERSION", help="Judge by this version of the form.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Make it hold; else it is a report only.")] = False,
    answer: Annotated[
        bool, typer.Option("--answer", help="With --apply: write to offices whose answer turns.")
    ] = False,
    out: Annotated[Path | None, typer.Option(dir_okay=False, help="Write the report as .xlsx.")] = None,
    force: Force = False,
    json: AsJson = False,
) -> None:
    """Run all gates again over everything that a cycle received, and tell what would change.

    Nothing changes without --apply; nobody is written to without --answer.
    """
    by, reason = required(by, "--by"), required(reason, "--reason")
    if answer and not apply:
        raise typer.BadParameter("it needs --apply: nobody is told what does not hold", param_hint="--answer")
    from reporting.intake.replay import apply_replay, plan_replay
    from reporting.intake.replay_report import lines, render_replay
    from reporting.wording.catalogue import text

    engine = warehouse()
    found = plan_replay(engine, cycle, reason, by, form)
    if out is not None:
        write_file(out, render_replay(found, reason), force=force)
    applied = apply_replay(engine, found, by, answer=answer) if apply else None
    if json:
        as_json(
            {
                "replay": found.replay_id,
                "cycle": found.cycle_id,
                "checked": found.checked_count,
                "outcomes": [
                    {"before": before, "after": after, "versions": count}
                    for (before, after), count in sorted(found.outcomes.items())
                ],
                "changes": [
                    {
                        "submission": change.row.submission_id,
                        "office": change.row.short_name,
                        "code": change.row.reference_code,
                        "version": change.row.version,
                        "is_current": change.row.is_current,
                        "outcome_before": change.before["outcome"],
                        "outcome_after": change.after["outcome"],
                        "question": change.question,
                        "differences": [asdict(difference) for difference in change.differences],
                    }
                    for change in found.changes
                ],
                "applied": asdict(applied) if applied else None,
            }
        )
        return
    key = "replay.summary" if found.changes else "replay.summary_none"
    say(
        text(
            key,
            checked=found.checked_count,
            cycle=found.cycle_id,
            changes=len(found.changes),
            replay=found.replay_id,
        )
    )
    headings = [text(f"replay.column.{column}") for column in ("outcome_before", "outcome_after", "versions")]
    aligned(
        headings,
        [
            (text(f"states.submission.{before}"), text(f"states.submission.{after}"), count)
            for (before, after), count in sorted(found.outcomes.items())
        ],
    )
    for change in found.changes:
        row = change.row
        say(text("replay.of", office=row.short_name, code=row.reference_code, version=row.version))
        for kind, place, before, after in lines(change):
            said = " → ".join(part for part in (before, after) if part)
            say(text("replay.line", kind=kind, place=f"{place}: " if place and before else "", said=said))
    if applied is not None:
        say(text("replay.applied", **asdict(applied)))
        if applied.changed:
            say(text("replay.lapses"))
    elif found.changes:
        note("A report only: give --apply to make it hold.")

"""`reporting report text`: the unit's own wording of sections of a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reporting.cli.arguments import AsJson, CycleId, required
from reporting.cli.output import aligned, as_json, at, note, say
from reporting.cli.surroundings import warehouse

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reporting.documents.section_texts import NamedSection


def _words(key: str, **values: object) -> str:
    from reporting.wording.catalogue import text

    return text(f"section_text.cli.{key}", **values)


def text_of_section(
    cycle: CycleId,
    section: Annotated[
        str | None,
        typer.Argument(
            metavar="[SECTION]",
            help="Code, number (II.1) or heading of a section. Not given: list the sections.",
        ),
    ] = None,
    text: Annotated[str | None, typer.Option(help="The paragraphs, one per line.")] = None,
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="The same from a text file (UTF-8).")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="In place of what is generated, not after it.")
    ] = False,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Replace a section although computed figures stand in it.")
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take the unit's wording back.")] = False,
    by: Annotated[str, typer.Option(help="Who does it, for the record.")] = "",
    json: AsJson = False,
) -> None:
    """Add the unit's own wording to a section of the report, or put it in its place; the draft is made anew
    and approved again. Without SECTION: list the sections, their wordings and what is remarked upon them.
    """
    from reporting.documents import section_texts

    if section is None:
        _list(cycle, json=json)
        return
    by = required(by, "--by")
    if (text is not None) + (file is not None) + undo != 1:
        raise typer.BadParameter("give one of --text, --file and --undo", param_hint="--text")
    body = text or ""
    if file is not None:
        try:
            body = file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise typer.BadParameter(
                f"{file} is not UTF-8 (byte {error.start}); save it as UTF-8",
                param_hint="--file",
            ) from error
    with warehouse().begin() as connection:
        chosen = section_texts.choose(_sections(connection, cycle), section)
        kind = section_texts.report_in_work(connection, cycle)
        if undo:
            done = section_texts.undo(connection, cycle, chosen, by=by, kind=kind)
        else:
            done = section_texts.enter(
                connection,
                cycle,
                chosen,
                body,
                mode="replace" if replace else "add",
                by=by,
                confirm=confirm,
                kind=kind,
            )
    outcome = ("undone" if undo else "entered") if done else "unchanged"
    say(_words(outcome, section=chosen.heading))


def _sections(connection: Connection, cycle_id: str) -> list[NamedSection]:
    """The sections that the report of a cycle may have, also those that say nothing by what is known now."""
    from reporting.cycles.work import consolidate_in
    from reporting.letters.cycle import load_letter_cycle
    from reporting.summary.data import load_live
    from reporting.summary.received import load_received, received_outline
    from reporting.summary.report import outline
    from reporting.summary.sections import named

    cycle = load_letter_cycle(connection, cycle_id)
    if cycle.form is None:
        return named(received_outline(load_received(connection, cycle)))
    looking = connection.begin_nested()  # what is summed up to look at is not kept
    consolidate_in(connection, cycle_id)
    found = named(outline(load_live(connection, cycle_id)))
    looking.rollback()
    return found


def _list(cycle: str, *, json: bool) -> None:
    from reporting.documents import lifecycle, section_texts
    from reporting.documents.draft_difference import remarks_to_answer

    with warehouse().connect() as connection:
        sections = _sections(connection, cycle)
        kind = section_texts.report_in_work(connection, cycle)
        own = {t.section: t for t in section_texts.section_texts(connection, cycle, kind)}
        document = lifecycle.find(connection, cycle, kind)
        remarked = () if document is None else remarks_to_answer(connection, document)
        connection.rollback()
    if json:
        as_json(
            [
                {
                    "code": s.code,
                    "heading": s.heading,
                    "has_figures": s.has_figures,
                    "text": vars(own[s.code]) if s.code in own else None,
                    "remarks": [vars(r) for r in remarked if r.section == s.heading],
                }
                for s in sections
            ]
        )
        return
    aligned(
        [_words(f"column.{name}") for name in ("code", "heading", "mode", "by", "at")],
        [
            (
                s.code,
                s.heading,
                _words(f"mode.{own[s.code].mode}") if s.code in own else None,
                own[s.code].entered_by if s.code in own else None,
                at(own[s.code].entered_at) if s.code in own else None,
            )
            for s in sections
        ],
    )
    for remark in remarked:
        note(_words("remark", section=remark.section, remark=remark.remark, by=remark.entered_by))

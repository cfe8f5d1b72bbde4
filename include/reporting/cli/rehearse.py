"""`reporting rehearse`: one period of a regime to its end, with what would have been sent."""

from __future__ import annotations

from enum import StrEnum
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reporting.cli.arguments import Force
from reporting.cli.output import note, say, write_file
from reporting.cli.surroundings import warehouse

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from reporting.cycles.conducting import AnswerForms
    from reporting.cycles.digest_of_rehearsal import RehearsalDigest


SIMULATED_OFFICES = "reporting.simulated_offices"
"""Group of the entry points through which simulated offices are found."""


class Answers(StrEnum):
    """What is supposed of the offices."""

    NOBODY = "nobody"
    ON_TIME = "on_time"
    FILLED = "filled"


AnswersOption = Annotated[
    Answers,
    typer.Option(
        help="What is supposed: nobody answers; documents and replies come on the last day; or data forms, "
        "too, filled in with made-up content."
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(file_okay=False, help="Folder for the digest, the list of mails (xlsx) and the letters."),
]


def rehearse(
    regime: Annotated[str, typer.Argument(help="Code of the regime: a file of include/regimes.")],
    period: Annotated[
        str | None,
        typer.Argument(help="Code of one of its periods; by default the last that is written out."),
    ] = None,
    answers: AnswersOption = Answers.NOBODY,
    number: Annotated[
        int | None, typer.Option(min=1, help="Number of the rehearsal; one that was cut off goes on.")
    ] = None,
    out: OutOption = None,
    force: Force = False,
) -> None:
    """Rehearse a period to its end: real roster, letters and days on a simulated clock, nothing leaves."""
    from reporting.cli.cycles import load_known_regime
    from reporting.cycles import conducting

    content = load_known_regime(regime)
    code = period or (content.periods[-1].code if content.periods else "")
    content.period(code)  # an unknown one is refused before anything is connected to
    engine = warehouse()
    number = number or conducting.first_free_number(engine, content, code)
    found = conducting.rehearse(
        engine, content, code, number, answers=answers.value, answer_forms=form_answers(answers)
    )
    tell(engine, found, out, force=force)


def form_answers(answers: Answers) -> AnswerForms | None:
    """Who fills in the data forms, where it is supposed that they come: the simulated offices, which the
    domain does not know but by their entry point.

    Raises LookupError where they are not installed.
    """
    if answers != Answers.FILLED:
        return None
    for entry in entry_points(group=SIMULATED_OFFICES, name="answer_data_forms"):
        answer: AnswerForms = entry.load()
        return answer
    raise LookupError("The simulated offices are not installed; run `make setup`, or leave --answers filled.")


def tell(engine: Engine, found: RehearsalDigest, out: Path | None, *, force: bool) -> None:
    """Print the digest, or write it with the list of mails and the letters into a folder."""
    from reporting import archive
    from reporting.cycles import digest_of_rehearsal
    from reporting.documents import lifecycle
    from reporting.wording.catalogue import text

    if out is None:
        say(digest_of_rehearsal.as_markdown(found, with_texts=False))
        note(
            f"{len(found.mails)} mails in the ledger of {found.cycle_id}; "
            "--out FOLDER writes them and the letters."
        )
        return
    name = text("rehearsal.file.text", cycle_id=found.cycle_id)
    write_file(out / name, digest_of_rehearsal.as_markdown(found).encode(), force=force)
    name = text("rehearsal.file.workbook", cycle_id=found.cycle_id)
    write_file(out / name, digest_of_rehearsal.as_workbook(found), force=force)
    with engine.connect() as connection:
        for letter in found.letters:
            for _, filename, sha256 in lifecycle.files(connection, letter.document_id, letter.version):
                write_file(out / letter.kind / filename, archive.read(sha256), force=force)

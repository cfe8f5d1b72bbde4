"""`reporting request` and `reporting question`: cycles opened from a form, and follow-up questions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reporting.cli.arguments import DAY_FORMATS, AsJson, By, CycleId, Force, Office, required
from reporting.cli.errors import REFUSED
from reporting.cli.output import aligned, as_json, at, note, say, words
from reporting.cli.rehearse import Answers, AnswersOption, OutOption, form_answers, tell
from reporting.cli.surroundings import warehouse

if TYPE_CHECKING:
    from reporting.cycles.ad_hoc import AdHocForm

requests = typer.Typer(no_args_is_help=True, help="Requests from a form: check, rehearse, open.")
questions = typer.Typer(no_args_is_help=True, help="Follow-up questions to chosen offices: ask, answers.")

FormFile = Annotated[
    Path,
    typer.Argument(exists=True, dir_okay=False, help="The form as YAML: the fields of docs/command-line.md."),
]


@requests.command()
def check(file: FormFile) -> None:
    """Say everything that is to be mended about a form; nothing is opened. Exit code 2: something is."""
    from reporting.cycles import ad_hoc

    with _refusals():
        form = _read(file)
        with warehouse().connect() as connection:
            found = ad_hoc.problems(form, connection)
        if found:
            raise ad_hoc.FormRefused(found)
    note("Nothing is to be mended.")


@requests.command()
def rehearse(
    file: FormFile,
    by: By,
    answers: AnswersOption = Answers.NOBODY,
    out: OutOption = None,
    force: Force = False,
) -> None:
    """Rehearse a form to its end, whatever its mode: what would be sent, to whom, when."""
    from reporting.cycles import ad_hoc

    with _refusals():
        engine = warehouse()
        found = ad_hoc.rehearse_form(
            engine, _read(file), required(by, "--by"), answers.value, form_answers(answers)
        )
    tell(engine, found, out, force=force)


@requests.command("open")
def open_(file: FormFile, by: By) -> None:
    """Open a form as a live cycle; its letter then waits for approval. The same form twice is one cycle."""
    from reporting.cycles import ad_hoc

    with _refusals():
        form = _read(file).model_copy(update={"mode": "live"})
        say(ad_hoc.open_ad_hoc(warehouse(), form, required(by, "--by")))
    note("cycle_keeper starts its run within two minutes, if Airflow is up and the DAG is not paused.")


@questions.command()
def ask(
    cycle: CycleId,
    office: Annotated[
        list[str], typer.Option(help="An office: look-up code or name; repeat it.", show_default=False)
    ],
    question: Annotated[
        list[str],
        typer.Option(
            help='A question; repeat it. "[Quy chế 2012] …" asks about that value.', show_default=False
        ),
    ],
    officer: Annotated[str, typer.Option(help="Whom the mail names for questions.", show_default=False)],
    by: By,
    through: Annotated[
        datetime | None, typer.Option(formats=DAY_FORMATS, help="Last day that is in time.")
    ] = None,
    before: Annotated[
        datetime | None, typer.Option(formats=DAY_FORMATS, help="First day that is late.")
    ] = None,
) -> None:
    """Put questions to chosen offices of a cycle; the mail goes out once the unit approves it."""
    from reporting.calendar.deadlines import Deadline
    from reporting.cycles import questions as follow_up

    if (through is None) == (before is None):
        raise typer.BadParameter("give one of them: --through 2013-01-05, or --before 2013-01-06")
    last = through or before
    assert last is not None  # one of them is given
    deadline = Deadline("before" if through is None else "through", last.date())
    engine = warehouse()
    with _refusals():
        with engine.connect() as connection:
            form = follow_up.form_of(connection, cycle)
        asked = [follow_up.parse_question(line, form) for line in question]
        say(
            follow_up.ask(
                engine,
                cycle,
                office,
                asked,
                deadline,
                officer=required(officer, "--officer"),
                by=required(by, "--by"),
            )
        )
    note("The questions wait for the unit's approval; no number is given to them.")


@questions.command()
def answers(cycle: CycleId, json: AsJson = False) -> None:
    """List the answers to a question cycle beside the values on record."""
    from reporting.cycles import questions as follow_up

    with warehouse().connect() as connection:
        found = follow_up.answers(connection, cycle)
    if json:
        as_json([asdict(answer) for answer in found])
        return
    aligned(
        [words(f"column.{name}") for name in ("reference_code", "office")]
        + [words(f"question.{name}") for name in ("asked", "value", "place", "answer", "received")],
        [
            (
                a.reference_code,
                a.short_name,
                a.wording,
                f"{a.label}: {a.value_seen}" if a.label else None,
                f"{a.sheet}!{a.cell}" if a.sheet else None,
                a.body or words("question.silent"),
                at(a.received_at),
            )
            for a in found
        ],
    )


def reply(
    cycle: CycleId,
    recipient: Office,
    text: Annotated[str, typer.Option(help="What the office answered.", show_default=False)],
    by: By,
) -> None:
    """Enter an answer in words that came on another way, such as by telephone."""
    from reporting.cli.recipients import recipient_of
    from reporting.intake.replies import record_reply

    with warehouse().begin() as connection:
        office = recipient_of(connection, cycle, recipient)
        record_reply(connection, cycle, office.reference_code, text, by=required(by, "--by"))
    say(words("question.entered", office=office.short_name, code=office.reference_code))


def _read(file: Path) -> AdHocForm:
    """The form in a YAML file. Raises ValueError naming the file, FormRefused naming the fields."""
    import yaml

    from reporting import plain_yaml
    from reporting.cycles.ad_hoc import read_form

    try:
        entered: Any = plain_yaml.load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{file}: not readable as YAML in UTF-8: {error}") from error
    if not isinstance(entered, dict):
        raise ValueError(f"{file}: expected fields with their values, such as title: …")
    return read_form(entered)


@contextmanager
def _refusals() -> Iterator[None]:
    """Tell everything that is to be mended, a line each, and end with exit code 2."""
    from reporting.cycles.ad_hoc import FormRefused
    from reporting.cycles.questions import QuestionRefused

    try:
        yield
    except (FormRefused, QuestionRefused) as refused:
        for problem in refused.problems:
            note(problem)
        raise typer.Exit(REFUSED) from refused

"""`reporting check` and `reporting intake files`: what the pipeline would say about files."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reporting.cli.arguments import AsJson
from reporting.cli.output import as_json, as_json_line, note, say, words
from reporting.cli.surroundings import without_warehouse

if TYPE_CHECKING:
    from reporting.intake.files import Asked

ACCEPTABLE, TO_COMPLETE, UNREADABLE = 0, 1, 2
"""Exit codes of `reporting check`."""
_EXIT_CODES = {
    "accepted": ACCEPTABLE,
    "accepted_with_warnings": ACCEPTABLE,
    "to_complete": TO_COMPLETE,
    "unreadable": UNREADABLE,
    "system_fault": UNREADABLE,
    "no_submission": UNREADABLE,
}
FormOption = Annotated[
    str | None, typer.Option("--form", metavar="CODE@VERSION", help="Check against this form.")
]
RegimeOption = Annotated[
    str | None,
    typer.Option("--regime", help="Check as an answer to this regime; else to the one whose form it is."),
]
PeriodOption = Annotated[
    str | None,
    typer.Option(
        "--period", help="Check as an answer for this period; else the one it was made for, or the newest."
    ),
]


def check(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A workbook, or a mail (.eml).")],
    form: FormOption = None,
    regime: RegimeOption = None,
    period: PeriodOption = None,
    json: AsJson = False,
) -> None:
    """Check a workbook and tell its findings in the words its sender would read.

    Exit code 0: it would be accepted; 1: its sender would be asked to complete it; 2: it cannot be read.
    """
    is_key_known = without_warehouse()
    asked = _asked(form, regime, period)
    with _quiet():
        from reporting.intake.files import check_files

        (line,) = check_files([file], asked)
    if json:
        as_json(line)
    else:
        _print_line(line)
    if not is_key_known:
        note("No signing key is known (REPORTING_SIGNING_KEY), so the signature could not be proven.")
    raise typer.Exit(_EXIT_CODES[str(line["outcome"])])


def files(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders with all they hold.")],
    form: FormOption = None,
    regime: RegimeOption = None,
    period: PeriodOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON per file.")] = False,
) -> None:
    """Check any files in one go: workbooks, mails, folders of them, in the order of their names.

    Nothing is kept. A file that cannot be read is told as such; the exit code is 0.
    """
    without_warehouse()
    asked = _asked(form, regime, period)
    with _quiet():
        from reporting.intake.files import check_files

        lines = check_files(paths, asked, note)
    while True:
        with _quiet():
            line = next(lines, None)
        if line is None:
            break
        if json:
            as_json_line(line)
        else:
            _print_line(line)


def _asked(form: str | None, regime: str | None, period: str | None) -> list[Asked]:
    """What files may answer, newest first: the regimes and periods named, or all; with the form named, if one
    is.

    Raises LookupError or ValueError for what does not exist.
    """
    from reporting.cli.cycles import load_known_regime
    from reporting.forms.models import load_form
    from reporting.intake.files import Asked
    from reporting.regimes.models import all_regimes

    regimes = [load_known_regime(regime)] if regime else [r for r in all_regimes() if r.form_code is not None]
    if period is not None and regime is None:
        regimes = [r for r in regimes if any(p.code == period for p in r.periods)]
        if not regimes:
            raise LookupError(f"No regime with a data form has a period {period!r}.")
    code, _, version = (form or "").partition("@")
    if form is not None:
        if not code or not version:
            raise typer.BadParameter("write CODE@VERSION, such as theo_doi_ttdn@2012.1", param_hint="--form")
        load_form(code, version)
        regimes = [r for r in regimes if r.form_code == code]
        if not regimes:
            raise LookupError(f"No regime asks for the form {code!r}; name the regime with --regime.")
        regimes = [r.model_copy(update={"form_code": code, "form_version": version}) for r in regimes]
    if any(r.form_code is None for r in regimes):
        raise LookupError(f"Regime {regimes[0].code} asks for no data form: there is no workbook to check.")
    choices = [(r, p) for r in regimes for p in r.periods if period in (None, p.code)]
    if period is not None and not choices:
        choices = [(regimes[0], regimes[0].period(period))]
    choices.sort(key=lambda choice: choice[1].request_on, reverse=True)
    return [Asked(one, of.code) for one, of in choices]


def _print_line(line: Mapping[str, Any]) -> None:
    from reporting.wording.catalogue import text

    for inner in line["inside"]:
        _print_line({**inner, "file": line["file"]})
    if line["inside"]:
        return
    if line["attachment"]:
        say(words("check.attachment", file=line["file"], attachment=line["attachment"]))
    else:
        say(words("check.file", file=line["file"]))
    if line["office"]:
        say(words("check.office", office=line["office"]))
    kind = "arrival" if line["outcome"] == "no_submission" else "submission"
    say(words("check.outcome", outcome=text(f"states.{kind}.{line['outcome']}")))
    if line["question"]:
        say(words("check.question", question=line["question"]))
    _print_findings(line["findings"])
    say("")


def _print_findings(findings: Sequence[Mapping[str, Any]]) -> None:
    """The findings under the name of each sheet, in the order in which the sheets come up."""
    from reporting.validation.findings import Finding, split_message

    by_sheet: dict[str | None, list[Finding]] = {}
    for fields in findings:
        by_sheet.setdefault(fields["sheet"], []).append(Finding(**fields))
    for sheet, found in by_sheet.items():
        say(words("check.whole_file") if sheet is None else words("check.sheet", sheet=sheet))
        for finding in found:
            parts = split_message(finding)
            named = " ".join(
                part for part in (finding.cell, f"({parts.label})" if parts.label else "") if part
            )
            say(
                words(
                    "check.finding",
                    severity=words(f"check.{finding.severity}"),
                    place=f"{named}: " if named else "",
                    what=parts.what,
                )
            )
            if parts.mend:
                say(words("check.mend", mend=parts.mend))
    if findings:
        errors = sum(fields["severity"] == "error" for fields in findings)
        say(words("check.summary", errors=errors, warnings=len(findings) - errors))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what libraries say while checking off stdout, which is for the result, and out of the log."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    stdout, sys.stdout = sys.stdout, sys.stderr
    try:
        yield
    finally:
        sys.stdout = stdout
        logging.disable(before)

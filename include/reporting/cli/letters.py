"""`reporting letter`: the documents of a cycle, their drafts, files and registration."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reporting.cli.arguments import DAY_FORMATS, AsJson, By, CycleId, Force, OutFolder, required
from reporting.cli.output import as_json, at, note, say, table, words, write_file
from reporting.cli.surroundings import warehouse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from reporting.documents.dispatch import Reading
    from reporting.documents.lifecycle import Document, Draft

commands = typer.Typer(
    no_args_is_help=True,
    help="Documents: show, draft, files, register, send-back, axis; notice, erratum, replacement, "
    "recall, revise.",
)
templates = typer.Typer(no_args_is_help=True, help="Word templates of documents: list, check.")
commands.add_typer(templates, name="template")
PLANNED = (
    "request_letter",
    "urging_letter",
    "escalation_letter",
    "summary_report",
    "follow_up_letter",
)
MOMENT_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M", *DAY_FORMATS]
_CONVERTED = {".docx", ".xlsx"}


def _known_kind(given: str) -> str:
    """The kind of a document. Raises BadParameter for one that no cycle can have."""
    from reporting.documents import editions
    from reporting.documents.extra import FAMILIES, family_of

    if given in PLANNED or family_of(given) is not None or editions.is_later(given):
        return given
    families = ", ".join(f"{family}_letter__1" for family in FAMILIES)
    raise typer.BadParameter(f"{given!r} is not one of: {', '.join(PLANNED)}; or such as {families}")


Kind = Annotated[
    str,
    typer.Argument(
        metavar="KIND",
        callback=_known_kind,
        help=f"One of: {', '.join(PLANNED)}; or a document beside the plan, such as erratum_letter__1, "
        "summary_report__2, supplement_report__1.",
    ),
]
Offices = Annotated[
    list[str] | None,
    typer.Option(
        "--office", help="Look-up code or name of an office that it goes to; may be repeated. None: all."
    ),
]
Paragraphs = Annotated[list[str] | None, typer.Option("--paragraph", help="A paragraph; may be repeated.")]
Subject = Annotated[str, typer.Option(help="V/v line; that of the default text, if not given.")]
About = Annotated[
    str, typer.Option(help="Number and symbol (or kind) of the letter that it is about.", show_default=False)
]


def kind_in_words(kind: str) -> str:
    """The kind of a document as an official reads it: "Công văn đính chính 1"."""
    family, _, number = kind.partition("__")
    return f"{words(f'document_kind.{family}')} {number}".strip()


@dataclass(frozen=True)
class _File:
    name: str
    data: bytes


@commands.command()
def show(cycle: CycleId, json: AsJson = False) -> None:
    """Show the documents of a cycle: drafts, what was decided about each, number, publication."""
    from reporting.cycles.opening import regime_of
    from reporting.database import query
    from reporting.documents.dispatch import counts

    with warehouse().connect() as connection:
        regime_of(connection, cycle)
        rows = connection.execute(query("documents/history"), {"cycle_id": cycle}).mappings().all()
        on_axis = {c.kind: c for c in counts(connection, cycle)}
    if json:
        as_json(
            [
                dict(row) | {"axis": asdict(on_axis[row["kind"]]) if row["kind"] in on_axis else None}
                for row in rows
            ]
        )
        return
    if not rows:
        note(words("no_documents"))
        return
    from reporting.wording.vietnamese import short_date

    table(
        [
            "document",
            "version",
            "drafted",
            "decision",
            "decided_by",
            "number",
            "registered_on",
            "signer",
            "published",
            "reason",
        ],
        [
            (
                kind_in_words(row["kind"]),
                row["version"],
                at(row["drafted_at"]),
                words(f"decision.{row['decision']}") if row["decision"] else words("not_done"),
                row["decided_by"],
                row["number"],
                short_date(row["registered_on"]) if row["registered_on"] else None,
                row["signer"],
                at(row["published_at"]),
                row["reason"],
            )
            for row in rows
        ],
    )
    for row in rows:
        if row["text_check"] in ("differs", "unread") and row["difference_accepted_because"]:
            say(
                words(
                    f"text_check.{row['text_check']}",
                    document=kind_in_words(row["kind"]),
                    reason=row["difference_accepted_because"],
                )
            )
    for c in on_axis.values():
        say(words("axis.counts", document=kind_in_words(c.kind), **asdict(c)))
        for refusal in c.refused_by:
            say(words("axis.refused_by", office=refusal))


@commands.command()
def draft(
    cycle: CycleId,
    kind: Kind,
    out: OutFolder,
    stated: Annotated[
        str | None,
        typer.Option(help="For follow_up_letter: print the figures of this file of include/registry/stated."),
    ] = None,
    pdf: Annotated[bool, typer.Option(help="Also as PDF, where LibreOffice is installed.")] = True,
    force: Force = False,
) -> None:
    """Render a document from today's data into a folder, to look at; nothing is kept in the warehouse."""
    if stated is not None and kind != "follow_up_letter":
        raise typer.BadParameter("only follow_up_letter prints stated figures", param_hint="--stated")
    with warehouse().connect() as connection:
        rendered = _render(connection, cycle, kind, stated)
        connection.rollback()
    _write([_File(file.filename, file.data) for file in rendered.files], out, pdf=pdf, force=force)


@commands.command()
def files(
    cycle: CycleId,
    kind: Kind,
    out: OutFolder,
    pdf: Annotated[bool, typer.Option(help="Also as PDF, where LibreOffice is installed.")] = False,
    force: Force = False,
) -> None:
    """Copy the files of a document: of the registered draft, with its signed file, else of the newest."""
    from reporting import archive
    from reporting.database import query
    from reporting.documents import lifecycle

    with warehouse().connect() as connection:
        document = _document(connection, cycle, kind)
        key = {"document_id": document.document_id}
        signed = connection.execute(query("documents/signed_file"), key).one_or_none()
        version = signed.version if signed else document.version
        listed = lifecycle.files(connection, document.document_id, version)
    copied = [_File(filename, archive.read(sha256)) for _, filename, sha256 in listed]
    _write(copied, out, pdf=pdf, force=force)
    if signed is not None:
        write_file(
            out / Path(signed.signed_file_name).name, archive.read(signed.signed_file_sha256), force=force
        )


@commands.command()
def register(
    cycle: CycleId,
    kind: Kind,
    number: Annotated[
        str, typer.Option(help="Number and symbol, such as 212/BTTTT-TTĐN.", show_default=False)
    ],
    date: Annotated[
        datetime, typer.Option(formats=DAY_FORMATS, help="Date of the document.", show_default=False)
    ],
    signer: Annotated[str, typer.Option(help="Who signed.", show_default=False)],
    file: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="The signed file.", show_default=False)
    ],
    by: By,
    accept_difference: Annotated[
        str | None,
        typer.Option(
            metavar="REASON", help="Why the signed file stands although it differs, or cannot be read."
        ),
    ] = None,
) -> None:
    """Enter number, date and signed file of an approved document, as the form in Airflow does.

    The signed text is compared with the approved one; a difference is shown and stands only with a reason.
    """
    from reporting.documents import registration
    from reporting.wording.vietnamese import short_date

    by, signer = required(by, "--by"), required(signer, "--signer")
    with warehouse().begin() as connection:
        document = _document(connection, cycle, kind)
        if document.number is not None:
            raise ValueError(
                f"{kind} of {cycle} is registered already, as {document.number}; that is not changed."
            )
        registration.record_registration(
            connection,
            cycle,
            kind,
            number=number,
            registered_on=date.date(),
            signer=signer,
            signed_file_name=file.name,
            signed_file=file.read_bytes(),
            entered_by=by,
            difference_reason=accept_difference,
        )
    say(
        words(
            "registered",
            document=kind_in_words(kind),
            number=number.strip(),
            date=short_date(date.date()),
        )
    )


@commands.command("send-back")
def send_back(
    cycle: CycleId,
    kind: Kind,
    reason: Annotated[str, typer.Option(help="Why it is to be written anew.", show_default=False)],
    by: By,
) -> None:
    """Take the approval of a document back that has no number yet; it is drafted and asked about anew."""
    from reporting.documents import approval

    by, reason = required(by, "--by"), required(reason, "--reason")
    with warehouse().begin() as connection:
        version = _document(connection, cycle, kind).version
        approval.send_back(connection, cycle, kind, reason, by)
    say(words("sent_back_now", document=kind_in_words(kind), version=version))


@templates.command("list")
def list_templates(json: AsJson = False) -> None:
    """List the Word templates: which file is used, and what is printed at each place of it."""
    from reporting.letters import official
    from reporting.letters.template_check import contracts, place_words
    from reporting.wording.catalogue import text

    printed = place_words()
    listed = []
    for contract in contracts().values():
        path = official.template_path(contract.name)
        is_edited = not path.is_relative_to(official.TEMPLATES)
        names = dict.fromkeys(need.partition("[")[0] for need in contract.needs)
        places = {name: printed[name] for name in names}
        listed.append(
            {
                "template": contract.name,
                "words": contract.words,
                "file": str(path),
                "is_edited": is_edited,
                "places": places,
            }
        )
        if not json:
            state = text("templates.edited" if is_edited else "templates.shipped")
            say(f"{contract.name}: {contract.words} ({state}: {path})")
            for name, meaning in places.items():
                say(f"    {name}: {meaning}")
    if json:
        as_json(listed)


@templates.command("check")
def check_template(
    template: Annotated[
        str,
        typer.Argument(metavar="FILE|NAME", help="A Word file, or a name such as request: the file in use."),
    ],
    as_: Annotated[
        str | None, typer.Option("--as", help="Which template the file is, if its name does not say it.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Also write it filled with sample data.")
    ] = None,
    force: Force = False,
) -> None:
    """Check whether a Word template that was edited can be used; exit code 1 when it cannot."""
    from reporting.letters import official
    from reporting.letters.template_check import check_template as check
    from reporting.letters.template_check import contract_of, fill_sample
    from reporting.wording.catalogue import text

    file = Path(template)
    contract = contract_of(as_ or (file.name if file.suffix else template))
    path = file if file.suffix and file.exists() else official.template_path(contract.name)
    if file.suffix and not file.exists() and template != contract.name:
        raise FileNotFoundError(f"{file} is not there.")
    findings = check(path, contract)
    if findings:
        say(text("templates.unusable", file=path, words=contract.words, count=len(findings)))
        for finding in findings:
            say(f"- {text('templates.entry', place=finding.place, message=finding.message)}")
        raise typer.Exit(1)
    say(text("templates.usable", file=path, words=contract.words))
    if out is not None:
        write_file(out, fill_sample(path, contract), force=force)


class AxisState(StrEnum):
    """Where a document stands on the document axis with one addressee."""

    SENT = "sent"
    ARRIVED = "arrived"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@commands.command()
def axis(
    cycle: CycleId,
    kind: Kind,
    by: By,
    file: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="CSV with the columns Mã cơ quan or Tên cơ quan, Trạng thái, Thời điểm, Ghi chú.",
        ),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Note what the file says; else it is shown.")
    ] = False,
    recipient: Annotated[
        str | None, typer.Option(help="One addressee instead of a file: look-up code or name.")
    ] = None,
    state: Annotated[AxisState | None, typer.Option(help="Its state.")] = None,
    moment: Annotated[
        datetime | None,
        typer.Option("--at", formats=MOMENT_FORMATS, help="Since when; Viet Nam's time."),
    ] = None,
    remark: Annotated[str | None, typer.Option("--note", help="Why it was refused, or a remark.")] = None,
) -> None:
    """Note how a registered document fares on the document axis: from a CSV file, or for one addressee."""
    from reporting.clock import VIETNAM
    from reporting.documents import dispatch

    by = required(by, "--by")
    if (file is None) == (recipient is None):
        raise typer.BadParameter("give either --file, or --recipient with --state and --at")
    if file is None:
        if state is None or moment is None or recipient is None:
            raise typer.BadParameter("--recipient needs --state and --at", param_hint="--recipient")
        with warehouse().begin() as connection:
            is_new = dispatch.record(
                connection,
                cycle,
                kind,
                recipient,
                state.value,
                moment.replace(tzinfo=VIETNAM),
                note=remark,
                by=by,
            )
        say(words("axis.recorded" if is_new else "axis.known", office=recipient, state=_state(state)))
        return
    data = file.read_bytes()
    with warehouse().begin() as connection:
        act = dispatch.import_states if apply else _preview
        reading = act(connection, cycle, kind, data, file.name, by)
    for entry in reading.new:
        say(
            words(
                "axis.row",
                office=f"{entry.short_name} ({entry.reference_code})",
                state=_state(entry.state),
                at=at(entry.occurred_at),
                note=f" – {entry.note}" if entry.note else "",
            )
        )
    for row in reading.refused:
        say(words("axis.refused_row", line=row.line, problem=row.problem))
    say(
        words(
            "axis.applied" if apply else "axis.preview",
            new=len(reading.new),
            known=reading.known_count,
            refused=len(reading.refused),
        )
    )


def _preview(connection: Connection, cycle: str, kind: str, data: bytes, name: str, by: str) -> Reading:
    from reporting.documents import dispatch

    return dispatch.read_states(connection, cycle, kind, data, name)


def _state(state: str) -> str:
    from reporting.wording.catalogue import text

    return text(f"documents.axis.state.{state}")


@commands.command()
def notice(
    cycle: CycleId,
    by: By,
    paragraph: Paragraphs = None,
    subject: Subject = "",
    office: Offices = None,
) -> None:
    """Start a numbered letter of notice to all or some offices of a cycle."""
    _start(cycle, "notice", None, by, subject, paragraph, office)


@commands.command()
def erratum(
    cycle: CycleId,
    about: About,
    by: By,
    place: Annotated[str, typer.Option(help="Where it stands: paragraph, page, appendix.")] = "",
    printed: Annotated[str, typer.Option(help="What is printed there.")] = "",
    corrected: Annotated[str, typer.Option(help="What it should say.")] = "",
    paragraph: Paragraphs = None,
    subject: Subject = "",
    office: Offices = None,
) -> None:
    """Start a letter that corrects a registered one (đính chính), with a number of its own."""
    if bool(printed) != bool(corrected) or (printed and not place):
        raise typer.BadParameter("--place, --printed and --corrected go together", param_hint="--printed")
    corrections = [(place, printed, corrected)] if printed else []
    _start(cycle, "erratum", about, by, subject, paragraph, office, corrections)


@commands.command()
def replacement(
    cycle: CycleId,
    about: About,
    by: By,
    paragraph: Paragraphs = None,
    subject: Subject = "",
    office: Offices = None,
) -> None:
    """Start a letter that replaces a registered one; mails and letters then cite the replacement."""
    _start(cycle, "replacement", about, by, subject, paragraph, office)


@commands.command()
def recall(
    cycle: CycleId,
    about: About,
    by: By,
    paragraph: Paragraphs = None,
    subject: Subject = "",
    office: Offices = None,
) -> None:
    """Start a letter that recalls a registered one; `reporting cycle withdraw` calls the cycle off."""
    _start(cycle, "recall", about, by, subject, paragraph, office)


@commands.command()
def revise(
    cycle: CycleId,
    kind: Kind,
    by: By,
    paragraph: Paragraphs = None,
    subject: Subject = "",
    office: Offices = None,
) -> None:
    """Change what a letter beside the plan says before it is registered; it is put to the approver anew."""
    from reporting.documents import extra

    engine = warehouse()
    with engine.connect() as connection:
        standing = extra.LetterContent.model_validate(extra.known_letter(connection, cycle, kind).content)
    changes: dict[str, object] = {}
    if paragraph:
        changes["paragraphs"] = tuple(paragraph)
    if subject:
        changes["subject"] = subject
    if office:
        changes["offices"] = tuple(office)
    if not changes:
        raise typer.BadParameter("give --paragraph, --subject or --office: what is to be changed")
    version = extra.revise_letter(
        engine, cycle, kind, standing.model_copy(update=changes), by=required(by, "--by")
    )
    say(words("letter_revised", document=kind_in_words(kind), version=version))


def _start(
    cycle: str,
    family: str,
    about: str | None,
    by: str,
    subject: str,
    paragraphs: list[str] | None,
    offices: list[str] | None,
    corrections: Sequence[tuple[str, str, str]] = (),
) -> None:
    """Start a letter beside the plan; cycle_keeper gives it its run."""
    from reporting.cycles.opening import regime_of
    from reporting.documents import extra

    engine, chosen, by = warehouse(), extra.family_named(family), required(by, "--by")
    with engine.connect() as connection:
        regime_of(connection, cycle)  # refuses an unknown cycle
        target = extra.document_named(connection, cycle, about or "")
        content = extra.compose(
            connection,
            cycle,
            chosen,
            about=target,
            subject=subject,
            paragraphs=paragraphs or (),
            corrections=[extra.Correction(*c) for c in corrections],
            offices=offices or (),
        )
    kind = extra.start_letter(engine, cycle, chosen, content, about=target, by=by)
    say(words("letter_started", document=kind_in_words(kind), kind=kind, subject=content.subject))
    note("cycle_keeper starts its run of cycle_letter within two minutes.")


def _document(connection: Connection, cycle: str, kind: str) -> Document:
    """The document of this kind. Raises LookupError when the cycle, or a draft of it, is not there."""
    from reporting.cycles.opening import regime_of
    from reporting.documents import lifecycle

    regime_of(connection, cycle)
    document = lifecycle.find(connection, cycle, kind)
    if document is None or not document.version:
        raise LookupError(f"{cycle} has no {kind} yet; `reporting letter show {cycle}` lists what there is.")
    return document


def _render(connection: Connection, cycle: str, kind: str, stated: str | None) -> Draft:
    """Render within the caller's transaction, which is to be rolled back."""
    from reporting.consolidation.stated import load_stated
    from reporting.cycles.opening import regime_of
    from reporting.cycles.work import consolidate_in, render_document
    from reporting.documents import editions

    regime_of(connection, cycle)  # refuses an unknown cycle
    if editions.family_of(kind) is not None or kind == "follow_up_letter":
        consolidate_in(connection, cycle)
    return render_document(connection, cycle, kind, load_stated(stated))


def _write(files: list[_File], out: Path, *, pdf: bool, force: bool) -> None:
    """Write files into a folder, each text or table also as PDF; says so when LibreOffice is missing."""
    is_told = False
    names = {file.name for file in files}
    for file in files:
        target = out / file.name
        write_file(target, file.data, force=force)
        if not pdf or target.suffix not in _CONVERTED or target.with_suffix(".pdf").name in names:
            continue
        from reporting.pdf import to_pdf

        converted = to_pdf(file.data, target.suffix)
        if converted is not None:
            write_file(target.with_suffix(".pdf"), converted, force=force)
        elif not is_told:
            note("LibreOffice is not installed, so there is no PDF.")
            is_told = True

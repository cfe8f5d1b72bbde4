"""`reporting letter`: the documents of a cycle, their drafts, files and registration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reporting.cli.arguments import (
    DAY_FORMATS,
    AsJson,
    By,
    CycleId,
    DocumentKind,
    Force,
    OutFolder,
    required,
)
from reporting.cli.output import as_json, at, note, say, table, words, write_file
from reporting.cli.surroundings import warehouse

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reporting.documents.lifecycle import Document, Draft

commands = typer.Typer(no_args_is_help=True, help="Documents: show, draft, files, register.")
templates = typer.Typer(no_args_is_help=True, help="Word templates of documents: list, check.")
commands.add_typer(templates, name="template")
Kind = Annotated[DocumentKind, typer.Argument(metavar="KIND", help=f"One of: {', '.join(DocumentKind)}.")]
_CONVERTED = {".docx", ".xlsx"}


@dataclass(frozen=True)
class _File:
    name: str
    data: bytes


@commands.command()
def show(cycle: CycleId, json: AsJson = False) -> None:
    """Show the documents of a cycle: drafts, what was decided about each, number, publication."""
    from reporting.cycles.opening import regime_of
    from reporting.database import query

    with warehouse().connect() as connection:
        regime_of(connection, cycle)
        rows = connection.execute(query("documents/history"), {"cycle_id": cycle}).mappings().all()
    if json:
        as_json([dict(row) for row in rows])
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
                words(f"document_kind.{row['kind']}"),
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
    if stated is not None and kind is not DocumentKind.FOLLOW_UP_LETTER:
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
) -> None:
    """Enter number, date and signed file of an approved document, as the form in Airflow does."""
    from reporting.documents import lifecycle
    from reporting.wording.vietnamese import short_date

    by, signer = required(by, "--by"), required(signer, "--signer")
    with warehouse().begin() as connection:
        document = _document(connection, cycle, kind)
        if document.number is not None:
            raise ValueError(
                f"{kind.value} of {cycle} is registered already, as {document.number}; that is not changed."
            )
        lifecycle.record_registration(
            connection,
            cycle,
            kind.value,
            number=number,
            registered_on=date.date(),
            signer=signer,
            signed_file_name=file.name,
            signed_file=file.read_bytes(),
            entered_by=by,
        )
    say(
        words(
            "registered",
            document=words(f"document_kind.{kind.value}"),
            number=number.strip(),
            date=short_date(date.date()),
        )
    )


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


def _document(connection: Connection, cycle: str, kind: DocumentKind) -> Document:
    """The document of this kind. Raises LookupError when the cycle, or a draft of it, is not there."""
    from reporting.cycles.opening import regime_of
    from reporting.documents import lifecycle

    regime_of(connection, cycle)
    document = lifecycle.find(connection, cycle, kind.value)
    if document is None or not document.version:
        raise LookupError(
            f"{cycle} has no {kind.value} yet; `reporting letter show {cycle}` lists what there is."
        )
    return document


def _render(connection: Connection, cycle: str, kind: DocumentKind, stated: str | None) -> Draft:
    """Render within the caller's transaction, which is to be rolled back."""
    from reporting.consolidation.stated import load_stated
    from reporting.cycles.opening import regime_of
    from reporting.cycles.work import consolidate_in, render_document

    regime_of(connection, cycle)  # refuses an unknown cycle
    if kind in (DocumentKind.SUMMARY_REPORT, DocumentKind.FOLLOW_UP_LETTER):
        consolidate_in(connection, cycle)
    return render_document(connection, cycle, kind.value, load_stated(stated))


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

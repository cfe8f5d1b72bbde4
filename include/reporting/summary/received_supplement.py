"""The supplement to the report of a cycle without a data form: which documents came since, and who answered
otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from reporting.documents.lifecycle import Draft, DraftedFile, hash_of
from reporting.letters.blocks import Block, Cell, Row, Table, heading_cells
from reporting.letters.official import DOCX
from reporting.letters.text import document_date, run_on
from reporting.summary import received_snapshot
from reporting.summary.means import keeps_means
from reporting.summary.received import AnsweringOffice, Received, ReceivedDocument, answer_cell
from reporting.summary.sections import Section, roman
from reporting.summary.snapshot import MEDIA_TYPE
from reporting.summary.supplement import preview, render_supplement
from reporting.summary.supplement_snapshot import About, is_of, packed, unpacked
from reporting.wording.catalogue import text

_ABOUT = "received_supplement.json"


class Say(Protocol):
    """Gives a sentence of the supplement."""

    def __call__(self, key: str, **values: object) -> str: ...


@dataclass(frozen=True)
class ReceivedSupplement:
    """All that such a supplement says: what had come when the report was made (`former`), and by now."""

    about: About
    former: Received
    now: Received


def stored(data: ReceivedSupplement) -> bytes:
    """The snapshot of such a supplement."""
    former, now = (received_snapshot.stored(d) for d in (data.former, data.now))
    return packed(_ABOUT, data.about, former=former, now=now)


def is_one(stored_snapshot: bytes) -> bool:
    """Whether the snapshot is of such a supplement."""
    return is_of(_ABOUT, stored_snapshot)


def opened(stored_snapshot: bytes) -> ReceivedSupplement:
    """The data of such a supplement's snapshot. Raises SnapshotError when it is none."""
    about, former, now = unpacked(_ABOUT, stored_snapshot)
    return ReceivedSupplement(about, received_snapshot.opened(former), received_snapshot.opened(now))


def held_by(report_snapshot: bytes) -> Received:
    """The cycle as a report of it, an edition or a supplement, had it."""
    if is_one(report_snapshot):
        return opened(report_snapshot).now
    return received_snapshot.opened(report_snapshot)


@keeps_means
def received_supplement_draft(data: ReceivedSupplement) -> Draft:
    """The draft of such a supplement, and the snapshot from which it was rendered and can be again."""
    now = data.now
    shared: dict[str, object] = {
        "ministry": now.cycle.regime.ministry.name,
        "addressee": now.report.addressee,
        "subject": now.report.subject,
        "noun": text("report.nouns.office"),
        "number": data.about.number,
        "date": document_date(data.about.registered_on),
        "sequence": data.about.sequence,
    }

    def say(key: str, **values: object) -> str:
        return text(f"editions.supplement.{key}", **{**shared, **values})

    changed = _changed(data)
    blocks = [Block("body", say("received.count", count=len(changed)))]
    documents = [d for d in now.documents() if d.answer.registered_number not in _numbers(data.former)]
    sections = [Section("answers", roman(1), say("headings.answers"), (*blocks, *_table(documents, say)))]
    opening = [Block("body", p) for p in run_on([say("basis"), say("opening")])]
    rows = list(_rows(data, changed, say))
    files = (
        DraftedFile(
            "report",
            text("editions.files.report"),
            render_supplement(
                now.cycle.regime,
                mode=now.cycle.mode,
                year=now.cycle.report_year,
                report=now.report,
                subject=say("subject_line"),
                opening=opening,
                sections=sections,
                closing=say("closing"),
                appendix=(say("appendix.name"), say("appendix.answers"), rows),
            ),
            DOCX,
        ),
    )
    title = say("title")
    return Draft(
        title=title,
        body_markdown=preview(title, now.cycle.mode, files, opening, sections, say("closing")),
        data_hash=hash_of(
            [asdict(data.about), [asdict(office) for _, office in changed], [b.text for b in opening]]
        ),
        files=(*files, DraftedFile("snapshot", text("report.files.snapshot"), stored(data), MEDIA_TYPE)),
    )


def _changed(data: ReceivedSupplement) -> list[tuple[AnsweringOffice | None, AnsweringOffice]]:
    """The offices one of whose answers is otherwise now, each as it was and as it is."""
    before = {office.organization_id: office for office in data.former.offices}
    found = []
    for office in data.now.offices:
        was = before.get(office.organization_id)
        if was is None or was.answers != office.answers:
            found.append((was, office))
    return found


def _numbers(data: Received) -> set[str | None]:
    return {document.answer.registered_number for document in data.documents()}


def _table(documents: Sequence[ReceivedDocument], say: Say) -> Iterator[Block]:
    if not documents:
        return
    yield Block("body", say("received.documents"))
    columns = ("position", "office", "number", "signed_on", "received_on")
    rows: list[Row] = [heading_cells(say(f"columns.{c}") for c in columns)]
    for place, d in enumerate(documents, 1):
        assert d.answer.signed_on is not None  # it is a registered document
        assert d.answer.received_on is not None
        rows.append(
            (
                Cell(str(place), align="center"),
                Cell(d.office.short_name),
                Cell(d.answer.document_number or "", align="center"),
                Cell(document_date(d.answer.signed_on), align="center"),
                Cell(document_date(d.answer.received_on), align="center"),
            )
        )
    yield Block("table", table=Table((1.2, 5.5, 4.2, 2.8, 2.8), tuple(rows)))


def _rows(
    data: ReceivedSupplement, changed: Sequence[tuple[AnsweringOffice | None, AnsweringOffice]], say: Say
) -> Iterator[Block]:
    columns = ("position", "office", "content", "former", "now")
    rows: list[Row] = [heading_cells(say(f"columns.{c}") for c in columns)]
    for was, office in changed:
        for code, label, _ in data.now.deliverables:
            former = was.answers.get(code) if was is not None else None
            answer = office.answers.get(code)
            if former != answer:
                cells = (label[:1].upper() + label[1:], answer_cell(former), answer_cell(answer))
                rows.append(
                    (Cell(str(len(rows)), align="center"), Cell(office.short_name), *map(Cell, cells))
                )
    if len(rows) > 1:
        yield Block("table", table=Table((1.2, 4.6, 6.7, 6.6, 6.6), tuple(rows)))

"""What a draft says otherwise than the last one that was decided upon (or the one before it): figures,
paragraphs by section, what came in between, and whether the sections that were remarked upon changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher

from sqlalchemy import Connection

from reporting.database import query
from reporting.documents import lapse
from reporting.documents.lifecycle import Document, version_of
from reporting.documents.remarks import Remark, remarks
from reporting.documents.sections import sections, text_of_report
from reporting.forms.models import Form
from reporting.letters.cycle import load_letter_cycle
from reporting.letters.text import escape
from reporting.wording.catalogue import WordingError, text
from reporting.wording.vietnamese import number

MOST_SHOWN = 8
"""So many changes of a kind are shown; of the others the number is told."""
WORDS_AROUND = 4
LONGEST_EXCERPT = 160
SIMILAR = 0.5
"""Two paragraphs that agree so far are one that was changed; less, one taken out and another put in."""


@dataclass(frozen=True)
class FigureChange:
    """A figure named in the report's sentences: None where it does (or did) not stand there."""

    figure: str
    before: Decimal | None
    after: Decimal | None


@dataclass(frozen=True)
class ParagraphChange:
    """A paragraph of a section: None where it was put in (before) or taken out (after)."""

    section: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Difference:
    """What changed from the draft `earlier`; `remarks` are those made about it, with whether the section that
    they name changed since.
    """

    earlier: int
    figures: tuple[FigureChange, ...]
    paragraphs: tuple[ParagraphChange, ...]
    sources: tuple[str, ...]
    remarks: tuple[tuple[Remark, bool], ...]


def difference(connection: Connection, document: Document, version: int) -> Difference | None:
    """How a draft differs from the last one before it about which anybody decided, else from the one before;
    None for the first draft.
    """
    if version <= 1:
        return None
    key = {"document_id": document.document_id, "version": version}
    earlier = connection.execute(query("documents/decided_before"), key).scalar_one() or version - 1
    before = version_of(connection, document.document_id, earlier).body_markdown
    after = version_of(connection, document.document_id, version).body_markdown
    rows = connection.execute(query("documents/changed_figures"), key | {"earlier": earlier})
    paragraphs = changed_paragraphs(before, after)
    touched = {change.section for change in paragraphs}
    return Difference(
        earlier=earlier,
        figures=tuple(FigureChange(r.figure, r.before, r.after) for r in rows),
        paragraphs=paragraphs,
        sources=lapse.changes(connection, document.document_id, earlier, version),
        remarks=tuple((r, r.section in touched) for r in remarks(connection, document.document_id, earlier)),
    )


def remarks_to_answer(connection: Connection, document: Document) -> tuple[Remark, ...]:
    """The remarks about sections that the newest draft is to answer: those made about it, if it was sent
    back, else about the last one before it about which anybody decided.
    """
    own = remarks(connection, document.document_id, document.version)
    if own or document.version <= 1:
        return own
    key = {"document_id": document.document_id, "version": document.version}
    earlier = connection.execute(query("documents/decided_before"), key).scalar_one()
    return () if earlier is None else remarks(connection, document.document_id, earlier)


def changed_paragraphs(before: str, after: str) -> tuple[ParagraphChange, ...]:
    """The paragraphs that two previews of a document have otherwise, by section, in the order of the later
    one; sections that are no more come last.
    """
    old = _by_heading(before)
    new = _by_heading(after)
    found: list[ParagraphChange] = []
    for heading in [*new, *(h for h in old if h not in new)]:
        found += _changed(heading, old.get(heading, []), new.get(heading, []))
    return tuple(found)


def in_words(connection: Connection, document: Document, found: Difference) -> str:
    """The difference as Markdown for the head of a question; each list is cut off after MOST_SHOWN."""
    labels = _labels(load_letter_cycle(connection, document.cycle_id).form) if found.figures else {}
    parts = [
        _listed("sources", [escape(source) for source in found.sources]),
        _listed("figures", [_figure(change, labels) for change in found.figures]),
        _listed("paragraphs", [_paragraph(change) for change in found.paragraphs]),
        _listed("remarks", [_remark(remark, is_changed) for remark, is_changed in found.remarks]),
    ]
    heading = text("approval.difference.heading", version=found.earlier)
    told = "\n\n".join(part for part in parts if part)
    return f"{heading}\n\n{told or text('approval.difference.none')}"


def _by_heading(body: str) -> dict[str, list[str]]:
    """Paragraphs by heading; those of headings that stand twice are taken together."""
    found: dict[str, list[str]] = {}
    for section in text_of_report(sections(body)):
        found.setdefault(section.heading, []).extend(section.paragraphs)
    return found


def _changed(heading: str, old: list[str], new: list[str]) -> list[ParagraphChange]:
    found = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        gone, come = old[i1:i2], new[j1:j2]
        while gone and come:
            before, after = gone.pop(0), come.pop(0)
            if SequenceMatcher(None, before.split(), after.split(), autojunk=False).ratio() >= SIMILAR:
                found.append(ParagraphChange(heading, before, after))
            else:
                found += [ParagraphChange(heading, before, None), ParagraphChange(heading, None, after)]
        found += [ParagraphChange(heading, paragraph, None) for paragraph in gone]
        found += [ParagraphChange(heading, None, paragraph) for paragraph in come]
    return found


def _listed(kind: str, lines: list[str]) -> str:
    if not lines:
        return ""
    shown = [f"- {line}" for line in lines[:MOST_SHOWN]]
    if len(lines) > MOST_SHOWN:
        shown.append("- " + text("approval.difference.more", count=len(lines) - MOST_SHOWN))
    return "\n".join([text(f"approval.difference.{kind}"), "", *shown])


def _labels(form: Form | None) -> dict[str, str]:
    """What the codes of figures stand for: sections, indicators, quantities, open tables, their columns."""
    if form is None:
        return {}
    quantities = form.quantities.rows if form.quantities else ()
    return {
        **{s.code: s.label for s in form.sections},
        **{i.code: i.short_label for i in form.indicators},
        **{q.code: q.short_label for q in quantities},
        **{o.code: o.title for o in form.lists},
        **{c.code: c.label for o in form.lists for c in o.columns},
    }


def _figure(change: FigureChange, labels: dict[str, str]) -> str:
    name = change.figure.removeprefix("previous:")
    kind, *rest = name.split(":")
    label = labels.get(rest[0], rest[0]) if rest else ""
    try:
        key = f"approval.figure.{kind}{'_year' if len(rest) > 1 else ''}"
        what = text(key, label=label, year=" – ".join(labels.get(part, part) for part in rest[1:]))
    except WordingError:
        what = text("approval.figure.other", label=label or kind, figure=name)
    if name != change.figure:
        what = text("approval.figure.previous", what=what)
    return text(
        "approval.difference.figure",
        what=escape(what),
        before=_value(change.before),
        after=_value(change.after),
    )


def _value(value: Decimal | None) -> str:
    return text("approval.difference.nothing") if value is None else number(value.normalize())


def _paragraph(change: ParagraphChange) -> str:
    section = escape(change.section) if change.section else text("approval.difference.opening")
    if change.before is None:
        return text("approval.difference.added", section=section, words=_cut(change.after or ""))
    if change.after is None:
        return text("approval.difference.removed", section=section, words=_cut(change.before))
    before, after = _around(change.before, change.after)
    return text("approval.difference.changed", section=section, before=before, after=after)


def _around(before: str, after: str) -> tuple[str, str]:
    """The places where two paragraphs first and last differ, with some words around."""
    old, new = before.split(), after.split()
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return _window(old, start, end), _window(new, start, end)


def _window(words: list[str], start: int, end: int) -> str:
    first = max(0, start - WORDS_AROUND)
    last = min(len(words), len(words) - end + WORDS_AROUND)
    shown = " ".join(words[first:last])
    return _cut(f"{'… ' if first else ''}{shown}{' …' if last < len(words) else ''}")


def _cut(words: str) -> str:
    """The beginning of a paragraph in one line; cut between words, without half of a mark of Markdown."""
    line = re.sub(r"^(?:[#>|-]|\d+\.)\s+", "", " ".join(words.split()))
    if len(line) <= LONGEST_EXCERPT:
        return line
    return line[:LONGEST_EXCERPT].rsplit(" ", 1)[0].rstrip("\\*_`") + " …"


def _remark(remark: Remark, is_changed: bool) -> str:
    return text(
        f"approval.difference.remark_{'changed' if is_changed else 'unchanged'}",
        section=escape(remark.section),
        remark=escape(remark.remark),
        by=escape(remark.entered_by),
    )

"""How a mail reads: plain text and HTML from one template, so that the two never differ.

include/templates/mail/<name>.txt.j2 holds a subject and a body; frame.txt.j2 what surrounds every body. The
rendered text is cut into paragraphs and lists; joined with line breaks they are the plain text, laid out by
layout.html.j2 they are the HTML.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from jinja2.runtime import Context
from sqlalchemy import Connection

from reporting.settings import INCLUDE
from reporting.wording.catalogue import text

FOLDER = INCLUDE / "templates" / "mail"
_FRAME_VALUES = {
    "notice": (),
    "salutation": ("recipient_name",),
    "signature": ("unit_name", "ministry_name"),
    "closing_note": ("unit_name", "reference_code"),
}
_BLANKS = re.compile(r"\s+")
_ENTRY = re.compile(r"^(?:(?P<bullet>-)|(?P<number>\d+)\.) +")

Kind = Literal["paragraph", "numbered", "bulleted"]


@dataclass(frozen=True)
class Block:
    """A paragraph (`entries` has one item) or a list of a mail."""

    kind: Kind
    entries: tuple[str, ...]

    @property
    def text(self) -> str:
        """The paragraph."""
        return self.entries[0]

    def plain(self) -> str:
        """The block in plain text; lists one entry a line."""
        if self.kind == "numbered":
            return "\n".join(f"{number}. {entry}" for number, entry in enumerate(self.entries, start=1))
        if self.kind == "bulleted":
            return "\n".join(f"- {entry}" for entry in self.entries)
        return self.text


@dataclass(frozen=True)
class Composed:
    """A mail as its receiver reads it."""

    subject: str
    body_text: str
    body_html: str


def compose(name: str, values: Mapping[str, object], *, is_rehearsal: bool) -> Composed:
    """Render the mail `name`, a template of include/templates/mail such as request or receipt.

    A rehearsal's mail says so in its subject and at its top. Raises jinja2.UndefinedError naming a value that
    the template needs and `values` lacks, jinja2.TemplateNotFound for an unknown name.
    """
    template_name = f"{name}.txt.j2"
    context = _context(template_name, values)
    prefix = _frame_text("subject_prefix", ()) if is_rehearsal else ""
    subject = " ".join((prefix + _render(template_name, "subject", context)).split())
    parts = {
        "notice": _frame("notice", values) if is_rehearsal else (),
        "salutation": _frame("salutation", values),
        "body": tuple(_cut(_render(template_name, "body", context))),
        "signature": _frame("signature", values),
        "closing_note": _frame("closing_note", values),
    }
    html = _layout(subject, parts)
    pieces = [
        *(block.plain() for part in ("notice", "salutation", "body") for block in parts[part]),
        "\n".join(block.plain() for block in parts["signature"]),
        "\n".join(["-- ", *(block.plain() for block in parts["closing_note"])]),
    ]
    return Composed(subject, "\n\n".join(pieces) + "\n", html)


def html_of(plain: str) -> str:
    """Plain text that is no mail of a cycle (an alert, a digest) in the same layout, line by line."""
    lines = [Block("paragraph", (line.strip(),)) for line in plain.splitlines() if line.strip()]
    return _layout("", {"notice": [], "salutation": [], "body": lines, "signature": [], "closing_note": []})


def html_of_parts(plain: str) -> str:
    """Plain text that is no mail of a cycle, in the same layout, cut into its paragraphs and lists."""
    parts = {"notice": [], "salutation": [], "body": list(_cut(plain)), "signature": [], "closing_note": []}
    return _layout("", parts)


def preview(connection: Connection, cycle_id: str, step: str) -> str:
    """The mail of `step` (request, or a reminder) as the first recipient would get it, for its approver.

    Before the letter is registered its number and date are shown as an ellipsis. Raises LookupError for an
    unknown cycle or a step that sends no mail of its own accord.
    """
    from reporting.mail import notices  # notices composes through this module

    composed = notices.example(connection, cycle_id, step)
    return f"{text('mail.preview.heading', subject=composed.subject)}\n\n{composed.body_text}"


def _layout(subject: str, parts: Mapping[str, Sequence[Block]]) -> str:
    return _environment(is_html=True).get_template("layout.html.j2").render(subject=subject, **parts)


@lru_cache(maxsize=2)
def _environment(*, is_html: bool) -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=is_html,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        # a value from outside is one run of words: it cannot open paragraphs or lists of its own
        finalize=None if is_html else _one_line,
    )


def _one_line(value: object) -> object:
    if isinstance(value, str) and not value.isprintable():  # as it is where line breaks and tabs stand
        return _BLANKS.sub(" ", value)
    return value


def _context(template_name: str, values: Mapping[str, object]) -> Context:
    # a block is rendered alone, so the module's imports of macros are made by hand
    return _template(template_name).new_context({**values, "say": _macros()})


def _render(template_name: str, block: str, context: Context) -> str:
    return unicodedata.normalize("NFC", "".join(_template(template_name).blocks[block](context)))


@lru_cache(maxsize=64)
def _template(name: str) -> Template:
    return _environment(is_html=False).get_template(name)


@lru_cache(maxsize=1)
def _macros() -> object:
    return _template("macros.txt.j2").module


def _frame(block: str, values: Mapping[str, object]) -> tuple[Block, ...]:
    """A part that every mail has, rendered once for each set of the values it names."""
    return _frame_of(block, tuple((name, values[name]) for name in _FRAME_VALUES[block] if name in values))


@lru_cache(maxsize=1024)
def _frame_of(block: str, values: tuple[tuple[str, object], ...]) -> tuple[Block, ...]:
    return tuple(_cut(_frame_text(block, values)))


def _frame_text(block: str, values: tuple[tuple[str, object], ...]) -> str:
    return _render("frame.txt.j2", block, _context("frame.txt.j2", dict(values)))


def _cut(rendered: str) -> Iterable[Block]:
    """Paragraphs are set apart by empty lines; lines that open with "- " or "1. " are entries of a list."""
    for part in re.split(r"\n\s*\n", rendered.strip()):
        kind: Kind = "paragraph"
        entries: list[str] = []
        for raw in part.splitlines():
            line = raw.strip()
            mark = _ENTRY.match(line)
            if mark:
                if entries and kind == "paragraph":
                    yield Block(kind, tuple(entries))
                    entries = []
                kind = "bulleted" if mark["bullet"] else "numbered"
                entries.append(line[mark.end() :])
            elif line and entries:
                entries[-1] += " " + line
            elif line:
                entries.append(line)
        if entries:
            yield Block(kind, tuple(" ".join(entry.split()) for entry in entries))

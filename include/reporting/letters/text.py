"""From a letter's text as data to its printed paragraphs, and to the preview that the approver reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from reporting.regimes.models import LetterText, Regime
from reporting.wording.catalogue import catalogue, text

_LAST_PADDED_MONTH = 2


def paragraphs(letter: LetterText, values: Mapping[str, object]) -> list[str]:
    """The body's paragraphs in order: basis, opening, requests, closing, with {placeholders} filled.

    A basis that ends with a comma runs on into the paragraph after it. Requests are numbered, except
    those whose text begins with a dash; the further lines of a request are paragraphs below it. Raises
    KeyError naming a placeholder that has no value.
    """
    opening = [fill(p, values) for p in (*letter.basis, *letter.opening)]
    if letter.requests_intro:
        opening.append(fill(letter.requests_intro, values))
    requests: list[str] = []
    number = 0
    for request in letter.requests:
        lines = [line.strip() for line in fill(request, values).splitlines() if line.strip()]
        if lines and not lines[0].startswith("-"):
            number += 1
            lines[0] = f"{number}. {lines[0]}"
        requests += lines
    return [*run_on(opening), *requests, *(fill(p, values) for p in letter.closing)]


def run_on(parts: Sequence[str]) -> list[str]:
    """Join a part that ends with a comma to the one after it, which then begins in lower case."""
    joined: list[str] = []
    for part in parts:
        if joined and joined[-1].endswith(","):
            keeps_capital = part.startswith(text("letters.keeps_capital"))
            joined[-1] = f"{joined[-1]} {part if keeps_capital else part[:1].lower() + part[1:]}"
        else:
            joined.append(part)
    return joined


def salutation(letter: LetterText, regime: Regime) -> list[str]:
    """Whom the letter greets: its own salutation, or those whom the regime asks."""
    asked = [a.salutation for a in regime.addressees if a.role == "owes" and a.salutation]
    return list(letter.salutation) or asked


def fill(template: str, values: Mapping[str, object]) -> str:
    """`template` with its {placeholders} filled; one with an empty value falls away with the blank before it.

    Raises KeyError naming one that has no value, ValueError where a brace stands alone.
    """
    empty = "|".join(re.escape(name) for name, value in values.items() if value == "")
    shortened = re.sub(rf"(?<!{{) ?{{(?:{empty})}}(?!}})", "", template) if empty else template
    try:
        return shortened.format(**values)
    except KeyError as missing:
        known = ", ".join(sorted(values))
        raise KeyError(
            f"The paragraph {template[:60]!r}… wants {missing}, but there are only: {known}."
        ) from missing
    except (ValueError, IndexError) as error:
        raise ValueError(
            f"The paragraph {template[:60]!r}… has a brace that opens or closes no placeholder; "
            "a brace that is to be printed is written twice."
        ) from error


def preview(
    *,
    title: str,
    subject: str,
    addressees: Sequence[str],
    body: Sequence[str],
    copies: Sequence[str],
    capacity: Sequence[str],
    signer: str,
    watermark: object,
    after: Sequence[str] = (),
) -> str:
    """The letter as Markdown, for the approver in Airflow: the same words as the Word file."""
    parts = [
        text("letters.preview.heading", title=title),
        text("letters.preview.status", watermark=watermark),
        text("letters.preview.subject", subject=subject),
        text("letters.preview.to", addressee="; ".join(addressees)),
        *(escape(p) for p in body),
        text("letters.preview.copies", copies="; ".join(copies)),
        text("letters.preview.signer", capacity=" ".join(capacity), name=signer),
        *after,
    ]
    return "\n\n".join(parts) + "\n"


def document_date(day: date) -> str:
    """The date of a document as letters cite it: "03/12/2012", "18/01/2013"; zeros as in the date line."""
    month = f"{day.month:02d}" if day.month <= _LAST_PADDED_MONTH else str(day.month)
    return text("letters.document_date", day=day.day, month=month, year=day.year)


def document_number(number: str) -> str:
    """A document's number as letters cite it: "05/BTTTT-TTĐN"; below 10 with a zero, whatever was entered."""
    figures, slash, symbol = number.partition("/")
    return f"{int(figures):02d}{slash}{symbol}" if figures.isdecimal() else number


def unbroken(line: str) -> str:
    """`line` with blanks that do not break where the catalogue says so (letters.no_break): "2011 - 2012"."""
    for form in _no_break_forms():
        pattern = re.escape(form).replace(r"\#", r"\d[\d./]*").replace(r"\ ", "[ \N{NO-BREAK SPACE}]")
        line = re.sub(
            rf"(?<!\w){pattern}(?!\w)", lambda found: found.group().replace(" ", "\N{NO-BREAK SPACE}"), line
        )
    return line


def _no_break_forms() -> tuple[str, ...]:
    return tuple(form for key, form in catalogue().items() if key.startswith("letters.no_break."))


def escape(value: str) -> str:
    """`value` so that Markdown shows it as it is: no heading, list, table cell or link comes of it."""
    escaped = "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in " ".join(value.split()))
    return f"\\{escaped}" if escaped.startswith(("-", "+", ">")) else escaped

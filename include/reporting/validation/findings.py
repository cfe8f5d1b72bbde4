"""What is to be mended or explained in a workbook, in the words its sender reads
(include/wording/findings.yaml).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from reporting.wording.catalogue import text

Severity = Literal["error", "warning"]
Stage = Literal["container", "template", "identity", "cells", "form", "history"]

STAGES: tuple[Stage, ...] = ("container", "template", "identity", "cells", "form", "history")
"""The gates in order; an error in one of the first three keeps the later ones from being tried."""

NOTICES = frozenset(
    (
        "cell_is_in_reach",
        "cell_is_shown",
        "cell_is_single",
        "identity_is_signed",
        "macros_are_ignored",
        "organization_name_is_known",
        "row_is_in_table",
        "sender_is_known",
        "template_is_kept",
        "text_is_unicode",
    )
)
"""Rules whose warnings tell the sender how a file was read: to be looked at, not to be explained."""

MEND = " → "
"""Between what is not right and how to mend it."""
_AFTER_PLACE = ": "


@dataclass(frozen=True)
class Finding:
    """One thing in a workbook: an error must be mended, a warning may be explained.

    `cell` holds A1 addresses of the sender's own sheet, several joined by ", ", runs as "F9:F12". `message`
    is the whole sentence: place, what, how to mend. `explanation` is the reason that the sender gave for a
    warning; `rule_waiver_id` the waiver under which the finding asks nothing of the sender.
    """

    severity: Severity
    stage: Stage
    rule: str
    sheet: str | None
    cell: str | None
    indicator: str | None
    value_seen: str | None
    message: str
    explanation: str | None = None
    rule_waiver_id: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it asks something of the sender: neither explained nor allowed by a waiver."""
        return self.explanation is None and self.rule_waiver_id is None


@dataclass(frozen=True)
class MessageParts:
    """A message taken apart for a table: the label in brackets, what is not right, how to mend it."""

    label: str
    what: str
    mend: str


def make_finding(
    rule: str,
    severity: Severity,
    stage: Stage,
    *,
    variant: str | None = None,
    sheet: str | None = None,
    cells: Sequence[str] = (),
    indicator: str | None = None,
    label: str = "",
    value_seen: str | None = None,
    **values: object,
) -> Finding:
    """A finding in the catalogue's words: `findings.rule.<rule>.what` (or `.<variant>`) and `.mend`.

    Raises WordingError when the catalogue lacks the rule or a value for one of its placeholders.
    """
    cell = ", ".join(compress(cells)) or None
    key = f"findings.rule.{rule}.{variant}" if variant else f"findings.rule.{rule}"
    fill = {"value": _shown(value_seen), "label": label, "if_right": "", "only_whole": "", **values}
    what, mend = text(f"{key}.what", **fill), text(f"{key}.mend", **fill)
    place = _place(sheet, cell, label)
    message = text(
        "findings.message" if place else "findings.message_without_place", place=place, what=what, mend=mend
    )
    return Finding(severity, stage, rule, sheet, cell, indicator, value_seen, message)


def more_of(
    rule: str, severity: Severity, stage: Stage, sheet: str, cells: Sequence[str], explain: str
) -> Finding:
    """What a rule finds beyond what is told one by one, in one message that names the cells. `explain` says
    where a reason goes.
    """
    cell = ", ".join(compress(cells))
    what = text("findings.more.what", n=len(cells), title=text(f"findings.rule.{rule}.title"))
    mend = text(f"findings.more.mend.{severity}", explain=explain)
    message = text("findings.message", place=_place(sheet, cell, ""), what=what, mend=mend)
    return Finding(severity, stage, rule, sheet, cell, None, None, message)


def _place(sheet: str | None, cell: str | None, label: str) -> str:
    if sheet is None:
        return ""
    if cell is None:
        return text("findings.place.sheet", sheet=sheet)
    several = "cells" if "," in cell or ":" in cell else "cell"
    key = f"findings.place.{several}_of" if label else f"findings.place.{several}"
    return text(key, sheet=sheet, cell=cell, label=label)


def _shown(value: str | None) -> str:
    """A value as quoted in a message: one line, not longer than a glance."""
    words = " ".join((value or "").split())
    return words if len(words) <= 60 else words[:57].rstrip() + "…"


def split_message(finding: Finding) -> MessageParts:
    """Take a message apart again; for findings that were read back from the warehouse as well."""
    body, _, mend = finding.message.rpartition(MEND)
    if not body:
        body, mend = finding.message, ""
    label = ""
    if finding.sheet is not None:
        place, found, rest = body.partition(_AFTER_PLACE)
        if found:
            body = rest
            if place.endswith(")") and " (" in place:
                label = place[place.index(" (") + 2 : -1]
    return MessageParts(label, body[:1].upper() + body[1:], mend)


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors before warnings, what asks something before what is explained or waived, then by gate; otherwise
    in the order given.
    """
    return tuple(
        sorted(findings, key=lambda f: (f.severity != "error", not f.is_open, STAGES.index(f.stage)))
    )


def compress(cells: Sequence[str]) -> list[str]:
    """Addresses with runs of three or more in one column written as a range: F9, F10, F11 → F9:F11."""
    runs: list[list[str]] = []
    for cell in cells:
        if runs and _column(runs[-1][-1]) == _column(cell) and _row(runs[-1][-1]) + 1 == _row(cell):
            runs[-1].append(cell)
        else:
            runs.append([cell])
    shown: list[str] = []
    for run in runs:
        shown += [f"{run[0]}:{run[-1]}"] if len(run) > 2 else run
    return shown


def expand(cell: str) -> list[str]:
    """The single addresses of what `compress` joined: "F9:F11, G4" → F9, F10, F11, G4."""
    addresses: list[str] = []
    for part in cell.split(", "):
        first, _, last = part.partition(":")
        if last:
            addresses += [f"{_column(first)}{row}" for row in range(_row(first), _row(last) + 1)]
        else:
            addresses.append(first)
    return addresses


def _column(cell: str) -> str:
    return cell.rstrip("0123456789")


def _row(cell: str) -> int:
    return int(cell[len(_column(cell)) :])

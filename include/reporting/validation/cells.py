"""What a failed expectation says of which cells: our own way back from rows of the frame to findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from reporting.validation.expectations import Failure
from reporting.validation.findings import Finding, Severity, make_finding, more_of
from reporting.validation.frame import Entry, Frame
from reporting.validation.models import CheckContext, RuleWaiver
from reporting.validation.phrases import finding_of, how_to_explain, if_right
from reporting.validation.readings import Answers, is_reason
from reporting.wording.catalogue import text
from reporting.workbook.read import ReadWorkbook
from reporting.workbook.values import Cell

SINGLY: Mapping[Severity, int] = {"error": 20, "warning": 5}
"""So many findings of one rule are told one by one; the rest in one message that names the cells."""

_TOGETHER = frozenset({"blank_mark_is_confirmed", "number_is_given", "nil_is_consistent"})
"""Rules whose failures in a workbook are one message: there is nothing else to be said of the single cell."""


class _Hit(NamedTuple):
    """A row that fails a rule, and which of its cells do; the waiver under which it may."""

    entry: Entry
    cells: list[Cell]
    waiver: RuleWaiver | None

    @property
    def explanation(self) -> str | None:
        """The reason that the sender wrote into the explanation of the row."""
        row = self.entry.row
        return row.explanation.text if row is not None and is_reason(row.explanation) else None


_Rule = tuple[str, str, str | None]
"""Rule, severity, the day up to which it only warns: failures that agree in them are spoken of together."""
_Failed = dict[_Rule, tuple[Mapping[str, Any], dict[int, list[Cell]]]]


def cell_findings(
    frame: Frame,
    workbooks: Callable[[int], tuple[ReadWorkbook, str | None]],
    failed: Iterable[Failure],
    context: CheckContext,
) -> dict[int, list[Finding]]:
    """The failures as findings by file, in the order of the suite; a cell that was spoken of is not spoken of
    twice. `workbooks` gives a file's workbook, and whose it is, by its place in the batch.

    An explained warning keeps its explanation; what a waiver allows is a warning that names the waiver.
    """
    by_file: dict[int, _Failed] = {}
    for failure in failed:
        meta = failure.meta
        rule = meta["rule"], meta["severity"], meta["warn_until"]
        for row in failure.row_ids:
            entry = frame.entries[row]
            _, by_row = by_file.setdefault(entry.file, {}).setdefault(rule, (meta, {}))
            cells = by_row.setdefault(row, [])
            cell = entry.cell_of(meta["cell"])
            if cell not in cells:
                cells.append(cell)
    found: dict[int, list[Finding]] = {}
    for file, rules in by_file.items():
        workbook, owner = workbooks(file)
        waivers = [w for w in context.waivers if w.reference_code is None or w.reference_code == owner]
        found[file] = _File(frame, file, workbook, waivers, context).findings(rules)
    return found


class _File:
    """One file's failures on their way to findings."""

    def __init__(
        self,
        frame: Frame,
        file: int,
        workbook: ReadWorkbook,
        waivers: Sequence[RuleWaiver],
        context: CheckContext,
    ) -> None:
        self._frame = frame
        self._answers = frame.answers[file]
        self._workbook = workbook
        self._waivers = waivers
        self._context = context
        self._told: set[tuple[str, str]] = set()
        self._asked: set[tuple[str, str]] = set()

    def findings(self, rules: _Failed) -> list[Finding]:
        found: list[Finding] = []
        for meta, by_row in rules.values():
            severity: Severity = _severity(meta, self._context.period_to)
            hits = [
                _Hit(entry, cells, self._waiver(meta["rule"], entry))
                for row, cells in sorted(by_row.items())
                if not self._is_told(entry := self._frame.entries[row], cells, meta["rule"], severity)
            ]
            if meta["rule"] in _TOGETHER:
                found += self._together(meta, severity, hits)
            else:
                found += self._singly(meta, severity, hits)
            self._note(hits, severity)
        return found

    def _is_told(self, entry: Entry, cells: Iterable[Cell], rule: str, severity: Severity) -> bool:
        told = self._told if severity == "error" else self._told | self._asked
        related = related_cells(rule, entry, self._answers)
        return any((cell.sheet, cell.address) in told for cell in (*cells, *related))

    def _note(self, hits: Iterable[_Hit], severity: Severity) -> None:
        for hit in hits:
            if hit.waiver is None:
                noted = self._told if severity == "error" else self._asked
                noted |= {(cell.sheet, cell.address) for cell in hit.cells}

    def _waiver(self, rule: str, entry: Entry) -> RuleWaiver | None:
        code = entry.key.split(".")[0] if entry.kind == "list_cell" else entry.key
        if entry.kind == "formula" and entry.row is not None:
            code = entry.row.indicator
        for waiver in self._waivers:
            if waiver.rule == rule and waiver.indicator in (None, code):
                return waiver
        return None

    def _singly(self, meta: Mapping[str, Any], severity: Severity, hits: Sequence[_Hit]) -> list[Finding]:
        single: list[Finding] = []
        rest: list[_Hit] = []
        asked = 0
        for hit in hits:
            explanation = hit.explanation if severity == "warning" else None
            if hit.waiver is None and explanation is None:
                asked += 1
                if asked > SINGLY[severity]:
                    rest.append(hit)
                    continue
            finding = finding_of(
                meta, severity, hit.entry, hit.cells, self._frame, self._answers, self._context
            )
            single.append(_allowed(finding, hit.waiver, explanation))
        return single + [
            more_of(meta["rule"], severity, meta["stage"], sheet, cells, how_to_explain(rest[0].entry))
            for sheet, cells in _by_sheet(rest).items()
        ]

    def _together(self, meta: Mapping[str, Any], severity: Severity, hits: Sequence[_Hit]) -> list[Finding]:
        found: list[Finding] = []
        ticks = {"blank_mark_is_confirmed": "blank_means_no", "nil_is_consistent": "nothing_occurred"}
        tick = self._workbook.cover.get(ticks.get(meta["rule"], ""))
        values: dict[str, Any] = {"tick_cell": tick.address, "tick_sheet": tick.sheet} if tick else {}
        if self._answers.says_rest_follows:
            values["only_whole"] = text("findings.only_whole")
        groups: dict[tuple[int | None, str | None], list[_Hit]] = {}
        for hit in hits:
            explanation = hit.explanation if severity == "warning" else None
            key = hit.waiver.rule_waiver_id if hit.waiver else None, explanation
            groups.setdefault(key, []).append(hit)
        for (_, explanation), alike in groups.items():
            for sheet, cells in _by_sheet(alike).items():
                entries = [hit.entry for hit in alike if hit.cells[0].sheet == sheet]
                codes = {entry.key for entry in entries if entry.kind != "cover"}
                if meta["rule"] == "nil_is_consistent":
                    values["variant"] = "content" if codes else "rest_follows"
                finding = make_finding(
                    meta["rule"],
                    severity,
                    meta["stage"],
                    sheet=sheet,
                    cells=cells,
                    indicator=codes.pop() if len(codes) == 1 else None,
                    if_right=if_right(severity, alike[0].entry),
                    **values,
                )
                found.append(_allowed(finding, alike[0].waiver, explanation))
        return found


def related_cells(rule: str, entry: Entry, answers: Answers) -> list[Cell]:
    """The other cells that a rule compares a number with: if something is said of them, it is not said that
    the number does not agree with them.
    """
    if entry.row is None or entry.kind != "quantity":
        return []
    one = answers.quantity_at[entry.key, entry.row.year]
    if rule == "total_is_sum_of_parts":
        codes: Sequence[str] = one.quantity.total_of
    elif rule == "number_is_at_most_another" and one.quantity.at_most:
        codes = [one.quantity.at_most]
    elif rule == "number_has_its_mark" and one.quantity.needs_mark:
        mark = answers.mark_at.get((one.quantity.needs_mark, entry.row.year))
        return [mark.row.mark] if mark else []
    else:
        return []
    years = [answers.quantity_at.get((code, entry.row.year)) for code in codes]
    return [other.row.value for other in years if other is not None]


def _severity(meta: Mapping[str, Any], period_to: date) -> Severity:
    until = meta["warn_until"]
    if meta["severity"] == "warning" or (until is not None and period_to <= date.fromisoformat(until)):
        return "warning"
    return "error"


def _allowed(finding: Finding, waiver: RuleWaiver | None, explanation: str | None) -> Finding:
    if waiver is not None:
        return replace(finding, severity="warning", rule_waiver_id=waiver.rule_waiver_id)
    return replace(finding, explanation=explanation) if explanation else finding


def _by_sheet(hits: Iterable[_Hit]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for hit in hits:
        for cell in hit.cells:
            found.setdefault(cell.sheet, []).append(cell.address)
    return found

"""What an office reported last, as its next workbook shows it: filled in where it lasts, else beside.

Only marks of lasting indicators, of the same year, with the document behind them, and the focal point are
filled in as answers; numbers of a new period, and marks that were not set, are shown and claimed by nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from reporting.forms.models import Form, Indicator
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import number, short_date


@dataclass(frozen=True)
class PriorAnswer:
    """A mark or a number as it was accepted last time, in the states of core.fact."""

    state: str
    value: Decimal | None = None
    document_number: str | None = None
    document_on: date | None = None


@dataclass(frozen=True)
class LastPeriod:
    """What an office reported last: `label` is what that period is called, `answers` are by indicator and
    year, `contact` the focal point by the cover's fields.
    """

    label: str
    answers: Mapping[tuple[str, int], PriorAnswer] = field(default_factory=dict)
    contact: Mapping[str, str] = field(default_factory=dict)

    def filled_in(self, indicator: Indicator, year: int) -> PriorAnswer | None:
        """The mark that is filled in for a year: one that was set for that very year and lasts."""
        found = self.answers.get((indicator.code, year))
        return found if indicator.is_lasting and found is not None and found.state == "yes" else None

    def mark_shown(self, indicator: Indicator, year: int) -> str:
        """What stands beside a mark: the mark of that year, or of the last year before it; "" for none."""
        found = self._last_of(indicator.code, year)
        if found is None:
            return ""
        at, answer = found
        words = text(f"workbook.prior.mark.{answer.state}")
        evidence = [answer.document_number, answer.document_on and short_date(answer.document_on)]
        if given := [part for part in evidence if part]:
            words = text("workbook.prior.with_evidence", mark=words, evidence=", ".join(given))
        return words if at == year else text("workbook.prior.of_year", words=words, year=at)

    def number_shown(self, code: str, years: Iterable[int]) -> str:
        """What stands beside the numbers of a row: of the last year asked for, or before it; "" for none."""
        year = max(years)
        found = self._last_of(code, year)
        if found is None or found[1].state == "blank":
            return ""
        at, answer = found
        if answer.state == "value" and answer.value is not None:
            words = number(answer.value.normalize() if answer.value else Decimal(0))
        else:
            words = text(f"workbook.prior.number.{answer.state}")
        return words if at == year else text("workbook.prior.of_year", words=words, year=at)

    def shows_marks(self, form: Form) -> bool:
        """Whether anything stands beside the marks."""
        return any(self.mark_shown(one, year) for one in form.indicators for year in form.years)

    def shows_numbers(self, form: Form) -> bool:
        """Whether anything stands beside the numbers."""
        return any(self.number_shown(one.code, form.years) for one in form.quantity_rows)

    def _last_of(self, code: str, year: int) -> tuple[int, PriorAnswer] | None:
        known = [at for of, at in self.answers if of == code and at <= year]
        return (max(known), self.answers[code, max(known)]) if known else None


NOTHING = LastPeriod("")
"""An office that has not reported before."""

"""The 63 workbooks of the tracking cycle, sent out and filled in, without a warehouse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from benchmarks.installation import KEY
from rehearsal.answers import read_answers
from rehearsal.roster import Office
from rehearsal.scenario import Scenario, load_scenario
from rehearsal.workbooks import CoverEntries, FilledWorkbook
from reporting.calendar.deadlines import Deadline
from reporting.forms.models import Form, load_form
from reporting.regimes.models import load_regime
from reporting.settings import INCLUDE
from reporting.validation.check import CheckContext, WorkbookFile
from reporting.workbook.build import CoverPage, WorkbookIdentity, build_workbook

REGIME, PERIOD = "ttdn_dia_phuong", "2011_2012"
CYCLE = f"{REGIME}__{PERIOD}"
TABLE = INCLUDE / "rehearsal" / "tracking_2011_2012.csv"


@dataclass(frozen=True)
class Request:
    """What one office is sent."""

    form: Form
    identity: WorkbookIdentity
    cover: CoverPage

    def build(self) -> bytes:
        """Its workbook."""
        return build_workbook(self.form, self.identity, self.cover, KEY)


@cache
def scenario() -> Scenario:
    """The offices of the cycle."""
    return load_scenario("tracking_2011_2012")


def offices() -> list[Office]:
    """The 63 departments, in the order of the list."""
    return [behaviour.office for behaviour in scenario().behaviours.values()]


@cache
def requests() -> tuple[Request, ...]:
    """The requests to all 63 offices."""
    regime = load_regime(REGIME)
    period = regime.period(PERIOD)
    form = load_form(regime.form_code, regime.form_version)
    if period.deadline.kind == "open" or period.deadline.day is None:
        raise RuntimeError(f"{REGIME} {PERIOD} has no deadline; nothing can be measured")
    deadline = Deadline(period.deadline.kind, period.deadline.day)
    found = []
    for number, office in enumerate(offices(), start=1):
        cover = CoverPage(
            report_title=period.report_title,
            letter_number="3621/BTTTT-TTĐN",
            letter_on=period.request_on,
            period_label=period.label,
            deadline_phrase=deadline.phrase,
            last_day_phrase=deadline.last_day_phrase,
            organization_name=office.name,
            ministry_name=regime.ministry.name,
            unit_name=regime.unit.name,
            contact_line=regime.unit.contact,
        )
        identity = WorkbookIdentity(CYCLE, f"TTDN12-{number:02d}", form.code, form.version)
        found.append(Request(form, identity, cover))
    return tuple(found)


@cache
def filled() -> tuple[WorkbookFile, ...]:
    """Every office's answer as the tracking table has it, as a file."""
    form = requests()[0].form
    answers = read_answers(TABLE, form, scenario().index)
    on = date(2012, 12, 12)
    found = []
    for request, office in zip(requests(), offices(), strict=True):
        workbook = FilledWorkbook(request.build())
        cover = CoverEntries("45/BC-STTTT", on, "Nguyễn Văn An", "Trần Thị Bình", office.address, on)
        workbook.fill(answers[office.organization_id], cover, form)
        found.append(
            WorkbookFile(f"{office.organization_id}.xlsx", workbook.save(), request.identity.reference_code)
        )
    return tuple(found)


def context() -> CheckContext:
    """What the answers are checked against."""
    period = load_regime(REGIME).period(PERIOD)
    codes = [request.identity.reference_code for request in requests()]
    by_office = {office.organization_id: code for office, code in zip(offices(), codes, strict=True)}
    return CheckContext(
        form=requests()[0].form,
        cycle_id=CYCLE,
        cycle_title=period.report_title,
        period_from=period.period_from,
        period_to=period.period_to,
        recipients={code: office.short_name for office, code in zip(offices(), codes, strict=True)},
        resolve=lambda name: by_office.get(scenario().index.resolve(name) or ""),
        signing_key=KEY,
    )

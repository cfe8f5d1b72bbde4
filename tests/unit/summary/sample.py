"""Summary data made from the tracking table of 2011–2012, or from a small table of a test's own."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from reporting.clock import VIETNAM
from reporting.consolidation.reconcile import Discrepancy
from reporting.forms.models import load_form
from reporting.regimes.models import load_regime
from reporting.summary.data import (
    Mark,
    Narrative,
    Office,
    SentMessage,
    SignedReport,
    Submission,
    SummaryData,
)

TABLE = Path(__file__).parents[2] / "data" / "tracking_2011_2012.csv"
LETTER = "Công văn số 212/BTTTT-TTĐN ngày 18/01/2013"
RECEIVED = datetime(2012, 12, 20, 9, 30, tzinfo=VIETNAM)


def rows() -> list[dict[str, str]]:
    """The rows of the tracking table, with the one misspelt name written right."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    for row in found:
        if row["so_tttt"] == "Đông Nai":
            row["so_tttt"] = "Đồng Nai"
    return found


def office(name: str, position: int, *, answered: bool = True, **changes: object) -> Office:
    """An office that answered in time, or never."""
    made = Office(
        organization_id=f"so_tttt_{position}",
        position=position,
        name=f"Sở Thông tin và Truyền thông {name}",
        short_name=name,
        kind="province_department",
        data_form_state="completed" if answered else "closed_missing",
        signed_report_state="completed" if answered else "closed_missing",
        first_received_at=RECEIVED if answered else None,
        accepted_at=RECEIVED if answered else None,
        timeliness="on_time" if answered else "missing",
        days_late=None,
        submission_count=int(answered),
        completion_request_count=0,
        reminder_count=0 if answered else 3,
        is_entered_by_ministry=False,
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def summary(
    marks: Mapping[str, Sequence[str]],
    *,
    silent: Sequence[str] = (),
    narratives: Sequence[tuple[str, str, str]] = (),
    discrepancies: Sequence[Discrepancy] = (),
    mode: str = "live",
) -> SummaryData:
    """The data of a cycle: `marks` maps an office to the columns it marked (quy_che_2011), in list order.

    Offices in `silent` sent nothing; `narratives` are (office, section, text).
    """
    form = load_form("theo_doi_ttdn", "2012.1")
    offices = [office(name, n, answered=name not in silent) for n, name in enumerate(marks, 1)]
    ids = {o.short_name: o.organization_id for o in offices}
    made = []
    for item in offices:
        for row, indicator in enumerate(form.indicators):
            for column, year in enumerate(form.years):
                known = item.short_name not in silent
                is_marked = f"{indicator.code}_{year}" in marks[item.short_name] if known else None
                made.append(
                    Mark(
                        item.organization_id,
                        indicator.code,
                        year,
                        is_marked,
                        f"{item.position}/KH-UBND" if is_marked else None,
                        date(year, 3, 5) if is_marked else None,
                        None,
                        "Biểu 1" if known else None,
                        f"{'CF'[column]}{12 + row}" if known else None,
                        f"{item.organization_id}.xlsx" if known else None,
                    )
                )
    marked = [m for m in made if m.is_marked]
    return SummaryData(
        cycle_id="ttdn_dia_phuong__2011_2012",
        title="tình hình công tác thông tin đối ngoại địa phương năm 2011 - 2012",
        mode=mode,
        period_from=date(2011, 1, 1),
        period_to=date(2012, 12, 31),
        cutoff_on=date(2012, 12, 31),
        deadline_phrase="đến hết ngày 31/12/2012",
        due_at=datetime(2013, 1, 1, tzinfo=VIETNAM),
        report_year=2013,
        request_number="4102/BTTTT-TTĐN",
        request_on=date(2012, 12, 3),
        regime=load_regime("ttdn_dia_phuong"),
        form=form,
        words="department",
        offices=tuple(offices),
        marks=tuple(made),
        totals={
            (i.code, year): sum(m.indicator == i.code and m.year == year for m in marked)
            for i in form.indicators
            for year in form.years
        },
        distinct={
            i.code: len({m.organization_id for m in marked if m.indicator == i.code}) for i in form.indicators
        },
        narratives=tuple(
            Narrative(ids[name], section, body, "Thuyết minh", "C6", f"{ids[name]}.xlsx")
            for name, section, body in narratives
        ),
        submissions=tuple(
            Submission(
                organization_id=o.organization_id,
                version=1,
                channel="mail",
                sender=f"dau-moi@so{o.position}.example",
                filename=f"{o.organization_id}.xlsx",
                sent_at=RECEIVED - timedelta(minutes=2),
                received_at=RECEIVED,
                outcome="accepted",
                entered_for_reason=None,
                is_current=True,
                error_count=0,
                warning_count=0,
            )
            for o in offices
            if o.short_name not in silent
        ),
        signed_reports=tuple(
            SignedReport(
                o.organization_id, str(o.position), f"{o.position}/BC-STTTT", date(2012, 12, 18),
                date(2012, 12, 19), date(2012, 12, 20), "Giám đốc", "GĐ",
            )
            for o in offices
            if o.short_name not in silent
        ),
        messages=tuple(
            SentMessage(ids[name], step, 1, RECEIVED + timedelta(days=n))
            for name in silent
            for n, step in enumerate(("reminder__t_minus_2", "reminder__t_plus_1"))
        ),
        discrepancies=tuple(discrepancies),
    )  # fmt: skip


def table_of_2011_2012(silent: Sequence[str] = (), **more: object) -> SummaryData:
    """The real table: 63 departments, their marks, and the two known discrepancies when none is silent."""
    marks = {
        row["so_tttt"]: [c for c, v in row.items() if c not in {"stt", "so_tttt"} and v.strip()]
        for row in rows()
    }
    marks = {name: [] if name in silent else columns for name, columns in marks.items()}
    discrepancies = []
    if not silent:
        for measure, year, stated in (("total", 2012, 6), ("distinct", 0, 8)):
            names = [
                name
                for name, columns in marks.items()
                if any(c.startswith("quy_che_") and (not year or c.endswith(str(year))) for c in columns)
            ]
            discrepancies.append(
                Discrepancy(measure, "quy_che", year, stated, len(names), LETTER, tuple(names))
            )
    return summary(marks, silent=silent, discrepancies=discrepancies, **more)  # type: ignore[arg-type]

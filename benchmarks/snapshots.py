"""Snapshots of made-up cycles of any size: what a loaded warehouse would give, without the warehouse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Generic, TypeVar

from reporting.clock import VIETNAM
from reporting.forms.models import Form, Indicator, Quantities, load_form
from reporting.regimes.models import load_regime
from reporting.summary import snapshot
from reporting.summary.data import (
    ListRow,
    Mark,
    Narrative,
    Number,
    Office,
    SignedReport,
    Submission,
    SummaryData,
)

Record = TypeVar("Record")

_REGIONS = (
    "Trung du và miền núi phía Bắc", "Đồng bằng sông Hồng", "Bắc Trung Bộ và Duyên hải miền Trung",
    "Tây Nguyên", "Đông Nam Bộ", "Đồng bằng sông Cửu Long",
)  # fmt: skip
_SAID = (
    "Cán bộ làm công tác thông tin đối ngoại chủ yếu kiêm nhiệm",
    "Kinh phí bố trí cho công tác thông tin đối ngoại còn hạn chế",
    "Cơ chế phối hợp giữa các cơ quan chưa chặt chẽ",
    "Trình độ ngoại ngữ của cán bộ chưa đáp ứng yêu cầu",
    "Chưa có quy chế cung cấp thông tin cho báo chí nước ngoài",
)
_RECEIVED = datetime(2024, 12, 16, 9, tzinfo=VIETNAM)


class _Made(Collection[Record], Generic[Record]):
    """Records that are made while they are walked through."""

    def __init__(self, make: Callable[[], Iterator[Record]]) -> None:
        self._make = make

    def __iter__(self) -> Iterator[Record]:
        return self._make()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, record: object) -> bool:
        return any(other == record for other in self)


def made_up(office_count: int, indicator_count: int) -> bytes:
    """The snapshot of a cycle of so many offices; half of the indicators are marks, half numbers.

    Of 20 offices one stays silent; each of the others has two rows of an open table and two contributions.
    """
    form = _form(indicator_count)
    offices = tuple(_office(n) for n in range(1, office_count + 1))
    reporting = [office for office in offices if office.has_figures]
    regime = load_regime("tien_do_nq_47")
    assert regime.report is not None  # it leads to one
    # the made-up form has none of the figures that this regime's report names
    regime = regime.model_copy(update={"report": regime.report.model_copy(update={"key_figures": ()})})
    totals: Counter[tuple[str, int]] = Counter(
        (i.code, year)
        for office in reporting
        for place, i in enumerate(form.indicators)
        for year in form.years
        if _is_marked(office, place)
    )
    data = SummaryData(
        cycle_id="tien_do_nq_47__made_up",
        title="tiến độ thực hiện Nghị quyết số 47/NQ-CP năm 2024",
        mode="live",
        period_from=date(2024, 1, 1),
        period_to=date(2024, 12, 31),
        cutoff_on=date(2024, 12, 31),
        deadline_phrase="trước ngày 20/12/2024",
        due_at=datetime(2024, 12, 20, tzinfo=VIETNAM),
        report_year=2024,
        request_number="4102/BTTTT-TTĐN",
        request_on=date(2024, 11, 29),
        regime=regime,
        form=form,
        words="committee",
        offices=offices,
        marks=_Made(lambda: _marks(offices, form)),
        totals=dict(totals),
        distinct={i.code: totals[i.code, form.years[-1]] for i in form.indicators},
        narratives=_Made(lambda: _narratives(reporting)),
        submissions=_Made(lambda: (_submission(o) for o in reporting)),
        signed_reports=_Made(lambda: (_signed(o) for o in reporting)),
        messages=(),
        discrepancies=(),
        numbers=_Made(lambda: _numbers(reporting, form)),
        list_rows=_Made(lambda: _rows(reporting)),
    )
    return snapshot.stored(data)


def _form(indicator_count: int) -> Form:
    """The form of Resolution 47 with as many marks and numbers as wanted."""
    form = load_form("tien_do_nq_47", "2024.1")
    assert form.quantities is not None  # this form has numbers
    marks = [_copy(form.indicators, n) for n in range(indicator_count // 2)]
    plain = [
        q.model_copy(update={"total_of": (), "at_most": None, "needs_mark": None}) for q in form.quantity_rows
    ]
    numbers = [_copy(plain, n) for n in range(indicator_count - len(marks))]
    return form.model_copy(
        update={
            "indicators": tuple(marks),
            "quantities": Quantities(title=form.quantities.title, rows=tuple(numbers)),
        }
    )


def _copy(rows: Any, number: int) -> Any:
    row: Indicator = rows[number % len(rows)]
    return row.model_copy(update={"code": f"{row.code}_{number}"})


def _office(number: int) -> Office:
    is_silent = not number % 20
    state = "closed_missing" if is_silent else "completed"
    return Office(
        organization_id=f"office_{number:05d}",
        position=number,
        name=f"Ủy ban nhân dân đơn vị số {number}",
        short_name=f"Đơn vị {number}",
        kind="province_committee",
        data_form_state=state,
        signed_report_state=state,
        first_received_at=None if is_silent else _RECEIVED,
        accepted_at=None if is_silent else _RECEIVED,
        timeliness="missing" if is_silent else "late" if not number % 9 else "on_time",
        days_late=None if is_silent or number % 9 else 2,
        submission_count=int(not is_silent),
        completion_request_count=0,
        reminder_count=3 if is_silent else 0,
        is_entered_by_ministry=False,
        region=_REGIONS[number % len(_REGIONS)],
    )


def _is_marked(office: Office, place: int) -> bool:
    return (office.position * 7 + place * 3) % 5 < 3


def _marks(offices: Collection[Office], form: Form) -> Iterator[Mark]:
    for office in offices:
        for place, indicator in enumerate(form.indicators):
            for year in form.years:
                if not office.has_figures:
                    yield Mark(office.organization_id, indicator.code, year, None)
                    continue
                is_marked = _is_marked(office, place)
                yield Mark(
                    organization_id=office.organization_id,
                    indicator=indicator.code,
                    year=year,
                    is_marked=is_marked,
                    document_number=f"{office.position}/KH-UBND" if is_marked else None,
                    document_on=date(year, 3, 5) if is_marked else None,
                    sheet="Biểu 1",
                    cell=f"C{12 + place}",
                    filename=f"{office.organization_id}.xlsx",
                    state="yes" if is_marked else "no",
                )


def _numbers(offices: Collection[Office], form: Form) -> Iterator[Number]:
    for office in offices:
        for place, quantity in enumerate(form.quantity_rows):
            for year in form.years:
                yield Number(
                    office.organization_id, quantity.code, year, "value",
                    Decimal((office.position * 13 + place * 5) % 90), "Biểu 2", f"D{8 + place}",
                    f"{office.organization_id}.xlsx",
                )  # fmt: skip


def _rows(offices: Collection[Office]) -> Iterator[ListRow]:
    for office in offices:
        for place in (1, 2):
            content = {
                "ten": f"Nhiệm vụ {place} của {office.short_name}",
                "quy_mo": ("Quốc gia", "Liên tỉnh", "Địa phương")[(office.position + place) % 3],
                "co_quan_chu_tri": office.name,
                "kinh_phi_du_kien": 150.0 * place,
                "san_pham": "Chương trình truyền hình",
            }
            yield ListRow(
                office.organization_id, "nhiem_vu", place, content, "Biểu 3", f"B{6 + place}",
                f"{office.organization_id}.xlsx",
            )  # fmt: skip


def _narratives(offices: Collection[Office]) -> Iterator[Narrative]:
    for office in offices:
        said = f"- {_SAID[office.position % len(_SAID)]}.\n- Tổ chức {office.position} hoạt động tại địa bàn."
        for section, cell in (("difficulties", "C9"), ("results", "C6")):
            filename = f"{office.organization_id}.xlsx"
            yield Narrative(office.organization_id, section, said, "Thuyết minh", cell, filename)


def _submission(office: Office) -> Submission:
    return Submission(
        organization_id=office.organization_id,
        version=1,
        channel="mail",
        sender=f"dau-moi@don-vi-{office.position}.example",
        filename=f"{office.organization_id}.xlsx",
        sent_at=_RECEIVED - timedelta(minutes=2),
        received_at=_RECEIVED,
        outcome="accepted",
        entered_for_reason=None,
        is_current=True,
        error_count=0,
        warning_count=0,
    )


def _signed(office: Office) -> SignedReport:
    return SignedReport(
        office.organization_id, str(office.position), f"{office.position}/BC-UBND", date(2024, 12, 12),
        date(2024, 12, 12), date(2024, 12, 16), "Nguyễn Văn A", "Phó Chủ tịch",
    )  # fmt: skip

"""What the mails of a cycle rest on: the cycle at its present moment, what an office owes, who is reached."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row
from unidecode import unidecode

from reporting import clock, events
from reporting.calendar.working_days import WorkingCalendar
from reporting.clock import VIETNAM
from reporting.database import query
from reporting.forms.models import Form
from reporting.intake.returns import partial
from reporting.mail import compose
from reporting.mail.ledger import AttachedFile, OutgoingMessage, queue
from reporting.regimes.models import Regime
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import date_with_weekday, moment, short_date

ACTOR = "mail"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class NotRegistered(LookupError):
    """The request letter has no number, date and signed file yet, so nothing that refers to it is sent."""


@dataclass(frozen=True)
class Item:
    """Something a recipient owes, as a mail names it. `last_day` is None where no day is fixed."""

    obligation_id: int
    code: str
    kind: str
    label: str
    is_opt_in: bool
    phrase: str
    last_day: str | None
    last_day_short: str | None
    last_on: date | None
    due_at: datetime | None
    is_extended: bool
    state: str
    is_outstanding: bool
    first_received_at: datetime | None


@dataclass(frozen=True)
class MailCycle:
    """A cycle's row, its regime, and its present moment."""

    row: Row[Any]
    regime: Regime
    at: datetime

    @cached_property
    def form(self) -> Form:
        """The form as it was frozen when the cycle was opened."""
        return Form.model_validate(self.row.form_content)

    @property
    def cited_request(self) -> str:
        """What asks for the report, as a mail cites it: the letter by number and date, or the instrument."""
        if self.row.asked_by == "instrument":
            return self.regime.instrument or ""
        if self.row.asked_by == "mail":
            return text("mail.cited.mail", unit=self.regime.unit.name)
        number, on = self.row.letter_number, self.row.letter_on
        return text(
            "mail.cited.letter",
            number=number or text("mail.preview.number_pending"),
            date=short_date(on) if on else text("mail.preview.date_pending"),
            ministry=self.regime.ministry.name,
        )

    @property
    def published_report(self) -> dict[str, str] | None:
        """Number, day and addressee of the report that was given out last; None before."""
        if self.row.report_number is None or self.regime.report is None:
            return None
        return {
            "number": self.row.report_number,
            "on": short_date(self.row.report_on),
            "addressee": self.regime.report.addressee,
        }

    @property
    def is_rehearsal(self) -> bool:
        return bool(self.row.mode != "live")

    def values(self, recipient: Row[Any]) -> dict[str, object]:
        """What every mail of the cycle may say, to this recipient."""
        number, on = self.row.letter_number, self.row.letter_on
        return {
            "recipient_name": recipient.name,
            "recipient_short_name": recipient.short_name,
            "reference_code": recipient.reference_code,
            "title": self.row.title,
            "letter_subject": self.row.subject,
            "letter_number": number or text("mail.preview.number_pending"),
            "letter_on": short_date(on) if on else text("mail.preview.date_pending"),
            "asked_by": self.row.asked_by,
            "cited_request": self.cited_request,
            "ministry_name": self.regime.ministry.name,
            "unit_name": self.regime.unit.name,
            "report_to": self.regime.ministry.report_to if self.regime.report is not None else None,
            "published_report": self.published_report,
            "contact_line": self.regime.unit.contact,
            "at": moment(self.at),
        }


def load_cycle(connection: Connection, cycle_id: str, *, is_registered: bool) -> MailCycle:
    row = connection.execute(query("mail/cycle_facts"), {"cycle_id": cycle_id}).one_or_none()
    if row is None:
        raise LookupError(f"There is no cycle {cycle_id!r}; `reporting cycle list` shows those there are.")
    if is_registered and row.asked_by == "letter" and row.letter_number is None:
        raise NotRegistered(
            f"The request letter of {cycle_id} has no number, date and signed file yet. "
            "Enter them (step request_letter); nothing is sent before."
        )
    return MailCycle(row, Regime.model_validate(row.regime_content), clock.now(connection, cycle_id))


def owed_by(
    connection: Connection, cycle: MailCycle, recipient_ids: Sequence[int] | None = None
) -> dict[int, list[Item]]:
    """What each recipient of the cycle (or of these) owes, in the order of the deliverables."""
    key = {"cycle_id": cycle.row.cycle_id}
    if recipient_ids is None:
        rows = connection.execute(query("mail/obligations"), key).all()
    else:
        rows = connection.execute(
            query("mail/obligations_of"), key | {"recipient_ids": list(recipient_ids)}
        ).all()
    owed: dict[int, list[Item]] = {recipient_id: [] for recipient_id in recipient_ids or ()}
    for row in rows:
        owed.setdefault(row.recipient_id, []).append(_item(cycle, row))
    return owed


def _item(cycle: MailCycle, row: Row[Any]) -> Item:
    last_on = None if row.due_at is None else _last_day(row.due_at)
    if last_on is None:
        phrase = ""
    elif row.due_at == cycle.row.due_at:
        phrase = cycle.row.deadline_phrase
    else:
        phrase = text("dates.deadline.through", date=short_date(last_on))
    return Item(
        obligation_id=row.obligation_id,
        code=row.code,
        kind=row.kind,
        label=_label(cycle, row),
        is_opt_in=row.is_opt_in,
        phrase=phrase,
        last_day=None if last_on is None else date_with_weekday(last_on),
        last_day_short=None if last_on is None else short_date(last_on),
        last_on=last_on,
        due_at=row.due_at,
        is_extended=row.is_extended,
        state=row.state,
        is_outstanding=row.is_outstanding,
        first_received_at=row.first_received_at,
    )


def _label(cycle: MailCycle, row: Row[Any]) -> str:
    """What is owed; of a partial answer the sheets still to come, of a report that a department gave the
    committee's own.
    """
    if row.state == "department_only":
        return text("mail.label_of_committee", label=row.label)
    if not row.missing:
        return str(row.label)
    return text("returns.partial.label", label=row.label, missing=partial.names(cycle.form, row.missing))


def _last_day(due_at: datetime) -> date:
    """The last day in time, when `due_at` is the first instant that is late."""
    return (due_at.astimezone(VIETNAM) - timedelta(microseconds=1)).date()


def today(cycle: MailCycle) -> date:
    return cycle.at.astimezone(VIETNAM).date()


def completion_day(cycle: MailCycle) -> date:
    """Until when something is asked to be mended: so many working days from now, but not beyond the close."""
    day = WorkingCalendar.load(cycle.regime.code).shift(today(cycle), cycle.regime.completion_working_days)
    close_at: datetime | None = cycle.row.close_at
    if close_at is None or close_at <= cycle.at:
        return day
    return min(day, close_at.astimezone(VIETNAM).date())


def last_correction_day(cycle: MailCycle) -> str | None:
    """Until when figures can be corrected: the day of the close, while it lies ahead."""
    close_at: datetime | None = cycle.row.close_at
    if close_at is None or cycle.row.is_closed or close_at <= cycle.at:
        return None
    return date_with_weekday(close_at.astimezone(VIETNAM).date())


def report_unreachable(connection: Connection, cycle: MailCycle, recipient_id: int) -> None:
    key = {"cycle_id": cycle.row.cycle_id, "recipient_id": recipient_id}
    if not connection.execute(query("mail/has_no_live_contact_event"), key).scalar_one():
        events.record(
            connection, cycle.row.cycle_id, "no_live_contact", ACTOR, cycle.at, recipient_id=recipient_id
        )


def queue_to(
    connection: Connection,
    cycle: MailCycle,
    contact: Row[Any],
    step: str,
    composed: compose.Composed,
    *,
    sequence: int = 1,
    attachments: tuple[AttachedFile, ...] = (),
) -> int:
    """Queue one mail to one contact; 1 if it is new, 0 if it was there."""
    number = queue(
        connection,
        OutgoingMessage(
            cycle_id=cycle.row.cycle_id,
            recipient_id=contact.recipient_id,
            contact_id=contact.contact_id,
            step=step,
            sequence=sequence,
            to_address=contact.email,
            subject=composed.subject,
            body_text=composed.body_text,
            body_html=composed.body_html,
            attachments=attachments,
        ),
    )
    return int(number is not None)


def workbook_name(reference_code: str, short_name: str) -> str:
    """What the workbook of an office is called when it is sent out."""
    office = "-".join(unidecode(short_name).lower().replace(".", " ").replace("-", " ").split())
    return text("mail.file.workbook", reference_code=reference_code, office=office)


def media_type(filename: str) -> str:
    return mimetypes.guess_type(filename)[0] or "application/octet-stream"

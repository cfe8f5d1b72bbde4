"""The data forms of a rehearsal without mail programs: offices fill in the workbook that they were sent and
answer, some late, some never; every fifth writes a number in words first, or chooses what is not offered, and
mends it.
"""

from __future__ import annotations

import mailbox
from collections.abc import Sequence
from datetime import date, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine

from rehearsal.answers import OfficeAnswer, chosen, made_up, samples
from rehearsal.contributions import Contributor, contribution, contributions, days_late, timing
from rehearsal.workbooks import CoverEntries, FilledWorkbook
from reporting import archive, clock
from reporting.database import query
from reporting.forms.models import Form
from reporting.intake.channels import Maildir, collect
from reporting.intake.process import process_arrivals
from reporting.settings import settings

FAULTY = 5
"""Every so many offices send a fault first."""


PROVINCES = frozenset({"provincial_committees", "provincial_departments"})


class SimulatedOffices:
    """The offices of a rehearsal: when each answers, and what."""

    def delay(self, form_code: str | None, organization_id: str) -> int | None:
        """So many working days after its last day an office answers; 0: in time, None: never."""
        when = timing(form_code, organization_id)
        return None if when == "never" else days_late(organization_id) if when == "late" else 0

    def __call__(self, engine: Engine, cycle_id: str, reference_codes: Sequence[str]) -> None:
        """Let these offices answer the request with made-up content, at the present moment of the cycle's
        clock.

        The mails are collected and answered as those of a mailbox are; the same again changes nothing.
        """
        key = {"cycle_id": cycle_id, "reference_codes": list(reference_codes)}
        with engine.connect() as connection:
            now = clock.now(connection, cycle_id)
            row = connection.execute(query("intake/cycle_context"), {"cycle_id": cycle_id}).one()
            form = Form.model_validate(row.form_content)
            requests = connection.execute(query("rehearsal/requests_to_answer"), key).all()
        answers = {one.reference_code: _answer(one, form, row.period_to) for one in requests}
        faulty = [one for one in requests if _may_err(answers[one.reference_code], form, one)]
        with TemporaryDirectory() as folder:
            box = mailbox.Maildir(Path(folder) / "answers", create=True)
            for batch, is_faulty in ((faulty, True), (requests, False)):
                for request in batch:
                    answer = answers[request.reference_code]
                    box.add(_mail(request, answer, form, now, is_faulty=is_faulty))
                collect(engine, [Maildir(Path(folder) / "answers", mode="rehearsal")])
                process_arrivals(engine)


answer_data_forms = SimulatedOffices()


def _answer(request: Any, form: Form, latest: date) -> OfficeAnswer:
    if contributions(form.code) is None:
        return made_up(form, latest, request.reference_code)
    office = Contributor(
        request.organization_id, request.name, request.short_name, request.group_code in PROVINCES
    )
    return contribution(form, latest, office)


def _may_err(answer: OfficeAnswer, form: Form, request: Any) -> bool:
    if answer.is_nil or chosen(FAULTY, request.reference_code):
        return False
    return bool(form.quantity_rows) or _choice(answer, form) is not None


def _choice(answer: OfficeAnswer, form: Form) -> tuple[str, str] | None:
    """Table and column of a choice that the answer makes in the first row of an open table."""
    for table in form.lists:
        for column in table.columns:
            if column.kind == "choice" and answer.rows.get(table.code):
                return table.code, column.code
    return None


def _mail(request: Any, answer: OfficeAnswer, form: Form, now: datetime, *, is_faulty: bool) -> bytes:
    texts = samples()
    workbook = next(file for file in request.attachments if file["filename"].endswith(".xlsx"))
    message = EmailMessage()
    message["Received"] = f"from office.example by {request.reference_code}.example; {format_datetime(now)}"
    message["From"], message["To"] = request.to_address, settings().ministry_address
    message["Subject"] = f"Re: {request.subject}"
    message["Date"] = format_datetime(now)
    kind = "first" if is_faulty else "answer"
    message["Message-ID"] = f"<{request.reference_code}.{kind}@office.example>"
    message.set_content(texts.mail["reply_short"].format(office=request.name, contact=texts.contact_position))
    message.add_attachment(
        _workbook(archive.read(workbook["sha256"]), request, answer, form, now, is_faulty=is_faulty),
        maintype="application",
        subtype="vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        filename=workbook["filename"],
    )
    return message.as_bytes()


def _workbook(
    data: bytes, request: Any, answer: OfficeAnswer, form: Form, now: datetime, *, is_faulty: bool
) -> bytes:
    code, day, texts = request.reference_code, now.date(), samples()
    signer = f"{texts.family_names[0]} {texts.given_names[0]}"
    report_number = texts.signed_report_number.format(n=40 + chosen(160, code))
    filled = FilledWorkbook(data)
    cover = CoverEntries(report_number, day, signer, signer, request.to_address, day)
    filled.fill(answer, cover, form)
    if is_faulty and form.quantity_rows:
        quantity, year = form.quantity_rows[chosen(len(form.quantity_rows), code)], form.years[-1]
        filled.write_number(quantity.code, year, texts.bad_number)
    elif is_faulty and (choice := _choice(answer, form)) is not None:
        filled.write_list_cell(choice[0], 1, choice[1], texts.bad_choice)
    return filled.save()

"""The data forms of a rehearsal without mail programs: every office that owes one fills in the workbook that
it was sent and answers; every fifth writes a number in words first, and mends it.
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

from rehearsal.answers import chosen, made_up, samples
from rehearsal.workbooks import CoverEntries, FilledWorkbook
from reporting import archive, clock
from reporting.database import query
from reporting.forms.models import Form
from reporting.intake.channels import Maildir, collect
from reporting.intake.process import process_arrivals
from reporting.settings import settings

FAULTY = 5
"""Every so many offices send a fault first."""


def answer_data_forms(engine: Engine, cycle_id: str, reference_codes: Sequence[str]) -> None:
    """Let these offices answer the request with made-up content, at the present moment of the cycle's clock.

    The mails are collected and answered as those of a mailbox are; the same again changes nothing.
    """
    key = {"cycle_id": cycle_id, "reference_codes": list(reference_codes)}
    with engine.connect() as connection:
        now = clock.now(connection, cycle_id)
        row = connection.execute(query("intake/cycle_context"), {"cycle_id": cycle_id}).one()
        form = Form.model_validate(row.form_content)
        requests = connection.execute(query("rehearsal/requests_to_answer"), key).all()
    faulty = [one for one in requests if form.quantity_rows and chosen(FAULTY, one.reference_code) == 0]
    with TemporaryDirectory() as folder:
        box = mailbox.Maildir(Path(folder) / "answers", create=True)
        for batch, is_faulty in ((faulty, True), (requests, False)):
            for request in batch:
                box.add(_mail(request, form, now, row.period_to, is_faulty=is_faulty))
            collect(engine, [Maildir(Path(folder) / "answers", mode="rehearsal")])
            process_arrivals(engine)


def _mail(request: Any, form: Form, now: datetime, latest: date, *, is_faulty: bool) -> bytes:
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
        _workbook(archive.read(workbook["sha256"]), request, form, now, latest, is_faulty=is_faulty),
        maintype="application",
        subtype="vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        filename=workbook["filename"],
    )
    return message.as_bytes()


def _workbook(
    data: bytes, request: Any, form: Form, now: datetime, latest: date, *, is_faulty: bool
) -> bytes:
    code, day, texts = request.reference_code, now.date(), samples()
    signer = f"{texts.family_names[0]} {texts.given_names[0]}"
    report_number = texts.signed_report_number.format(n=40 + chosen(160, code))
    filled = FilledWorkbook(data)
    filled.fill(
        made_up(form, latest, code),
        CoverEntries(report_number, day, signer, signer, request.to_address, day),
        form,
    )
    if is_faulty:
        quantity, year = form.quantity_rows[chosen(len(form.quantity_rows), code)], form.years[-1]
        filled.write_number(quantity.code, year, texts.bad_number)
    return filled.save()

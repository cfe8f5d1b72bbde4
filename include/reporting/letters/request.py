"""The request letter of a cycle: one text for all addressees, their list as its appendix."""

from __future__ import annotations

from sqlalchemy import Connection

from reporting.documents.lifecycle import Draft, DraftedFile, hash_of
from reporting.letters.cycle import load_letter_cycle
from reporting.letters.official import DOCX, copy_lines, heading_context, render
from reporting.letters.text import escape, paragraphs, preview, salutation
from reporting.wording.catalogue import text


def render_request_letter(connection: Connection, cycle_id: str) -> Draft:
    """The cycle's request as a draft: number, day and month blank, nothing signed.

    Its paragraphs are those of the regime as frozen at the cycle's opening. Raises LookupError when
    there is no such cycle.
    """
    cycle = load_letter_cycle(connection, cycle_id)
    regime, letter = cycle.regime, cycle.regime.request_letter
    values = {
        "deadline_phrase": cycle.deadline_phrase,
        "unit_name": regime.unit.name,
        "ministry_name": regime.ministry.name,
        "contact": regime.unit.contact,
        "office_count": len(cycle.owing),
        "report_title": cycle.title,
    }
    body = paragraphs(letter, values)
    greeted = salutation(letter, regime)
    offices = [a.name for a in cycle.owing]
    short_names = [a.short_name for a in cycle.owing]
    attachments = [a.rstrip(".") for a in letter.attachments] or [cycle.form.title]
    attachments.append(text("letters.request.addressees_attached"))
    year = cycle.request_on.year
    context = heading_context(
        regime, mode=cycle.mode, year=year, is_reconstruction=cycle.is_reconstruction, is_report=False
    )
    subject_line = text("letters.subject", subject=cycle.subject)
    context |= {
        "subject_line": subject_line,
        "addressees": greeted,
        "paragraphs": body,
        "copies": copy_lines(letter.copies),
        "attachments": attachments,
        "appendix_name": text("letters.appendix.title"),
        "appendix_title": text("letters.request.addressees_title"),
        "appendix_attached": text(
            "letters.appendix.attached",
            symbol=f"{regime.ministry.symbol}-{regime.unit.symbol}",
            year=year,
            ministry=regime.ministry.name,
        ),
        "offices": offices,
    }
    title = text("letters.request.title", subject=cycle.subject)
    after = [
        text("letters.preview.attachments", attachments="; ".join(attachments)),
        text("letters.preview.addressees", office_count=len(offices), offices=escape(", ".join(short_names))),
    ]
    if cycle.is_reconstruction:
        after.append(text("letters.reconstruction"))
    return Draft(
        title=title,
        body_markdown=preview(
            title=title,
            subject=cycle.subject,
            addressees=greeted,
            body=body,
            copies=copy_lines(letter.copies),
            capacity=regime.signer.capacity,
            signer=regime.signer.name,
            watermark=context["watermark"],
            after=after,
        ),
        data_hash=hash_of(context),
        files=(
            DraftedFile(
                "letter",
                text("letters.request.filename"),
                render("letter/request.docx", context),
                DOCX,
            ),
        ),
    )

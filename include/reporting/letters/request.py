"""The request letter of a cycle: one text for all addressees, their list as its appendix."""

from __future__ import annotations

from sqlalchemy import Connection

from reporting.documents.lifecycle import Draft
from reporting.letters.cycle import load_letter_cycle
from reporting.letters.official import appendix_context, letter_draft
from reporting.letters.text import escape
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
    attachments = [a.rstrip(".") for a in letter.attachments]
    if not attachments and cycle.form is not None:
        attachments.append(cycle.form.title)
    attachments.append(text("letters.request.addressees_attached"))
    year = cycle.request_on.year
    short_names = escape(", ".join(a.short_name for a in cycle.owing))
    return letter_draft(
        cycle,
        letter,
        values,
        name="request",
        template="letter/request.docx",
        year=year,
        subject=cycle.subject,
        context={
            "attachments": attachments,
            "offices": [a.name for a in cycle.owing],
            **appendix_context(regime, title=text("letters.request.addressees_title"), year=year),
        },
        is_reconstruction=cycle.is_reconstruction,
        after=[
            text("letters.preview.attachments", attachments="; ".join(attachments)),
            text("letters.preview.addressees", office_count=len(cycle.owing), offices=short_names),
        ],
    )

"""The request letter of a cycle: one text for all addressees, their list attached."""

from __future__ import annotations

from sqlalchemy import Connection

from reporting.documents.lifecycle import Draft
from reporting.letters.cycle import LetterCycle, list_sections, list_values, load_letter_cycle
from reporting.letters.official import appendix_context, letter_draft
from reporting.letters.text import escape
from reporting.wording.catalogue import text


def render_request_letter(connection: Connection, cycle_id: str) -> Draft:
    """The cycle's request as a draft: number, day and month blank, nothing signed.

    Its paragraphs are those of the regime as frozen at the cycle's opening. Its list of addressees is headed
    as an appendix, unless the regime gives it a title of its own. Raises LookupError when there is no such
    cycle, KeyError naming a placeholder of the text that has no value.
    """
    return render_request_of(connection, load_letter_cycle(connection, cycle_id))


def render_request_of(connection: Connection, cycle: LetterCycle) -> Draft:
    """The same of a cycle that need not be open yet: the letter as it would be drafted on its day."""
    regime, letter = cycle.regime, cycle.regime.request_letter
    attachments = [a.rstrip(".") for a in letter.attachments]
    if not attachments and cycle.form is not None:
        attachments.append(cycle.form.title)
    year = cycle.request_on.year
    heading = appendix_context(
        regime, title=letter.addressees_title or text("letters.request.addressees_title"), year=year
    )
    if letter.addressees_title:
        heading |= {"appendix_name": "", "appendix_attached": ""}
    elif letter.attaches_addressees:
        attachments.append(text("letters.request.addressees_attached"))
    after = []
    if attachments:
        after.append(text("letters.preview.attachments", attachments="; ".join(attachments)))
    after.append(
        text(
            "letters.preview.addressees",
            office_count=len(cycle.owing),
            offices=escape(", ".join(a.short_name for a in cycle.owing)),
        )
    )
    return letter_draft(
        cycle,
        letter,
        list_values(connection, cycle, letter),
        name="request",
        template="letter/request.docx",
        year=year,
        subject=cycle.subject,
        context={
            "attachments": attachments,
            "sections": list_sections(cycle) if letter.attaches_addressees else [],
            **heading,
        },
        is_reconstruction=cycle.is_reconstruction,
        after=after,
    )

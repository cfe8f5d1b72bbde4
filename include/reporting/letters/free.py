"""Letters whose words a person entered: notice, correction (đính chính), replacement (thay thế), recall
(thu hồi).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from reporting import clock
from reporting.database import query
from reporting.documents import lifecycle
from reporting.documents.extra import LetterContent, family_of
from reporting.documents.lifecycle import Draft
from reporting.letters.cycle import load_letter_cycle
from reporting.letters.official import ADDRESSEES_NAMED, appendix_context, letter_draft
from reporting.letters.text import escape
from reporting.regimes.models import LetterText
from reporting.wording.catalogue import text


def render_free_letter(connection: Connection, cycle_id: str, kind: str) -> Draft:
    """A notice, correction, replacement or recall (`kind` is notice_letter__1 …) as a draft: number, day and
    month blank.

    It says what its content (cycle.document.content) holds, braces included, and greets the offices that it
    goes to by name; many are greeted as those of the attached list. Raises LookupError when there is no such
    cycle or letter, ValueError (pydantic.ValidationError) when its content is malformed.
    """
    cycle = load_letter_cycle(connection, cycle_id)
    document, family = lifecycle.find(connection, cycle_id, kind), family_of(kind)
    if document is None or document.content is None or family is None:
        raise LookupError(f"{cycle_id} has no letter {kind!r}; `reporting letter show {cycle_id}` lists all.")
    content = LetterContent.model_validate(document.content)
    offices = _offices(connection, cycle_id, content.offices)
    listed = offices if len(offices) > ADDRESSEES_NAMED else []
    year = clock.now(connection, cycle_id).year
    appendix = appendix_context(cycle.regime, title=text("letters.request.addressees_title"), year=year)
    return letter_draft(
        cycle,
        LetterText(
            subject=_literal(content.subject),
            opening=tuple(_literal(p) for p in content.paragraphs),
            copies=tuple(c.model_copy(update={"name": _literal(c.name)}) for c in content.copies),
        ),
        {},
        name=f"{family}_letter",
        template="letter/free.docx",
        year=year,
        addressees=_greeted(content, offices),
        context={"offices": listed, **appendix},
        is_reconstruction=cycle.is_reconstruction,
        after=[text("letters.free.preview_offices", offices=escape("; ".join(listed)))] if listed else [],
    )


def _offices(connection: Connection, cycle_id: str, codes: Sequence[str]) -> list[str]:
    """The names of the offices with these look-up codes, in the order of the cycle's list."""
    rows = connection.execute(query("letters/offices_by_code"), {"cycle_id": cycle_id, "codes": list(codes)})
    return [row.name for row in rows]


def _greeted(content: LetterContent, offices: Sequence[str]) -> list[str] | None:
    """Whom the letter greets; None: those whom the cycle's request greets."""
    if content.salutation:
        return list(content.salutation)
    if len(offices) > ADDRESSEES_NAMED:
        return [text("letters.escalation.listed.office")]
    return list(offices) or None


def _literal(entered: str) -> str:
    """What a person entered, so that it is printed as it is."""
    return entered.replace("{", "{{").replace("}", "}}")

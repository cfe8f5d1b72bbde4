"""What a later edition of a report says of the one that it replaces."""

from __future__ import annotations

from reporting.letters.text import document_date
from reporting.summary.data import Replaced
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import join_names


def replacement_sentences(replaces: Replaced | None, ministry: str) -> list[str]:
    """The first paragraph of a later edition: which reports it replaces, and why; [] of a first edition."""
    if replaces is None:
        return []
    supplements = join_names(
        text("editions.replaced_supplement", number=number, date=document_date(registered_on))
        for number, registered_on in replaces.supplements
    )
    sentence = text(
        "editions.replaces_all" if supplements else "editions.replaces",
        supplements=supplements,
        number=replaces.number,
        date=document_date(replaces.registered_on),
        ministry=ministry,
        reason=replaces.reason.rstrip(" .;"),
    )
    return [sentence]


def edition_title(title: str, edition: int) -> str:
    """What a later edition is called among the documents of a cycle."""
    return text("editions.title", title=title, edition=edition)

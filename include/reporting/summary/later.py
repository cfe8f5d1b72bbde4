"""Later editions of a report and supplements to it, as drafts."""

from __future__ import annotations

from sqlalchemy import Connection

from reporting.documents import editions, lifecycle
from reporting.documents.lifecycle import Draft
from reporting.summary.data import Replaced
from reporting.summary.draft import render_summary_report


def render_later_report(connection: Connection, cycle_id: str, kind: str) -> Draft:
    """A later edition (summary_report__2) from the marts now, which says what it replaces.

    Raises LookupError when it was not started.
    """
    document = lifecycle.find(connection, cycle_id, kind)
    if document is None or document.content is None:
        raise LookupError(
            f"{cycle_id} has no {kind}; `reporting report reopen` or `… supplement` starts one."
        )
    base = editions.base_of(connection, document)
    return render_summary_report(
        connection,
        cycle_id,
        Replaced(editions.number_of(kind), base.number, base.registered_on, str(document.content["reason"])),
    )

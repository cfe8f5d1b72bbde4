"""What an accepted version means beside the others of its office: draft, part, correction, conflict.

`settle` is called with each version that may not simply count, in the transaction that commits it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Connection

from reporting import events
from reporting.database import query
from reporting.intake.returns import conflict, difference, partial, sources
from reporting.intake.returns.confidential import confidential_offices, is_confidential
from reporting.intake.returns.forms import cycle_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from reporting.intake.returns.difference import ChangedCell
    from reporting.intake.submissions import Delivery, Recorded
    from reporting.validation.check import CheckedWorkbook

__all__ = [
    "confidential_offices", "contradicts_earlier", "is_confidential", "is_special", "settle", "settle_again",
]  # fmt: skip
_ACCEPTED = frozenset({"accepted", "accepted_with_warnings"})
_IN_ITS_PLACE = frozenset({"submission_replaced", "submission_same", "submission_preferred"})
_CELLS_IN_LOG = 20


def is_special(recorded: Recorded, checked: CheckedWorkbook) -> bool:
    """Whether a version was accepted and may not simply count, so that it is to be settled."""
    return recorded.outcome in _ACCEPTED and (
        recorded.version > 1 or checked.kind == "draft" or checked.is_partial
    )


class Said(Protocol):
    """What a workbook says of itself."""

    @property
    def filename(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def is_nil(self) -> bool: ...
    @property
    def is_partial(self) -> bool: ...


def settle_again(
    connection: Connection, recorded: Recorded, delivery: Delivery, at: datetime, actor: str
) -> None:
    """Let a version that its office had taken back and sent again stand beside the others, as one that came
    now: what it had taken over from other parts is taken over anew.
    """
    key = {"submission_id": recorded.submission_id}
    connection.execute(query("returns/revise"), key)
    said: Any = connection.execute(query("returns/drop_taken_over"), key).one()
    settle(connection, recorded, said, delivery, at, actor)


def settle(
    connection: Connection,
    recorded: Recorded,
    checked: Said,
    delivery: Delivery,
    at: datetime,
    actor: str,
    *,
    is_placed: bool = False,
) -> None:
    """Let an accepted version of an office stand beside its others, after its facts are written.

    A draft counts for nothing. A part takes over what earlier parts brought. What differs from the version
    that counted before is stored with it; a version of another sender that contradicts it counts if its
    source is higher, is kept aside if it is lower, and waits for an officer if it is of the same rank. To be
    called for accepted versions (`is_special`), whose facts are written. One whose place is settled already
    (`is_placed`, as where a person decided) keeps it, whatever it says now.
    """
    cycle_id, form = cycle_of(connection, recorded.submission_id)
    if checked.kind == "draft":
        sources.keep(connection, recorded.submission_id, sources.DRAFT)
        _record(connection, cycle_id, "draft_received", recorded, at, actor, filename=checked.filename)
        return
    before = _counted_before(connection, recorded.submission_id, delivery)
    if checked.is_partial:
        earlier = None if before is None else before.submission_id
        partial.fill(connection, form, recorded.submission_id, earlier)
    if before is None:
        return
    cells = difference.between(connection, form, before.submission_id, recorded.submission_id)
    if before.is_nil != checked.is_nil:
        cells.insert(0, difference.nil_tick(checked.is_nil))
    difference.keep(connection, recorded.submission_id, cells)
    if is_placed:
        kind = "submission_replaced" if cells else "submission_same"
    else:
        kind = _place(connection, recorded, before, cells, at)
        if kind in _IN_ITS_PLACE:
            conflict.follow(
                connection, form, recorded.recipient_id, before.submission_id, recorded.submission_id,
                is_nil=checked.is_nil, is_preferred=kind == "submission_preferred", at=at, by=actor,
            )  # fmt: skip
    _record(
        connection, cycle_id, kind, recorded, at, actor, version_before=before.version, count=len(cells),
        sender=delivery.sender, cells=difference.lines([vars(cell) for cell in cells], _CELLS_IN_LOG),
    )  # fmt: skip


def contradicts_earlier(connection: Connection, submission_id: int, delivery: Delivery) -> bool:
    """Whether a version says something else than the one that counted before it."""
    before = _counted_before(connection, submission_id, delivery)
    if before is None:
        return False
    _, form = cycle_of(connection, submission_id)
    cells = difference.between(connection, form, before.submission_id, submission_id)
    return any(cell.contradicts for cell in cells)


def _counted_before(connection: Connection, submission_id: int, delivery: Delivery) -> Row[Any] | None:
    return connection.execute(
        query("returns/counted_before"),
        {
            "submission_id": submission_id,
            "arrival_id": delivery.arrival_id,
            "sender": delivery.sender,
            "channel": delivery.channel,
        },
    ).one_or_none()


def _place(
    connection: Connection, recorded: Recorded, before: Row[Any], cells: Sequence[ChangedCell], at: datetime
) -> str:
    """Which of the two counts; how that is called in the log."""
    version = recorded.submission_id
    if before.is_followed or not any(cell.contradicts for cell in cells):
        # it speaks in the place of the one before, as of its rank
        sources.keep(connection, version, before.source_rank)
        return "submission_replaced" if cells else "submission_same"
    ranks = sources.ranks(connection, [before.submission_id, version])
    sources.keep(connection, before.submission_id, min(ranks[before.submission_id], before.source_rank))
    sources.keep(connection, version, ranks[version])
    standing = min(ranks[before.submission_id], before.source_rank)
    if ranks[version] < standing:
        return "submission_preferred"
    if ranks[version] > standing:
        return "submission_kept_aside"
    conflict.find(connection, before.submission_id, version, cells, at)
    return "conflict_found"


def _record(
    connection: Connection,
    cycle_id: str,
    kind: str,
    recorded: Recorded,
    at: datetime,
    actor: str,
    **detail: object,
) -> None:
    events.record(
        connection, cycle_id, kind, actor, at, recipient_id=recorded.recipient_id,
        submission_id=recorded.submission_id, version=recorded.version, **detail,
    )  # fmt: skip

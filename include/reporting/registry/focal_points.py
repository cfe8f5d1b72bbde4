"""Changes of focal point that an office tells: proposed on its workbook's cover, settled by an officer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, Engine

from reporting import clock, events
from reporting.database import query
from reporting.registry.contacts import Change, Contact, Particulars, clean_address, contacts, write_change
from reporting.wording.catalogue import text

HeardHow = Literal["workbook", "letter", "phone", "mail"]


@dataclass(frozen=True)
class Proposal:
    """A focal point that an accepted workbook names as new; the particulars as the office wrote them.

    `known` are the addresses of the office's main contacts in use or bouncing, in their order.
    """

    submission_id: int
    cycle_id: str
    cycle_title: str
    mode: str
    reference_code: str
    short_name: str
    office: str
    organization_id: str
    received_at: datetime
    email: str | None
    display_name: str | None
    title: str | None
    department: str | None
    phone: str | None
    known: tuple[str, ...]

    @property
    def full_title(self) -> str | None:
        """Title and department, as far as given."""
        return ", ".join(part for part in (self.title, self.department) if part) or None


@dataclass(frozen=True)
class Confirmation:
    """What confirming a focal point did: `kind` is added, changed or unchanged; `replaced` the address that
    is no longer used, if one was named.
    """

    kind: Literal["added", "changed", "unchanged"]
    office: str
    contact: Particulars
    replaced: str | None


def proposals(
    connection: Connection, cycle_id: str | None = None, reference_code: str | None = None
) -> list[Proposal]:
    """The proposals that no officer has settled, oldest first; of one recipient, or of all cycles."""
    rows = connection.execute(
        query("registry/contact_proposals"), {"cycle_id": cycle_id, "reference_code": reference_code}
    )
    return [Proposal(**(dict(row._mapping) | {"known": tuple(row.known)})) for row in rows]


def confirm(
    engine: Engine,
    cycle_id: str,
    reference_code: str,
    *,
    email: str | None,
    name: str | None,
    title: str | None,
    phone: str | None,
    replaces: str | None,
    heard_how: HeardHow,
    by: str,
) -> Confirmation:
    """Take a focal point that an office told into the registry; an open proposal of the office is settled.

    What is not given is taken from the open proposal. `replaces` names the address that it takes the place
    of, with its role and order; without it the contact comes after those there are. Confirming again what
    the registry holds changes nothing. Raises ValueError, with nothing written, when address or name are
    missing or malformed, LookupError for an unknown recipient or an unknown address to replace.
    """
    source = text("contacts.source.heard", how=text(f"contacts.source.how.{heard_how}"))
    with engine.begin() as connection:
        connection.execute(query("registry/contact_hold"))
        recipient = _recipient(connection, cycle_id, reference_code)
        office = recipient.short_name
        open_ones = proposals(connection, cycle_id, reference_code)
        told = open_ones[0] if open_ones else None
        email = email or (told.email if told else None)
        name = name or (told.display_name if told else None)
        if not email or not name:
            raise ValueError(text("contacts.confirm.nothing_known", office=office))
        address = clean_address(email)
        if address is None:
            raise ValueError(text("contacts.confirm.bad_email", given=email))
        held = contacts(connection, recipient.organization_id)
        old = _replaced(held, replaces, address, office)
        known = next((contact for contact in held if contact.held.email == address), None)
        after = _after(
            held,
            known,
            old,
            address,
            " ".join(name.split()),
            title or (told.full_title if told else None),
            phone or (told.phone if told else None),
        )
        kind: Literal["added", "changed", "unchanged"] = "added" if known is None else "changed"
        if known is not None and known.held == after:
            kind = "unchanged"
        else:
            write_change(
                connection,
                Change(
                    "confirmed",
                    recipient.organization_id,
                    office,
                    known.contact_id if known else None,
                    known.held if known else None,
                    after,
                ),
                source=source,
                by=by,
            )
        if old is not None:
            retired = replace(old.held, state="retired")
            change = Change("retired", recipient.organization_id, office, old.contact_id, old.held, retired)
            write_change(connection, change, source=source, by=by)
        events.record(
            connection, cycle_id, "focal_point_confirmed", by, clock.now(connection, cycle_id),
            recipient_id=recipient.recipient_id, email=address, replaces=old.held.email if old else None,
            heard_how=heard_how, submission_id=told.submission_id if told else None,
        )  # fmt: skip
    return Confirmation(kind, office, after, old.held.email if old else None)


def dismiss(engine: Engine, cycle_id: str, reference_code: str, *, reason: str, by: str) -> None:
    """Settle the open proposal of a recipient without changing a contact.

    Raises LookupError for an unknown recipient, or when it has no open proposal.
    """
    with engine.begin() as connection:
        recipient = _recipient(connection, cycle_id, reference_code)
        open_ones = proposals(connection, cycle_id, reference_code)
        if not open_ones:
            raise LookupError(
                text("contacts.confirm.no_proposal", office=recipient.short_name, cycle=cycle_id)
            )
        events.record(
            connection, cycle_id, "focal_point_dismissed", by, clock.now(connection, cycle_id),
            recipient_id=recipient.recipient_id, submission_id=open_ones[0].submission_id, reason=reason,
        )  # fmt: skip


@dataclass(frozen=True)
class _Recipient:
    recipient_id: int
    organization_id: str
    short_name: str


def _recipient(connection: Connection, cycle_id: str, reference_code: str) -> _Recipient:
    row = connection.execute(
        query("intake/lock_recipient"), {"cycle_id": cycle_id, "reference_code": reference_code}
    ).one_or_none()
    if row is None:
        raise LookupError(text("intake.desk.unknown_recipient", cycle=cycle_id, code=reference_code))
    return _Recipient(row.recipient_id, row.organization_id, row.short_name)


def _replaced(held: list[Contact], replaces: str | None, address: str, office: str) -> Contact | None:
    """The contact whose place is taken. None when none is named, or it is out of use already."""
    if replaces is None:
        return None
    wanted = clean_address(replaces) or replaces.strip().lower()
    if wanted == address:
        raise ValueError(text("contacts.confirm.replaces_itself", email=address))
    found = next((contact for contact in held if contact.held.email == wanted), None)
    if found is None:
        known = ", ".join(contact.held.email for contact in held if contact.held.state != "retired")
        raise LookupError(
            text("contacts.confirm.unknown_replaced", office=office, email=wanted, known=known or "–")
        )
    return None if found.held.state == "retired" else found


def _after(
    held: list[Contact],
    known: Contact | None,
    old: Contact | None,
    address: str,
    name: str,
    title: str | None,
    phone: str | None,
) -> Particulars:
    """The contact as it is to stand in the registry."""
    if known is not None:
        place = (old.held.role, old.held.position) if old else (known.held.role, known.held.position)
        return replace(
            known.held,
            display_name=name,
            title=title or known.held.title,
            phone=phone or known.held.phone,
            role=place[0],
            position=place[1],
            state="active",
        )
    taken = [c.held.position for c in held if c.held.role == "to" and c.held.state != "retired"]
    return Particulars(
        display_name=name,
        title=title,
        email=address,
        phone=phone,
        role=old.held.role if old else "to",
        position=old.held.position if old else max([0, *taken]) + 1,
        state="active",
        note=None,
    )

"""A test mail to one contact, by the rules of all mail: a sample address is reached through the capture
server alone, any other one through the live server alone.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Engine

from reporting import clock, events
from reporting.database import query
from reporting.mail.compose import html_of
from reporting.mail.ledger import ministry_domain
from reporting.mail.transport import (
    Mail,
    NotACaptureServer,
    NotSentYet,
    OutcomeUnknown,
    Prepared,
    Refused,
    ServerUnavailable,
    Transport,
    build,
)
from reporting.registry.contacts import Contact, clean_address, contacts
from reporting.wording.catalogue import text

Outcome = Literal["sent", "sent_capture", "refused", "later", "unknown"]


@dataclass(frozen=True)
class Trial:
    """What became of a test mail; `why` is the server's answer or our reason, "" when it was sent."""

    contact: Contact
    outcome: Outcome
    why: str


class MailIsStopped(RuntimeError):
    """A person halted all mail; nothing is sent until it is started again."""


def find_contact(engine: Engine, given: str) -> Contact:
    """The contact with this number, or this address; of several offices' the first in use.

    Raises LookupError when the registry has none.
    """
    address = clean_address(given)
    with engine.connect() as connection:
        found = [
            contact
            for contact in contacts(connection)
            if (given.strip().isdecimal() and contact.contact_id == int(given))
            or contact.held.email == address
        ]
    if not found:
        raise LookupError(text("contacts.unknown_contact", given=given))
    return min(found, key=lambda contact: (contact.held.state == "retired", contact.contact_id))


def send_test(engine: Engine, given: str, by: str) -> Trial:
    """Send one test mail to a contact, named by its number or address, and log it; returns what became of it.

    Raises LookupError for an unknown contact, ValueError for one that is out of use, MailIsStopped while all
    mail is halted.
    """
    contact = find_contact(engine, given)
    held = contact.held
    if held.state == "retired":
        raise ValueError(text("contacts.test.retired", email=held.email, office=contact.office))
    with engine.connect() as connection:
        if connection.execute(query("mail/is_stopped")).scalar_one():
            raise MailIsStopped(text("contacts.test.stopped"))
        unit = connection.execute(
            query("registry/contact_unit"), {"organization_id": contact.organization_id}
        ).scalar_one_or_none() or text("contacts.test.unit")
    body = text("contacts.test.body", name=held.display_name, office=contact.office, unit=unit)
    mail = Mail(
        to_address=held.email,
        to_name=held.display_name,
        from_name=unit,
        subject=text("contacts.test.subject"),
        body_text=body,
        body_html=html_of(body),
        message_id=f"<test.{contact.contact_id}.{secrets.token_hex(8)}@{ministry_domain()}>",
        in_reply_to=None,
        dated_at=clock.wall_now(),
        list_id=f"<kiem-tra.{ministry_domain()}>",
    )
    trial = _send(contact, mail)
    with engine.begin() as connection:
        events.record(
            connection, None, "contact_tested", by, clock.wall_now(), contact_id=contact.contact_id,
            organization_id=contact.organization_id, email=held.email, outcome=trial.outcome, why=trial.why,
            message_id_header=mail.message_id,
        )  # fmt: skip
    return trial


def _send(contact: Contact, mail: Mail) -> Trial:
    mode = "rehearsal" if contact.held.email.endswith(".example") else "live"
    try:
        with Transport() as transport:
            is_real = transport.send(Prepared(mode, mail.to_address, build(mail)))
    except Refused as error:
        return Trial(contact, "refused", str(error))
    except (NotSentYet, ServerUnavailable, NotACaptureServer) as error:
        return Trial(contact, "later", str(error))
    except OutcomeUnknown as error:
        return Trial(contact, "unknown", str(error))
    return Trial(contact, "sent" if is_real else "sent_capture", "")

"""The ledger of outgoing mail: every message once, whatever is repeated.

The key of a message (cycle, recipient, contact, step, sequence) decides its Message-ID, so that a message
sent a second time after a send of unknown outcome is recognised by the receiving server as the same one.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from email.utils import parseaddr

from sqlalchemy import Connection

from reporting import clock
from reporting.database import query
from reporting.mail.policies import policies
from reporting.settings import settings


@dataclass(frozen=True)
class AttachedFile:
    """A file of the archive as a mail carries it. `media_type` may have parameters (method=PUBLISH)."""

    filename: str
    sha256: str
    media_type: str


@dataclass(frozen=True)
class OutgoingMessage:
    """What is to be said to one contact of one recipient at one step of a cycle.

    `sequence` tells messages of one step apart, such as the receipts of several submissions.
    """

    cycle_id: str
    recipient_id: int
    contact_id: int
    step: str
    to_address: str
    subject: str
    body_text: str
    body_html: str
    sequence: int = 1
    attachments: tuple[AttachedFile, ...] = ()
    in_reply_to: str | None = None


def ministry_domain() -> str:
    """The domain of the ministry's address. Raises ValueError when the setting is no address."""
    address = parseaddr(settings().ministry_address)[1]
    _, at, domain = address.partition("@")
    if not at or not domain:
        raise ValueError(
            f"REPORTING_MINISTRY_ADDRESS is {settings().ministry_address!r}, which is no e-mail address. "
            "Set it to the address from which the unit in charge writes."
        )
    return domain.lower()


def message_id(reference_code: str, step: str, sequence: int, contact_id: int) -> str:
    """The Message-ID of a ledger key; `reference_code` is unique and stands for cycle and recipient."""
    key = f"{reference_code}.{step}.{sequence}.{contact_id}"
    return f"<{re.sub(r'[^A-Za-z0-9._-]', '-', key)}@{ministry_domain()}>"


def queue(connection: Connection, message: OutgoingMessage) -> int | None:
    """Put `message` into the ledger, dated by the cycle's clock; its number, or None if it is there already.

    With it goes the step's policy for a send of unknown outcome (include/mail_policies.yaml). Raises
    LookupError when the recipient is not one of the cycle's, or the step has no policy.
    """
    when_unknown = policies().of(message.step).when_unknown
    reference_code = connection.execute(
        query("mail/reference_code"), {"cycle_id": message.cycle_id, "recipient_id": message.recipient_id}
    ).scalar_one_or_none()
    if reference_code is None:
        raise LookupError(f"Cycle {message.cycle_id!r} has no recipient number {message.recipient_id}.")
    number: int | None = connection.execute(
        query("mail/add_message"),
        {
            **asdict(message),
            "attachments": json.dumps([asdict(file) for file in message.attachments], ensure_ascii=False),
            "message_id_header": message_id(
                reference_code, message.step, message.sequence, message.contact_id
            ),
            "dated_at": clock.now(connection, message.cycle_id),
            "when_unknown": when_unknown,
        },
    ).scalar_one_or_none()
    if number is not None:
        record_event(connection, number, "queued")
    return number


def record_event(connection: Connection, number: int, state: str, detail: str | None = None) -> None:
    """Write that message `number` is now in `state`, with the server's answer or the reason."""
    connection.execute(
        query("mail/add_event"),
        {"message_id": number, "state": state, "detail": detail, "wall_now": clock.wall_now()},
    )

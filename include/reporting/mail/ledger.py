"""The ledger of outgoing mail: every message once, whatever is repeated.

The key of a message (cycle, recipient, contact, step, sequence) decides its Message-ID, so that a message
sent a second time after a send of unknown outcome is recognised by the receiving server as the same one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from email.utils import parseaddr
from functools import lru_cache

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
    return _domain(settings().ministry_address)


@lru_cache(maxsize=4)
def _domain(ministry_address: str) -> str:
    address = parseaddr(ministry_address)[1]
    _, at, domain = address.partition("@")
    if not at or not domain:
        raise ValueError(
            f"REPORTING_MINISTRY_ADDRESS is {ministry_address!r}, which is no e-mail address. "
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
    reference_code = connection.execute(
        query("mail/reference_code"), {"cycle_id": message.cycle_id, "recipient_id": message.recipient_id}
    ).scalar_one_or_none()
    if reference_code is None:
        raise LookupError(f"Cycle {message.cycle_id!r} has no recipient number {message.recipient_id}.")
    at = clock.now(connection, message.cycle_id)
    numbers = queue_all(connection, message.cycle_id, [(message, reference_code)], at)
    return numbers[0] if numbers else None


def queue_all(
    connection: Connection,
    cycle_id: str,
    messages: Sequence[tuple[OutgoingMessage, str]],
    dated_at: datetime,
) -> list[int]:
    """Put messages of one cycle, each with its recipient's look-up code, into the ledger in one statement.

    Returns the numbers of those that are new, in no order. `dated_at` is the present moment of the cycle's
    clock. Raises LookupError for a step without a policy.
    """
    if not messages:
        return []
    rows = [
        {
            "recipient_id": message.recipient_id,
            "contact_id": message.contact_id,
            "step": message.step,
            "sequence": message.sequence,
            "to_address": message.to_address,
            "subject": message.subject,
            "body_text": message.body_text,
            "body_html": message.body_html,
            "attachments": [asdict(file) for file in message.attachments],
            "message_id_header": message_id(
                reference_code, message.step, message.sequence, message.contact_id
            ),
            "in_reply_to": message.in_reply_to,
            "when_unknown": policies().of(message.step).when_unknown,
        }
        for message, reference_code in messages
    ]
    added = connection.execute(
        query("mail/add_messages"),
        {"cycle_id": cycle_id, "dated_at": dated_at, "messages": json.dumps(rows, ensure_ascii=False)},
    )
    return list(added.scalars())


def record_event(connection: Connection, number: int, state: str, detail: str | None = None) -> None:
    """Write that message `number` is now in `state`, with the server's answer or the reason."""
    connection.execute(
        query("mail/add_event"),
        {"message_id": number, "state": state, "detail": detail, "wall_now": clock.wall_now()},
    )

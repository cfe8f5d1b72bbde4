"""Mail that came back: what a bounce says, which message of ours it is about, and what follows from it.

A bounce is a stranger's message and may be forged. It marks a contact only when it returns the Message-ID of
a message that our ledger wrote to that very address; anything less only marks the message, for a person to
see.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from typing import Any

from flufl.bounce import all_failures
from sqlalchemy import Connection, Row

from reporting import clock, events
from reporting.database import query, storable
from reporting.mail.ledger import ministry_domain, record_event
from reporting.mail.remarks import keep
from reporting.mail.transport import is_address_dead
from reporting.wording.catalogue import text

ACTOR = "bounces"
_log = logging.getLogger(__name__)
_CODE = re.compile(r"\[\s*([^\[\]\s]{3,60})\s*\]")
_REFUSAL = re.compile(r"\b(?:(?P<code>[45]\d\d)[ -]|\(?#?[45]\.\d{1,3}\.\d{1,3}\b)")
_SMTP_CODE = re.compile(r"\b([45]\d\d)\b")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_SERVERS = frozenset({"mailer-daemon", "postmaster", "mail-daemon", "mdaemon", "mailadmin"})
_LONGEST_DIAGNOSTIC = 300
_MOST_IDS = 50


@dataclass(frozen=True)
class Failure:
    """What a bounce says of one address.

    `is_given_up` is False while the server still tries; `is_address_dead` says that nothing can reach the
    address. `addresses` are the names that the bounce gives it (after a forwarding there are two).
    """

    addresses: frozenset[str]
    is_given_up: bool
    is_address_dead: bool
    diagnostic: str


@dataclass(frozen=True)
class Bounce:
    """A bounce as it was read, with what may tell which message of ours it is about."""

    failures: tuple[Failure, ...]
    message_ids: tuple[str, ...]
    codes: tuple[str, ...]
    own_id: str

    @property
    def addresses(self) -> frozenset[str]:
        """Every address that failed."""
        return frozenset().union(*(failure.addresses for failure in self.failures))


@dataclass(frozen=True)
class Settled:
    """What a bounce was about: the cycle and its recipient. `is_operator_to_be_told`: an alert waits."""

    cycle_id: str
    reference_code: str
    is_operator_to_be_told: bool


def read(raw: bytes) -> Bounce | None:
    """What the bounce in `raw` says; None when it is none, such as an answer of somebody out of office.

    Reads delivery status notifications (RFC 3464) and the usual other forms; no malformed message makes this
    fail.
    """
    message = message_from_bytes(raw)
    reported = list(_reported(message))
    if not reported and _is_automatic_answer(message):
        return None
    try:
        delayed, failed = all_failures(message)
    except Exception:  # whatever a stranger's message does to a detector
        _log.warning("a bounce could not be read", exc_info=True)
        return None
    known = {address for failure in reported for address in failure.addresses}
    words = "\n".join(_texts(message))
    others = [
        _from_words(address, words, is_given_up=address_bytes in failed)
        for address_bytes in sorted(failed | delayed)
        if (address := address_bytes.decode("ascii", "replace").lower()) not in known
    ]
    failures = (*reported, *others)
    if not failures:
        return None
    whole = f"{raw.decode('ascii', 'replace')}\n{words}"
    ids = re.findall(rf"<[^<>@\s]{{1,250}}@{re.escape(ministry_domain())}>", whole, re.IGNORECASE)
    return Bounce(
        failures=failures,
        message_ids=tuple(dict.fromkeys(ids))[:_MOST_IDS],
        codes=tuple(dict.fromkeys(_codes(message, words)))[:_MOST_IDS],
        own_id=storable(" ".join(str(message.get("Message-ID", "")).split()))[:250],
    )


def settle(connection: Connection, bounce: Bounce, mode: str) -> Settled | None:
    """Write what follows from a bounce: its message `bounced`, and its contact `bouncing` if the address is
    dead; a delay is only noted. Returns what it was about; None when it is about no mail of ours.

    Only messages of cycles of this `mode` can be meant. The same bounce again changes nothing.
    """
    rows = connection.execute(
        query("mail/bounced_messages"),
        {
            "message_ids": list(bounce.message_ids),
            "codes": list(bounce.codes),
            "addresses": sorted(bounce.addresses),
            "mode": mode,
        },
    ).all()
    by_id = [row for row in rows if row.is_by_id]
    row = next((one for one in by_id if one.to_address.lower() in bounce.addresses), None) or next(
        iter(by_id or rows), None
    )
    if row is None:
        return None
    is_ours = row.to_address.lower() in bounce.addresses
    failure = next(
        (one for one in bounce.failures if row.to_address.lower() in one.addresses), bounce.failures[0]
    )
    told = False
    if not failure.is_given_up:
        connection.execute(
            query("mail/note_delay"), {"message_id": row.message_id, "detail": failure.diagnostic,
                                       "wall_now": clock.wall_now()}
        )  # fmt: skip
    elif connection.execute(query("mail/mark_bounced"), {"message_id": row.message_id}).one_or_none():
        record_event(connection, row.message_id, "bounced", failure.diagnostic)
        events.record(
            connection, row.cycle_id, "mail_bounced", ACTOR, clock.now(connection, row.cycle_id),
            recipient_id=row.recipient_id, message_id=row.message_id, step=row.step, address=row.to_address,
            answer=failure.diagnostic, is_known_by="message_id" if row.is_by_id else "reference_code",
        )  # fmt: skip
        if failure.is_address_dead and row.is_by_id and is_ours:
            told = mark_contact(connection, row, failure.diagnostic, source=bounce.own_id)
    return Settled(row.cycle_id, row.reference_code, told)


def mark_contact(connection: Connection, message: Row[Any], answer: str, *, source: str) -> bool:
    """Mark the contact of a message that its address is dead; the office's next contact takes its place.

    `source` names the bounce, or the message refused, in the log of changes of contacts. Nothing happens when
    the contact is not in use or has another address by now. When it was the office's last, that is logged and
    an alert kept for the operator; returns whether one is to be sent (alerts.send_alerts).
    """
    marked = connection.execute(
        query("mail/mark_contact_bouncing"),
        {"contact_id": message.contact_id, "address": message.to_address},
    ).one_or_none()
    if marked is None:
        return False
    connection.execute(
        query("registry/contact_note_change"),
        {
            "organization_id": marked.organization_id,
            "contact_id": message.contact_id,
            "kind": "bounced",
            "before": json.dumps({"state": "active"}),
            "after": json.dumps({"state": "bouncing"}),
            "source": source or answer,
            "changed_by": ACTOR,
        },
    )
    at = clock.now(connection, message.cycle_id)
    events.record(
        connection, message.cycle_id, "contact_bouncing", ACTOR, at,
        recipient_id=message.recipient_id, address=message.to_address, answer=answer,
    )  # fmt: skip
    office = connection.execute(query("mail/office_contacts"), {"recipient_id": message.recipient_id}).one()
    if office.has_contact_in_use:
        return False
    key = {"cycle_id": message.cycle_id, "recipient_id": message.recipient_id}
    if not connection.execute(query("mail/has_no_live_contact_event"), key).scalar_one():
        events.record(
            connection, message.cycle_id, "no_live_contact", ACTOR, at, recipient_id=message.recipient_id
        )
    return keep(
        connection,
        f"last_contact:{marked.organization_id}:{message.message_id}",
        subject=text("alerts.last_contact_subject", office=office.short_name),
        body=text(
            "alerts.last_contact_body",
            office=office.short_name,
            address=message.to_address,
            answer=answer or "–",
        ),
    )


def _reported(message: Message) -> Iterator[Failure]:
    """What the delivery status of a bounce says, recipient by recipient."""
    for part in message.walk():
        blocks = part.get_payload() if part.get_content_type() == "message/delivery-status" else None
        if not isinstance(blocks, list):
            continue
        for block in blocks:
            if not isinstance(block, Message):
                continue
            action = str(block.get("Action", "")).strip().lower()
            if not action.startswith(("fail", "error", "delayed")):
                continue
            addresses = frozenset(
                address
                for name in ("Original-Recipient", "Final-Recipient")
                if (address := _address(str(block.get(name, ""))))
            )
            if not addresses:
                continue
            status = str(block.get("Status", ""))
            diagnostic = " ".join(str(block.get("Diagnostic-Code", "")).split())
            yield _failure(addresses, f"{status} {diagnostic}", is_given_up=not action.startswith("delayed"))


def _from_words(address: str, words: str, *, is_given_up: bool) -> Failure:
    """What a bounce without a delivery status says of an address, by the first line that looks like a
    server's answer.
    """
    lines = [" ".join(line.split()) for line in words.splitlines()]
    said = next((line for line in lines if _REFUSAL.search(line)), "")
    said = said or next((line for line in lines if address in line.lower()), "")
    return _failure(frozenset({address}), said, is_given_up=is_given_up)


def _failure(addresses: frozenset[str], said: str, *, is_given_up: bool) -> Failure:
    said = storable(said).strip()[:_LONGEST_DIAGNOSTIC]
    code = _SMTP_CODE.search(said)
    if _STATUS.search(said) or code:
        dead = is_address_dead(int(code.group(1)) if code else None, said)
    else:
        dead = True  # it was given up, and nothing says that it might fare better later
    return Failure(addresses, is_given_up, is_given_up and dead, said)


def _address(value: str) -> str:
    """The address of `rfc822; someone@office.example`, in lower case."""
    address = parseaddr(value.rpartition(";")[2].strip())[1]
    return address.lower() if "@" in address else ""


def _is_automatic_answer(message: Message) -> bool:
    """Whether a program answered in a person's name (RFC 3834): out of office, a read receipt."""
    sender = parseaddr(str(message.get("From", "")))[1].partition("@")[0].lower()
    if sender in _SERVERS:
        return False
    headers = {name: str(message.get(name, "")).strip().lower() for name in ("Auto-Submitted", "Precedence")}
    return (
        headers["Auto-Submitted"].startswith("auto-")
        or headers["Precedence"] in {"auto_reply", "auto-reply"}
        or any(message.get(name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Reply"))
        or str(message.get_param("report-type") or "").lower() == "disposition-notification"
    )


def _texts(message: Message) -> Iterator[str]:
    for part in message.walk():
        if part.get_content_type() in {"text/plain", "text/rfc822-headers"}:
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                yield payload.decode("utf-8", "replace")


def _codes(message: Message, words: str) -> Iterator[str]:
    """Look-up codes in the subjects of the bounce and of what it returns, and in its text."""
    for part in message.walk():
        subject = part.get("Subject")
        if subject:
            try:
                yield from _CODE.findall(str(make_header(decode_header(str(subject)))))
            except (ValueError, LookupError):
                continue
    yield from _CODE.findall(words)

"""Telling the operator, once, that something failed for good."""

from __future__ import annotations

import logging
from hashlib import sha256

from sqlalchemy import Engine

from reporting import clock
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
from reporting.settings import settings
from reporting.wording.catalogue import text

log = logging.getLogger(__name__)


def alert(
    engine: Engine, key: str, *, dag_id: str, run_id: str, task_id: str, error: str, log_url: str
) -> bool:
    """Tell the operator that a task failed; returns whether this call told it.

    `key` says what it is about: the same key tells once, whatever repeats it. Without an operator's
    address, or with the mail server down, it stays in audit.alert for the digest and the board.
    """
    subject = text("alerts.task_failed_subject", dag=dag_id, task=task_id)
    body = text(
        "alerts.task_failed_body",
        dag=dag_id,
        run=run_id,
        task=task_id,
        error=error or "–",
        log_url=log_url or "–",
    )
    with engine.begin() as connection:
        is_new = connection.execute(
            query("audit/add_alert"), {"alert_key": key, "subject": subject, "body": body}
        ).rowcount
    address = settings().operator_address
    if not is_new or not address:
        return False
    mail = Mail(
        to_address=address,
        to_name="",
        from_name=text("alerts.sender"),
        subject=subject,
        body_text=body,
        body_html=html_of(body),
        message_id=f"<alert.{sha256(key.encode()).hexdigest()[:24]}@{ministry_domain()}>",
        in_reply_to=None,
        dated_at=clock.wall_now(),
        list_id=f"<van-hanh.{ministry_domain()}>",
    )
    try:
        with Transport() as transport:
            transport.send(Prepared(settings().mailbox_mode, address, build(mail)))
    except (Refused, NotSentYet, ServerUnavailable, NotACaptureServer, OutcomeUnknown) as problem:
        log.warning("The operator was not told by mail of %s: %s", key, problem)
        return False
    with engine.begin() as connection:
        connection.execute(query("audit/mark_alert_sent"), {"alert_key": key})
    return True

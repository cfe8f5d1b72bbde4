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
    address it stays in audit.alert; with the mail server down it is sent by a later `send_alerts`.
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
    return bool(is_new) and key in send_alerts(engine)


def send_alerts(engine: Engine) -> list[str]:
    """Send every alert that was not sent yet; returns their keys.

    An alert is marked in the transaction that sends it. A kill in between sends it once more, with the same
    Message-ID: for an alert that is better than never.
    """
    address = settings().operator_address
    sent: list[str] = []
    while address:
        with engine.begin() as connection:
            waiting = connection.execute(query("audit/next_alert")).one_or_none()
            if waiting is None:
                break
            mail = Mail(
                to_address=address,
                to_name="",
                from_name=text("alerts.sender"),
                subject=waiting.subject,
                body_text=waiting.body,
                body_html=html_of(waiting.body),
                message_id=f"<alert.{sha256(waiting.alert_key.encode()).hexdigest()[:24]}@{ministry_domain()}>",
                in_reply_to=None,
                dated_at=clock.wall_now(),
                list_id=f"<van-hanh.{ministry_domain()}>",
            )
            try:
                with Transport() as transport:
                    transport.send(Prepared(settings().mailbox_mode, address, build(mail)))
            except (Refused, NotSentYet, ServerUnavailable, NotACaptureServer, OutcomeUnknown) as problem:
                log.warning("The operator was not told by mail of %s: %s", waiting.alert_key, problem)
                break
            connection.execute(query("audit/mark_alert_sent"), {"alert_key": waiting.alert_key})
            sent.append(waiting.alert_key)
    return sent

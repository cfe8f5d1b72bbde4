"""Telling the operator something that is no failed task: once per key, kept until it is sent."""

from __future__ import annotations

from sqlalchemy import Engine

from reporting.database import query
from reporting.mail.alerts import send_alerts


def tell(engine: Engine, key: str, *, subject: str, body: str) -> bool:
    """Keep a remark for the operator and send it; returns whether this call sent it.

    The same key tells once. Without an operator's address, or with the mail server down, it waits in
    audit.alert as alerts do.
    """
    with engine.begin() as connection:
        is_new = connection.execute(
            query("audit/add_alert"), {"alert_key": key, "subject": subject, "body": body}
        ).rowcount
    return bool(is_new) and key in send_alerts(engine)

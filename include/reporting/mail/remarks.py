"""Telling the operator something that is no failed task: once per key, kept until it is sent."""

from __future__ import annotations

from sqlalchemy import Connection, Engine

from reporting.database import query
from reporting.mail.alerts import send_alerts


def tell(engine: Engine, key: str, *, subject: str, body: str) -> bool:
    """Keep a remark for the operator and send it; returns whether this call sent it.

    The same key tells once. Without an operator's address, or with the mail server down, it waits in
    audit.alert as alerts do.
    """
    with engine.begin() as connection:
        is_new = keep(connection, key, subject=subject, body=body)
    return is_new and key in send_alerts(engine)


def keep(connection: Connection, key: str, *, subject: str, body: str) -> bool:
    """Keep a remark for the operator in the caller's transaction; returns whether it is new.

    `alerts.send_alerts` sends it, after the transaction.
    """
    return bool(
        connection.execute(
            query("audit/add_alert"), {"alert_key": key, "subject": subject, "body": body}
        ).rowcount
    )

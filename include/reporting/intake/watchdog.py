"""The watchdog: what is not answered, put aside too long, or cannot be collected; backups that are not made;
mails that wait for a decision after a restore.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, time

from sqlalchemy import Connection, Engine

from reporting import clock
from reporting.backup.rotation import load_rules
from reporting.calendar.working_days import WorkingCalendar
from reporting.database import query
from reporting.intake.channels.configuration import names
from reporting.mail.alerts import send_alerts
from reporting.mail.remarks import keep
from reporting.settings import settings
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import moment, number

_MOST_LISTED = 20
_DAGS = {"unsent": "mail_delivery", "in_doubt": "mail_delivery", "no_backup": "backup"}


@dataclass(frozen=True)
class Concern:
    """Something of the intake that is not as it should be.

    `kind` is unanswered (a delivery), unsent (an answer), quarantine (too many: `about` is count, `who` how
    many; or one too old), silent_channel, unfit_item, no_backup (`who` is the newest one, if any) or in_doubt
    (`who` is how many mails wait for a decision after a restore, `what` the backup); `about` names the
    delivery, message, channel, item or restore; `since` is when it came or was last well; `who` is the sender
    or channel, `what` subject, note or problem.
    """

    kind: str
    about: str
    since: datetime
    who: str
    what: str


def concerns(connection: Connection) -> list[Concern]:
    """All that is not as it should be now, the oldest first. Raises ValueError where REPORTING_CHANNELS is
    malformed.
    """
    told, now = settings(), clock.wall_now()
    rows = connection.execute(
        query("channels/concerns"),
        {
            "mode": told.mailbox_mode,
            "answer_minutes": told.answer_limit,
            "silence_minutes": told.silence_limit,
            "quarantine_limit": told.quarantine_limit,
            "one_day_ago": _one_working_day_before(now),
            "channels": names(told.channels),
            "is_backed_up": told.backup is not None,
            "backup_hours": load_rules().too_old_hours,
        },
    )
    return [
        Concern(row.kind, row.about, row.since.astimezone(clock.VIETNAM), row.who, row.what) for row in rows
    ]


def watch(engine: Engine) -> list[Concern]:
    """Note what is not as it should be, tell the operator of what is new, and note what is over; returns what
    is new.

    Each occurrence is told once, however often this runs and by however many processes; what is over and
    comes again is told again. What cannot be sent now is sent with later alerts.
    """
    new: dict[str, list[tuple[int, Concern]]] = defaultdict(list)
    with engine.begin() as connection:
        connection.execute(query("channels/watch_channels"), {"channels": names(settings().channels)})
        found = concerns(connection)
        lasting = [{"kind": concern.kind, "about": concern.about} for concern in found]
        connection.execute(query("channels/clear_concerns"), {"lasting": json.dumps(lasting)})
        for concern in found:
            number_of_it = connection.execute(
                query("channels/raise_concern"),
                {
                    "kind": concern.kind,
                    "about": concern.about,
                    "detail": json.dumps(asdict(concern), ensure_ascii=False, default=datetime.isoformat),
                },
            ).scalar_one_or_none()
            if number_of_it is not None:
                new[concern.kind].append((number_of_it, concern))
        for kind, raised in new.items():
            key = f"concern/{kind}/{min(number_of_it for number_of_it, _ in raised)}"
            _tell(connection, key, kind, [concern for _, concern in raised])
    if new:
        send_alerts(engine)
    return [concern for raised in new.values() for _, concern in raised]


def line(concern: Concern) -> str:
    """One concern as a person reads it."""
    kind = "quarantine_count" if (concern.kind, concern.about) == ("quarantine", "count") else concern.kind
    return text(
        f"alerts.concern.{kind}.line",
        about=concern.about,
        since=moment(concern.since),
        who=concern.who,
        what=concern.what or "–",
    )


def _one_working_day_before(now: datetime) -> datetime:
    """Of Monday 16:00, Friday 16:00; of a Sunday, the beginning of Friday: the day that is over."""
    calendar = WorkingCalendar.load()
    day = calendar.shift(now.date(), -1)
    is_working_day = calendar.is_working_day(now.date())
    return datetime.combine(day, now.timetz() if is_working_day else time(tzinfo=clock.VIETNAM))


def _tell(connection: Connection, key: str, kind: str, raised: Sequence[Concern]) -> None:
    told = settings()
    lines = [text("alerts.concern.item", line=line(concern)) for concern in raised[:_MOST_LISTED]]
    if len(raised) > _MOST_LISTED:
        lines.append(text("alerts.concern.more", count=len(raised) - _MOST_LISTED))
    base, dag = told.airflow_url.rstrip("/"), _DAGS.get(kind, "submission_intake")
    body = text(
        f"alerts.concern.{kind}.body",
        lines="\n".join(lines),
        link=f"{base}/dags/{dag}" if base else text("alerts.concern.no_link", dag=dag),
        minutes=number(told.answer_limit),
        limit=told.quarantine_limit,
        silence=number(told.silence_limit),
        hours=number(load_rules().too_old_hours),
    )
    keep(
        connection,
        key,
        subject=text(
            f"alerts.concern.{kind}.subject", count=len(raised), hours=number(load_rules().too_old_hours)
        ),
        body=body,
    )

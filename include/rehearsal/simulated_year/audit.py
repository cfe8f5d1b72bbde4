"""What became of a simulated year: what was promised, held against the ledger and the mail server's log."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, RowMapping

from rehearsal.simulated_year.run import CLOCK, SimulatedYear, back_at, in_office_hours
from rehearsal.simulated_year.scenario import YearScenario
from rehearsal.simulated_year.world import World, words
from reporting import clock
from reporting.cycles import status
from reporting.database import query

READ_WITHIN = timedelta(days=2)
"""So soon an answer that kept a reminder back is read."""


@dataclass
class Findings:
    """What a year came to; everything in `wrong` breaks a promise."""

    moments: int = 0
    processes: int = 0
    kills: int = 0
    mail_server_kills: int = 0
    database_kills: int = 0
    cycles: int = 0
    recipients_of_largest: int = 0
    messages: int = 0
    taken: int = 0
    by_state: dict[str, int] = field(default_factory=dict)
    doings: dict[str, int] = field(default_factory=dict)
    refused_doings: int = 0
    unknown_outcomes: int = 0
    doubles: int = 0
    doubles_of_unknown_outcome: int = 0
    bounced_contacts: int = 0
    unreachable: int = 0
    moments_before_intake: int = 0
    reminders_withheld_for_unread: int = 0
    urgings_left_out: dict[str, int] = field(default_factory=dict)
    reminders_left_out: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def as_json(self) -> str:
        """The figures, for a file."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)


def audit(engine: Engine, year: SimulatedYear, world: World) -> Findings:
    """Hold a finished year against what was promised of it."""
    tally = year.tally
    found = Findings(
        moments=tally.moments,
        processes=tally.processes,
        kills=tally.kills,
        mail_server_kills=tally.mail_server_kills,
        database_kills=tally.database_kills,
        doings={str(deed): count for deed, count in world.done.items()},
        refused_doings=len(world.refused),
        moments_before_intake=tally.moments_before_intake,
    )
    key = {"clock_id": CLOCK}
    with engine.connect() as connection:
        cycles = list(connection.scalars(query("conducting/cycles_of_clock"), key))
        ledger = connection.execute(query("rehearsal/year_ledger"), key).mappings().all()
        to_answered = connection.execute(query("rehearsal/year_reminders_to_answered"), key).all()
        unasked = connection.execute(query("rehearsal/year_requests_missing"), key).all()
        unsent = connection.execute(query("rehearsal/year_reminders_missing"), key).mappings().all()
        to_unread = connection.execute(query("rehearsal/year_reminders_to_unread"), key).all()
        not_urged = connection.execute(query("rehearsal/year_urgings_missing"), key).mappings().all()
        unfinished = [c for c in cycles if not status.is_finished(connection, c)]
        counts = connection.execute(query("rehearsal/year_counts"), key).one()
    found.cycles, found.messages = len(cycles), len(ledger)
    found.recipients_of_largest, found.bounced_contacts = (
        counts.recipients_of_largest,
        counts.bounced_contacts,
    )
    found.by_state = dict(Counter(row["state"] for row in ledger))
    found.unknown_outcomes = sum(row["unknown_outcomes"] for row in ledger)
    _compare_with_server(found, year.server_log, [dict(row) for row in ledger])
    if len(cycles) != len(year.cycles):
        found.wrong.append(f"{len(year.cycles) - len(cycles)} cycles were never opened")
    found.wrong += [f"{cycle_id} was not finished" for cycle_id in unfinished]
    found.wrong += [
        f"message {row['message_id']} ({row['step']} to {row['reference_code']}) was left {row['state']}"
        for row in ledger
        if row["state"] in ("queued", "claimed", "sending")
    ]
    found.wrong += [
        f"{row.reference_code} was reminded ({row.step}, {row.occurred_at:%d/%m %H:%M}) but owed nothing"
        for row in to_answered
    ]
    for row in unasked:
        found.unreachable += row.is_noted
        if not row.is_noted:
            found.wrong.append(f"{row.reference_code} of {row.cycle_id} was never asked")
    found.wrong += [
        f"{row.reference_code} was reminded ({row.step}, {row.occurred_at:%d/%m %H:%M}) while its answer lay "
        "unread"
        for row in to_unread
    ]
    for missing in unsent:
        reason = _reason(missing, year.scenario)
        if reason is None:
            found.wrong.append(
                f"{missing['reference_code']} was not reminded of {missing['deliverable']} "
                f"({missing['step']}, due {missing['due_at']:%d/%m/%Y %H:%M}): {missing['why']}"
            )
        else:
            found.reminders_left_out[reason] = found.reminders_left_out.get(reason, 0) + 1
    found.reminders_withheld_for_unread = sum(row["last_detail"] == "answer_unread" for row in ledger)
    for missing in not_urged:
        reason = "unreachable" if missing["is_unreachable"] else _since(missing, missing["withdrawn_at"])
        if reason is None:
            found.wrong.append(
                f"{missing['reference_code']} got no copy of the {missing['kind']} sent "
                f"{missing['published_at']:%d/%m/%Y %H:%M}: {missing['why']}"
            )
        else:
            found.urgings_left_out[reason] = found.urgings_left_out.get(reason, 0) + 1
    breaks = (
        tally.kills + tally.mail_server_kills + tally.database_kills + 2 * len(year.scenario.mail_server_away)
    )
    if found.unknown_outcomes > breaks:
        found.wrong.append(f"{found.unknown_outcomes} sends of unknown outcome, more than the {breaks} kills")
    return found


def write_log(engine: Engine, path: Path) -> int:
    """Write everything that happened, in order, as a table that a person can follow; returns its length."""
    with engine.connect() as connection, path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = connection.execute(query("rehearsal/year_log"), {"clock_id": CLOCK}).all()
        writer = csv.writer(file)
        writer.writerow(words()["audit"]["heading"].split(","))
        for row in rows:
            at = row.occurred_at.astimezone(clock.VIETNAM)
            writer.writerow(
                [
                    f"{at:%d/%m/%Y %H:%M}",
                    row.cycle_id,
                    row.short_name,
                    row.reference_code,
                    row.kind,
                    row.detail,
                ]
            )
    return len(rows)


def _compare_with_server(found: Findings, log: Path, ledger: list[dict[str, Any]]) -> None:
    """Every message that counts as sent was taken, nothing was taken that the ledger does not know, and what
    was taken twice was known to be in doubt.
    """
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    taken = Counter(line["message_id"] for line in lines)
    found.taken = len(lines)
    known = {row["message_id_header"]: row for row in ledger}
    found.wrong += [f"{header} was taken but stands in no ledger" for header in taken if header not in known]
    found.wrong += [
        f"{row['message_id_header']} counts as {row['state']} but was never taken"
        for row in ledger
        if row["state"] in ("sent", "bounced")
        and row["message_id_header"] not in taken
        and row["last_detail"] != "refused"
    ]
    for header, times in taken.items():
        if times > 1 and header in known:
            found.doubles += times - 1
            if known[header]["unknown_outcomes"] >= times - 1:
                found.doubles_of_unknown_outcome += times - 1
            else:
                found.wrong.append(f"{header} was taken {times} times unawares")


def _reason(missing: RowMapping, scenario: YearScenario) -> str | None:
    """Why a reminder that fell due was rightly not handed over; None where nothing tells.

    It could go out from its own moment, the end of a pause or of an outage on, in
    office hours; what was so by then, or when it was withdrawn soon after, is a reason.
    """
    if missing["is_unreachable"]:
        return "unreachable"
    since = missing["rested_until"] or missing["due_at"]
    for outage in (*scenario.scheduler_away, *scenario.mail_server_away):
        if outage.holds(since):
            since = back_at(outage)
    since = in_office_hours(since)
    withdrawn_at = missing["withdrawn_at"]
    if withdrawn_at is not None and since < withdrawn_at <= since + READ_WITHIN:
        since = withdrawn_at
    reason = _since(missing, since)
    if reason is not None:
        return reason
    if missing["deadline"] is not None and missing["due_at"] < missing["deadline"] <= since:
        return "deadline_passed"
    if missing["is_superseded"]:
        return "superseded"
    if (
        missing["why"] == "answer_unread"
        and (missing["completed_at"] or since + READ_WITHIN) < since + READ_WITHIN
    ):
        return "answer_read_later"
    return None


def _since(missing: RowMapping, moment: datetime | None) -> str | None:
    """What had ended the debt by a moment, if anything had."""
    for reason, column in (("answered", "completed_at"), ("let_off", "let_off_at"), ("closed", "closed_at")):
        if moment is not None and missing[column] is not None and missing[column] <= moment:
            return reason
    return None

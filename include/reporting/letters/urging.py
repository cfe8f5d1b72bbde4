"""The urging letter: to those whose answer is late, with the list of what each still owes as its appendix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from reporting import clock
from reporting.calendar.working_days import WorkingCalendar
from reporting.cycles import plan, steps
from reporting.cycles.opening import regime_of
from reporting.database import query
from reporting.documents import lifecycle
from reporting.documents.lifecycle import Draft, ListedDebt
from reporting.letters.cycle import load_letter_cycle, office_words
from reporting.letters.official import appendix_context, letter_draft
from reporting.letters.text import document_date, escape
from reporting.regimes.models import Regime
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import date_with_weekday


class NobodyLate(LookupError):
    """No deadline is past with something still owed, so there is nobody to urge."""


@dataclass(frozen=True)
class LateOffice:
    """An office whose deadline is past, and what it still owes as (deliverable, words for the list)."""

    recipient_id: int
    name: str
    owes: tuple[tuple[str, str], ...]

    @property
    def owes_line(self) -> str:
        """What it owes as a line of the list, with a capital."""
        line = text("letters.urging.between_owed").join(words for _, words in self.owes)
        return line[:1].upper() + line[1:]


def late_offices(connection: Connection, cycle_id: str, letter: str = plan.URGING_LETTER) -> list[LateOffice]:
    """Who still owes something at the cycle's present moment although its own deadline is past.

    Where the letter counts from the issue of the request, those are meant who owe something without a fixed day.

    In the order of the cycle's list.
    """
    urging = plan.urging_of(regime_of(connection, cycle_id), letter)
    rows = connection.execute(
        query("letters/overdue"),
        {
            "cycle_id": cycle_id,
            "now": clock.now(connection, cycle_id),
            "counts_undated": urging is not None and urging.anchor == "issue",
        },
    ).all()
    owed: dict[int, list[tuple[str, str]]] = {}
    for row in rows:
        key = "to_complete" if row.state == "to_complete" else "missing"
        owed.setdefault(row.recipient_id, []).append(
            (row.deliverable, text(f"letters.urging.owed.{key}", label=row.label))
        )
    names = {row.recipient_id: row.name for row in rows}
    return [LateOffice(recipient, names[recipient], tuple(owes)) for recipient, owes in owed.items()]


def render_escalation_letter(connection: Connection, cycle_id: str) -> Draft:
    """The letter to the committees (or ministries) themselves, when urging did not help."""
    return render_urging_letter(connection, cycle_id, plan.ESCALATION_LETTER)


def render_urging_letter(connection: Connection, cycle_id: str, kind: str = plan.URGING_LETTER) -> Draft:
    """The urging letter as of the cycle's present day, as a draft: number, day and month blank.

    It gives so many working days as the regime says, at most until the close. Raises LookupError when there
    is no such cycle, its regime has no urging letter or its request has no number and date; NobodyLate when
    nobody is to be urged.
    """
    cycle = load_letter_cycle(connection, cycle_id)
    regime, urging = cycle.regime, plan.urging_of(cycle.regime, kind)
    letter = regime.escalation_letter if kind == plan.ESCALATION_LETTER else regime.urging_letter
    if letter is None or urging is None:
        raise LookupError(
            f"Regime {regime.code} of {cycle_id} plans no urging letter; "
            f"write urging and urging_letter in include/regimes/{regime.code}.yaml."
        )
    request = lifecycle.find(connection, cycle_id, "request_letter")
    if request is None or request.number is None or request.registered_on is None:
        raise LookupError(
            f"The request letter of {cycle_id} has no number and date yet, and the urging letter must cite "
            "them. Register it first."
        )
    late = late_offices(connection, cycle_id, kind)
    if not late:
        raise NobodyLate(f"Nobody is late in {cycle_id}, so there is no urging letter to write.")
    today = clock.now(connection, cycle_id).date()
    close_on = steps.state(connection, cycle_id, plan.CLOSE).due_at.astimezone(clock.VIETNAM).date()
    new_last_day = min(WorkingCalendar.load().shift(today, urging.new_deadline_working_days), close_on)
    outstanding = int(
        connection.execute(query("cycles/count_outstanding"), {"cycle_id": cycle_id}).scalar_one()
    )
    words = office_words([a.kind for a in cycle.owing])
    values = {
        "request_number": request.number,
        "request_on": document_date(request.registered_on),
        "report_title": cycle.title,
        "deadline_phrase": cycle.deadline_phrase,
        "reviewed_on": document_date(today),
        "received_count": len(cycle.owing) - outstanding,
        "office_count": len(cycle.owing),
        "outstanding": _outstanding(late, words),
        "extended": _extended(outstanding - len(late), words),
        "asked": text(f"letters.urging.asked.{'one' if len(late) == 1 else 'many'}.{words}"),
        "report_to": regime.ministry.report_to,
        "upstream_task": _upstream_task(regime, cycle.period),
        "ministry_name": regime.ministry.name,
        "unit_name": regime.unit.name,
        "new_last_day": date_with_weekday(new_last_day),
        "contact": regime.unit.contact,
    }
    return letter_draft(
        cycle,
        letter,
        values,
        name="urging",
        template="letter/urging.docx",
        year=today.year,
        addressees=[late[0].name] if len(late) == 1 else None,
        context={
            "offices": [{"name": office.name, "owes": office.owes_line} for office in late],
            **appendix_context(regime, title=text("letters.urging.list_title"), year=today.year),
        },
        is_reconstruction=cycle.is_reconstruction,
        after=[
            text("letters.urging.preview_list", office_count=len(late)),
            "\n".join(
                text("letters.urging.preview_entry", office=escape(o.name), owes=escape(o.owes_line))
                for o in late
            ),
        ],
        listed=_listed(late, new_last_day),
    )


def _upstream_task(regime: Regime, period: str) -> str:
    upstream = regime.period(period).upstream
    return "" if upstream is None else upstream.task


def _outstanding(late: Sequence[LateOffice], words: str) -> str:
    """ "còn 05 Sở chưa gửi đủ …", or the office's name where it is one."""
    if len(late) == 1:
        return text("letters.urging.outstanding.one", office=late[0].name)
    return text("letters.urging.outstanding.many", count=len(late), noun=text(f"letters.urging.noun.{words}"))


def _extended(count: int, words: str) -> str:
    """A sentence about those who were given more time and so are not urged; empty where there are none."""
    if not count:
        return ""
    return text("letters.urging.extended", count=count, noun=text(f"letters.urging.noun.{words}"))


def _listed(late: Sequence[LateOffice], new_last_day: date) -> tuple[ListedDebt, ...]:
    return tuple(
        ListedDebt(office.recipient_id, deliverable, new_last_day)
        for office in late
        for deliverable, _ in office.owes
    )

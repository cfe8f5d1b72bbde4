"""The numbered letters to those outstanding: the urging letter, and the one to the committees themselves.

Both list what each office still owes. With the second comes a sheet of one page for the leadership.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
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
from reporting.letters.cycle import LetterCycle, load_letter_cycle, office_words
from reporting.letters.leadership import leadership_sheet
from reporting.letters.official import ADDRESSEES_NAMED, appendix_context, common_values, letter_draft
from reporting.letters.text import document_date, document_number, escape, salutation
from reporting.regimes.models import LetterText, UrgingStep
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import date_with_weekday


class NobodyLate(LookupError):
    """No deadline is past with something still owed, so there is nobody to urge."""


@dataclass(frozen=True)
class Owed:
    """One thing that an office still owes, with the words for it in a list and within a sentence."""

    deliverable: str
    listed: str
    spoken: str


@dataclass(frozen=True)
class LateOffice:
    """An office to be urged. `superior` is the committee above a department, else the office itself."""

    recipient_id: int
    name: str
    short_name: str
    kind: str
    superior: str
    owes: tuple[Owed, ...]

    @property
    def owes_line(self) -> str:
        """What it owes as a line of the list, with a capital."""
        line = text("letters.urging.between_owed").join(owed.listed for owed in self.owes)
        return line[:1].upper() + line[1:]

    @property
    def owes_spoken(self) -> str:
        """What it owes, within a sentence that says that it has not come."""
        return text("letters.urging.between_owed").join(owed.spoken for owed in self.owes)


_BY_URGENCY = ("received", "confidential", "in_check", "in_time", "extended", "resting", "late")
"""How one thing that an office owes may stand; an office stands as the one that comes last here."""
_NOT_URGED = ("extended", "resting", "in_time", "in_check", "confidential")
_SETTLED = {"completed": "received", "nil": "received", "confidential": "confidential"}
_UNFINISHED = frozenset({"to_complete", "partial", "department_only"})


@dataclass(frozen=True)
class Standing:
    """How the offices of a cycle stand; each is counted once, so that the numbers of `late` and of the others
    add up to `asked`.

    `asked` are those that owe something that they were not let off. `received`: all of it came. `extended`
    were given more time, of `resting` the reminders rest (a disaster, a promised day), `in_time` have time
    left as all have, `in_check` sent everything, but a fault of ours keeps it from being checked, and
    `confidential` answer by the secret mail. `let_off`
    were let off everything and are not among `asked`.
    """

    late: list[LateOffice]
    asked: int
    received: int
    extended: int
    resting: int
    in_time: int
    in_check: int
    confidential: int
    let_off: int

    @property
    def others(self) -> dict[str, int]:
        """Those who neither sent everything nor are urged, by the reason for which they are not; no zeros."""
        found = {reason: getattr(self, reason) for reason in _NOT_URGED}
        return {reason: count for reason, count in found.items() if count}


def late_offices(connection: Connection, cycle_id: str, letter: str = plan.URGING_LETTER) -> list[LateOffice]:
    """Who still owes something at the cycle's present moment although its own deadline is past.

    Where the letter counts from the issue of the request, those too who owe something without a fixed day.
    None whose reminders rest (a disaster, a promised day). In the order of the cycle's list.
    """
    urging = plan.urging_of(regime_of(connection, cycle_id), letter)
    counts_undated = urging is not None and urging.anchor == "issue"
    return _standing(connection, cycle_id, counts_undated=counts_undated).late


def _standing(connection: Connection, cycle_id: str, *, counts_undated: bool) -> Standing:
    now = clock.now(connection, cycle_id)
    rows = connection.execute(query("letters/standing"), {"cycle_id": cycle_id, "now": now}).all()
    late: dict[int, LateOffice] = {}
    stands: dict[int, str] = {}
    for row in rows:
        is_late = row.is_outstanding and (counts_undated if row.due_at is None else row.due_at <= now)
        if not row.is_outstanding:
            found = _SETTLED.get(row.state, "in_check")
        elif is_late:
            found = "resting" if row.is_paused else "late"
        else:
            found = "extended" if row.is_extended else "in_time"
        stands[row.recipient_id] = max(found, stands.get(row.recipient_id, found), key=_BY_URGENCY.index)
        if found != "late":
            continue
        key = row.state if row.state in _UNFINISHED else "missing"
        owed = Owed(
            row.deliverable,
            text(f"letters.urging.owed.{key}", label=row.label),
            text(f"letters.urging.owed_spoken.{key}", label=row.label),
        )
        before = late[row.recipient_id].owes if row.recipient_id in late else ()
        late[row.recipient_id] = LateOffice(
            row.recipient_id,
            row.name,
            row.short_name,
            row.office_kind,
            row.parent_name or row.name,
            (*before, owed),
        )
    counts = Counter(stands.values())
    return Standing(
        list(late.values()),
        asked=len(stands),
        received=counts["received"],
        extended=counts["extended"],
        resting=counts["resting"],
        in_time=counts["in_time"],
        in_check=counts["in_check"],
        confidential=counts["confidential"],
        let_off=connection.execute(query("letters/let_off"), {"cycle_id": cycle_id}).scalar_one(),
    )


def render_urging_letter(connection: Connection, cycle_id: str) -> Draft:
    """The urging letter as of the cycle's present day, as a draft: number, day and month blank.

    It gives so many working days as the regime says, at most until the close. Raises LookupError when there
    is no such cycle, its regime has no urging letter or its request has no number and date; NobodyLate when
    nobody is to be urged.
    """
    case = _case(connection, cycle_id, plan.URGING_LETTER)
    cycle, late, letter = case.cycle, case.standing.late, case.letter
    words = office_words([a.kind for a in cycle.owing])
    if len(late) == 1:
        addressees: list[str] | None = [late[0].name]
    elif letter.salutation:
        addressees = None
    else:
        groups = {a.group for a in cycle.addressees if a.recipient_id in {o.recipient_id for o in late}}
        greeted = [a.salutation for a in cycle.regime.addressees if a.group in groups and a.salutation]
        addressees = [
            text("letters.urging.listed", addressee=name)
            for name in greeted or salutation(letter, cycle.regime)
        ]
    return letter_draft(
        cycle,
        letter,
        _values(case, words),
        name="urging",
        template="letter/urging.docx",
        year=case.today.year,
        addressees=addressees,
        context={
            "offices": _list_rows(late),
            **appendix_context(cycle.regime, title=_list_title(cycle), year=case.today.year),
        },
        is_reconstruction=cycle.is_reconstruction,
        after=_preview_list(late),
        listed=_listed(late, case.new_last_day),
    )


def render_escalation_letter(connection: Connection, cycle_id: str) -> Draft:
    """The letter to the committees (or ministries, agencies) themselves, when urging did not help.

    One text to the committee above each department that is late, and to each late committee, ministry or
    agency itself; their list is attached where there is more than one. The sheet for the leadership is its
    second file. Raises as render_urging_letter does.
    """
    case = _case(connection, cycle_id, plan.ESCALATION_LETTER)
    cycle, late = case.cycle, case.standing.late
    words = office_words([office.kind for office in late])
    many = "one" if len(late) == 1 else "many"
    you = "office" if any(o.kind in ("ministry", "government_agency") for o in late) else "committee"
    superiors = list(dict.fromkeys(office.superior for office in late))
    if len(superiors) > ADDRESSEES_NAMED:
        superiors = [text(f"letters.escalation.listed.{you}")]
    missing = text(
        f"letters.escalation.missing.{many}",
        owed=late[0].owes_spoken,
        office=late[0].name if words == "department" else text(f"letters.escalation.you.{you}"),
        count=len(late),
        noun=text(f"letters.urging.noun.{words}"),
    )
    values = _values(case, words) | {
        "letters_cited": _letters_cited(case),
        "you": text(f"letters.escalation.you.{you}"),
        "missing": missing,
        "directed": text(f"letters.escalation.directed.{many}.{words}", office=late[0].name),
    }
    sheet = leadership_sheet(
        connection,
        cycle,
        [(o.recipient_id, o.short_name, o.owes_line) for o in late],
        today=case.today,
        standing={
            "received_count": case.standing.received,
            "office_count": case.standing.asked,
            "let_off_count": case.standing.let_off,
        },
        others=case.standing.others,
        letters_cited=str(values["letters_cited"]),
        new_last_day=case.new_last_day,
    )
    return letter_draft(
        cycle,
        case.letter,
        values,
        name="escalation",
        template="letter/escalation.docx",
        year=case.today.year,
        addressees=list(case.letter.salutation) or superiors,
        context={
            "offices": _list_rows(late) if len(late) > 1 else [],
            **appendix_context(cycle.regime, title=_list_title(cycle), year=case.today.year),
        },
        is_reconstruction=cycle.is_reconstruction,
        after=[*_preview_list(late), text("letters.leadership.preview")],
        more_files=[sheet],
        listed=_listed(late, case.new_last_day),
    )


# --- what both letters need ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Case:
    """What a letter to those outstanding is written from."""

    cycle: LetterCycle
    letter: LetterText
    urging: UrgingStep
    request: lifecycle.Document | None
    earlier: lifecycle.Document | None
    standing: Standing
    today: date
    new_last_day: date


def _case(connection: Connection, cycle_id: str, kind: str) -> _Case:
    cycle = load_letter_cycle(connection, cycle_id)
    regime, urging = cycle.regime, plan.urging_of(cycle.regime, kind)
    letter = regime.escalation_letter if kind == plan.ESCALATION_LETTER else regime.urging_letter
    if letter is None or urging is None:
        raise LookupError(
            f"Regime {regime.code} of {cycle_id} plans no {kind.replace('_', ' ')}; write "
            f"{kind.removesuffix('_letter')} and {kind} in include/regimes/{regime.code}.yaml."
        )
    request = lifecycle.cited_request(connection, cycle_id)
    if request is None and regime.asked_by == "letter":
        raise LookupError(
            f"The request letter of {cycle_id} has no number and date yet, and the urging letter must cite "
            "them. Register it first."
        )
    earlier = (
        _registered(connection, cycle_id, plan.URGING_LETTER) if kind == plan.ESCALATION_LETTER else None
    )
    standing = _standing(connection, cycle_id, counts_undated=urging.anchor == "issue")
    if not standing.late:
        raise NobodyLate(f"Nobody is late in {cycle_id}, so there is no {kind.replace('_', ' ')} to write.")
    today = clock.now(connection, cycle_id).date()
    close_on = steps.state(connection, cycle_id, plan.CLOSE).due_at.astimezone(clock.VIETNAM).date()
    calendar = WorkingCalendar.load(regime.code)
    new_last_day = min(calendar.shift(today, urging.new_deadline_working_days), close_on)
    return _Case(cycle, letter, urging, request, earlier, standing, today, new_last_day)


def _registered(connection: Connection, cycle_id: str, kind: str) -> lifecycle.Document | None:
    document = lifecycle.find(connection, cycle_id, kind)
    return None if document is None or document.number is None else document


def _values(case: _Case, words: str) -> dict[str, object]:
    """What the texts of both letters may name in braces; `words` is the word for the offices."""
    cycle, standing = case.cycle, case.standing
    many = "one" if len(standing.late) == 1 else "many"
    cited = {"request_number": "", "request_on": ""}
    if case.request is not None and case.request.registered_on is not None:
        cited["request_number"] = document_number(case.request.number or "")
        cited["request_on"] = document_date(case.request.registered_on)
    known = common_values(cycle)
    opening = "letter" if case.request is not None else "instrument"
    return cited | {
        "request_sentence": text(
            f"letters.urging.request_sentence.{opening}",
            instrument=cycle.regime.instrument or cycle.title,
            **{**known, **cited},
        ),
        "reviewed_on": document_date(case.today),
        "received_count": standing.received,
        "office_count": standing.asked,
        "outstanding": _outstanding(standing.late, words),
        "extended": _others(standing.others, words),
        "asked": text(f"letters.urging.asked.{many}.{words}"),
        "new_last_day": date_with_weekday(case.new_last_day),
    }


def _list_title(cycle: LetterCycle) -> str:
    return text(f"letters.urging.list_title.{'documents' if cycle.form is None else 'with_figures'}")


def _letters_cited(case: _Case) -> str:
    """ "Công văn số A ngày X", or "các Công văn số A ngày X, số B ngày Y"; else the instrument that asks."""
    cited = [
        text(
            "letters.escalation.cited.one",
            number=document_number(d.number),
            day=document_date(d.registered_on),
        )
        for d in (case.request, case.earlier)
        if d is not None and d.number is not None and d.registered_on is not None
    ]
    if not cited:
        return case.cycle.regime.instrument or ""
    key = "single" if len(cited) == 1 else "several"
    return text(f"letters.escalation.cited.{key}", letters=text("letters.list.between").join(cited))


def _list_rows(late: Sequence[LateOffice]) -> list[Mapping[str, str]]:
    return [{"name": office.name, "owes": office.owes_line} for office in late]


def _preview_list(late: Sequence[LateOffice]) -> list[str]:
    entries = (
        text("letters.urging.preview_entry", office=escape(o.name), owes=escape(o.owes_line)) for o in late
    )
    return [text("letters.urging.preview_list", office_count=len(late)), "\n".join(entries)]


def _outstanding(late: Sequence[LateOffice], words: str) -> str:
    """ "còn 05 Sở chưa gửi đủ …", or the office's name where it is one."""
    if len(late) == 1:
        return text("letters.urging.outstanding.one", office=late[0].name)
    return text("letters.urging.outstanding.many", count=len(late), noun=text(f"letters.urging.noun.{words}"))


def _others(others: Mapping[str, int], words: str) -> str:
    """A sentence about those who sent not everything and yet are not urged; empty where there are none."""
    if not others:
        return ""
    noun = text(f"letters.urging.noun.{words}")
    told = [text(f"letters.urging.others.{reason}", count=n, noun=noun) for reason, n in others.items()]
    return text("letters.urging.besides", others=text("letters.urging.between_others").join(told))


def _listed(late: Sequence[LateOffice], new_last_day: date) -> tuple[ListedDebt, ...]:
    return tuple(
        ListedDebt(office.recipient_id, owed.deliverable, new_last_day)
        for office in late
        for owed in office.owes
    )

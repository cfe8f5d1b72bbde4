"""The check before a request goes out: what an approver should know, and what must be mended or let pass.

Each finding can be let pass by a named person with a reason. That covers what was found then (its hash), not
what is found later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from dateutil.relativedelta import relativedelta
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, Row

from reporting import clock, events, plain_yaml
from reporting.calendar.back_planning import Durations, Upstream, back_plan, tightness
from reporting.calendar.working_days import WorkingCalendar
from reporting.clock import VIETNAM
from reporting.cycles import plan, steps
from reporting.cycles.opening import regime_of
from reporting.database import query
from reporting.documents.lifecycle import RefusedEntryError, hash_of
from reporting.regimes.models import Regime
from reporting.settings import INCLUDE
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import date_with_weekday, join_names, short_date

FILE = INCLUDE / "checklist.yaml"
_NAMED = 8


@dataclass(frozen=True)
class Finding:
    """Something that the check found; at most one per item. `offices` are look-up codes.

    `let_pass_by` and `let_pass_because` are set when a person let just this pass.
    """

    item: str
    is_blocking: bool
    message: str
    offices: tuple[str, ...]
    finding_hash: str
    let_pass_by: str | None = None
    let_pass_because: str | None = None

    @property
    def severity(self) -> str:
        """blocking or warning."""
        return "blocking" if self.is_blocking else "warning"


class _Item(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    item: str
    is_blocking: bool


class Settings(BaseModel):
    """include/checklist.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    items: tuple[_Item, ...] = Field(min_length=1)
    working_days_after_cutoff: int = Field(ge=0)
    clash_working_days: int = Field(ge=0)
    roster_months: int = Field(gt=0)
    durations: Durations


@dataclass(frozen=True)
class _Found:
    """What a check found: how it is told, the facts by which it is known again, whom it concerns."""

    message: str
    facts: object
    offices: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Context:
    """What the checks look at."""

    connection: Connection
    cycle: Row[Any]
    regime: Regime
    calendar: WorkingCalendar
    settings: Settings
    close_on: date
    last_days: tuple[date, ...]

    def rows(self, name: str, **more: object) -> Sequence[Row[Any]]:
        return self.connection.execute(
            query(f"cycles/{name}"), {"cycle_id": self.cycle.cycle_id, **more}
        ).all()


def findings(connection: Connection, cycle_id: str) -> list[Finding]:
    """What the check finds at this moment, blocking ones first, in the order of include/checklist.yaml.

    Raises LookupError when there is no such cycle.
    """
    context = _context(connection, cycle_id)
    overrides = {(o.item, o.finding_hash): o for o in context.rows("checklist_overrides")}
    found = []
    for item in settings().items:
        result = _CHECKS[item.item](context)
        if result is None:
            continue
        finding_hash = hash_of([item.item, result.facts])
        override = overrides.get((item.item, finding_hash))
        found.append(
            Finding(
                item.item,
                item.is_blocking,
                result.message,
                result.offices,
                finding_hash,
                None if override is None else override.overridden_by,
                None if override is None else override.reason,
            )
        )
    return sorted(found, key=lambda finding: not finding.is_blocking)


def unsettled(connection: Connection, cycle_id: str) -> list[Finding]:
    """The findings that stand in the way of an approval: blocking, and let pass by nobody."""
    return [f for f in findings(connection, cycle_id) if f.is_blocking and f.let_pass_by is None]


def override(connection: Connection, cycle_id: str, item: str, *, reason: str, by: str) -> Finding:
    """Let what is found of an item pass, by name and with a reason; repeated, it changes nothing.

    Raises RefusedEntryError, in Vietnamese, when nothing of the kind is found or there is no reason.
    """
    found = {finding.item: finding for finding in findings(connection, cycle_id)}
    if item not in found:
        known = ", ".join(found) or text("checklist.nothing_found")
        raise RefusedEntryError(text("checklist.unknown_item", item=item, known=known))
    if not reason.strip() or not by.strip():
        raise RefusedEntryError(text("checklist.no_reason", line=item))
    finding = found[item]
    moment = clock.now(connection, cycle_id)
    added = connection.execute(
        query("cycles/add_checklist_override"),
        {
            "cycle_id": cycle_id,
            "item": item,
            "finding_hash": finding.finding_hash,
            "reason": reason.strip(),
            "by": by.strip(),
            "at": moment,
        },
    ).rowcount
    if added:
        events.record(
            connection, cycle_id, "checklist_overridden", by, moment, item=item, reason=reason,
            message=finding.message, finding_hash=finding.finding_hash,
        )  # fmt: skip
    return finding


def parse_overrides(entered: str) -> dict[str, str]:
    """Item → reason, from lines `item: reason`. Raises RefusedEntryError, in Vietnamese, naming a line that
    is neither.
    """
    given: dict[str, str] = {}
    for line in entered.splitlines():
        if not line.strip():
            continue
        item, _, reason = line.partition(":")
        if not item.strip() or not reason.strip():
            raise RefusedEntryError(text("checklist.no_reason", line=line.strip()))
        given[item.strip().strip("`")] = reason.strip()
    return given


def markdown(connection: Connection, cycle_id: str) -> str:
    """The findings as the approver reads them below the letter."""
    found = findings(connection, cycle_id)
    if not found:
        return "\n\n".join([text("checklist.heading"), text("checklist.clean")])
    open_ones = [f for f in found if f.let_pass_by is None]
    counts = text(
        "checklist.counts",
        blocking=sum(f.is_blocking for f in open_ones),
        warnings=sum(not f.is_blocking for f in open_ones),
    )
    parts = [text("checklist.heading"), counts, "\n".join(line(f) for f in found)]
    if any(f.is_blocking for f in open_ones):
        parts.append(text("checklist.how"))
    return "\n\n".join(parts)


def line(finding: Finding) -> str:
    """A finding in one line of Markdown."""
    if finding.let_pass_by is not None:
        return text(
            "checklist.overridden",
            item=finding.item,
            message=finding.message,
            reason=finding.let_pass_because,
            by=finding.let_pass_by,
        )
    severity = text(f"checklist.severity.{finding.severity}")
    return text("checklist.line", severity=severity, item=finding.item, message=finding.message)


@lru_cache(maxsize=1)
def settings() -> Settings:
    """include/checklist.yaml, read once per process."""
    content = Settings.model_validate(plain_yaml.load(FILE.read_text(encoding="utf-8")))
    strangers = sorted({item.item for item in content.items} - set(_CHECKS))
    if strangers:
        raise ValueError(
            f"{FILE}: items: {', '.join(strangers)} is no check; there are: {', '.join(_CHECKS)}."
        )
    return content


def _context(connection: Connection, cycle_id: str) -> _Context:
    regime = regime_of(connection, cycle_id)
    cycle = connection.execute(query("cycles/checklist_cycle"), {"cycle_id": cycle_id}).one()
    due = connection.scalars(query("cycles/checklist_deadlines"), {"cycle_id": cycle_id}).all()
    return _Context(
        connection=connection,
        cycle=cycle,
        regime=regime,
        calendar=WorkingCalendar.load(regime.code),
        settings=settings(),
        close_on=steps.state(connection, cycle_id, plan.CLOSE).due_at.astimezone(VIETNAM).date(),
        last_days=tuple(sorted({plan.last_day_before(at) for at in due})),
    )


# -- the checks ----------------------------------------------------------------------------------------


def _group_unreachable(context: _Context) -> _Found | None:
    """Lists none of whose offices that owe something can be reached by mail."""
    rows = context.rows("checklist_contacts")
    groups = sorted({row.group_code for row in rows} - {row.group_code for row in rows if row.is_reached})
    if not groups:
        return None
    codes = tuple(row.reference_code for row in rows if row.group_code in groups)
    return _Found(_say("group_unreachable", groups=join_names(groups)), groups, codes)


def _no_contact(context: _Context) -> _Found | None:
    """Offices without a contact in use: distinct offices, however many contacts others have."""
    rows = [row for row in context.rows("checklist_contacts") if not row.is_reached]
    if not rows:
        return None
    codes = tuple(row.reference_code for row in rows)
    names = _names([row.short_name for row in rows])
    return _Found(_say("no_contact", count=len(rows), offices=names), codes, codes)


def _nobody_owes(context: _Context) -> _Found | None:
    conditional = {d.code for d in context.regime.deliverables if d.when is not None}
    return _unowed(context, "nobody_owes", lambda code: code not in conditional)


def _condition_unmet(context: _Context) -> _Found | None:
    conditional = {d.code for d in context.regime.deliverables if d.when is not None}
    return _unowed(context, "condition_unmet", lambda code: code in conditional)


def _unowed(context: _Context, key: str, concerns: Callable[[str], bool]) -> _Found | None:
    rows = [row for row in context.rows("checklist_unowed") if concerns(row.deliverable)]
    if not rows:
        return None
    return _Found(_say(key, labels=join_names(row.label for row in rows)), [row.deliverable for row in rows])


def _roster_changed(context: _Context) -> _Found | None:
    """Against the list of the last cycle of the regime; without one, what changed lately."""
    previous = context.cycle.previous_cycle_id
    since = context.cycle.request_on - relativedelta(months=context.settings.roster_months)
    name = "checklist_roster_of_cycle" if previous else "checklist_roster_lately"
    rows = context.rows(name, previous=previous, since=since)
    added = [row.short_name for row in rows if row.is_added]
    removed = [row.short_name for row in rows if not row.is_added]
    if not rows:
        return None
    message = _say(
        "roster_changed" if previous else "roster_changed_lately",
        cycle=previous,
        months=context.settings.roster_months,
        added=_names(added),
        removed=_names(removed),
    )
    return _Found(message, [previous, added, removed])


def _form_changed(context: _Context) -> _Found | None:
    cycle = context.cycle
    if cycle.previous_cycle_id is None or cycle.form == cycle.previous_form:
        return None
    nothing = text("checklist.nothing_found")
    message = _say(
        "form_changed",
        version=cycle.form or nothing,
        previous=cycle.previous_form or nothing,
        cycle=cycle.previous_cycle_id,
    )
    return _Found(message, [cycle.form, cycle.previous_form])


def _deadline_before_request(context: _Context) -> _Found | None:
    days = [day for day in context.last_days if day <= context.cycle.request_on]
    request_on = short_date(context.cycle.request_on)
    return _days("deadline_before_request", days, request_on=request_on)


def _deadline_on_day_off(context: _Context) -> _Found | None:
    return _days(
        "deadline_on_day_off", [d for d in context.last_days if not context.calendar.is_working_day(d)]
    )


def _deadline_too_near_cutoff(context: _Context) -> _Found | None:
    cutoff, wanted = context.cycle.cutoff_on, context.settings.working_days_after_cutoff
    near = [d for d in context.last_days if context.calendar.count_between(cutoff, d) < wanted]
    return _days("deadline_too_near_cutoff", near, cutoff=short_date(cutoff), working_days=wanted)


def _clash(context: _Context) -> _Found | None:
    """Other open cycles that ask the same offices by nearly the same day."""
    calendar, near = context.calendar, []
    for row in context.rows("checklist_clashes"):
        last_day = plan.last_day_before(row.due_at)
        for own in context.last_days:
            first, second = sorted((own, last_day))
            if calendar.count_between(first, second) <= context.settings.clash_working_days:
                near.append((row, last_day))
                break
    if not near:
        return None
    cycles = "; ".join(
        text(
            "checklist.found.clash_cycle",
            title=row.title,
            cycle=row.cycle_id,
            day=date_with_weekday(day),
            count=row.offices,
        )
        for row, day in near
    )
    return _Found(_say("clash", cycles=cycles), [[row.cycle_id, row.offices, day] for row, day in near])


def _tight_planning(context: _Context) -> _Found | None:
    """Whether the ministry's own time limit can still be kept with these days."""
    if context.cycle.upstream_due_on is None:
        return None
    due_on = context.cycle.upstream_due_on
    upstream = Upstream(phrase=date_with_weekday(due_on), due_on=due_on)
    planned = back_plan(upstream, context.settings.durations, context.calendar)
    given: dict[Any, date] = {"request_on": context.cycle.request_on, "close_on": context.close_on}
    if context.last_days:
        given["last_day"] = context.last_days[-1]
    if context.cycle.report_at is not None:
        given["report_on"] = context.cycle.report_at.astimezone(VIETNAM).date()
    late = tightness(planned, given, context.calendar)
    if not late:
        return None
    sentences = " ".join(found.sentence for found in late)
    return _Found(_say("tight_planning", sentences=sentences), [[f.item, f.given, f.latest] for f in late])


def _projected_calendar(context: _Context) -> _Found | None:
    last = max([context.close_on, *context.last_days])
    years = [
        year
        for year in range(context.cycle.request_on.year, last.year + 1)
        if context.calendar.is_projected(year)
    ]
    return _Found(_say("projected_calendar", years=join_names(map(str, years))), years) if years else None


def _conflict(context: _Context) -> _Found | None:
    """Offices whose files contradict each other: what counts of them is to be decided before the close."""
    rows = context.rows("checklist_conflicts")
    if not rows:
        return None
    codes = tuple(row.reference_code for row in rows)
    names = _names([row.short_name for row in rows])
    return _Found(_say("conflict", count=len(rows), offices=names), codes, codes)


_CHECKS: dict[str, Callable[[_Context], _Found | None]] = {
    "group_unreachable": _group_unreachable,
    "nobody_owes": _nobody_owes,
    "deadline_before_request": _deadline_before_request,
    "no_contact": _no_contact,
    "condition_unmet": _condition_unmet,
    "roster_changed": _roster_changed,
    "form_changed": _form_changed,
    "deadline_on_day_off": _deadline_on_day_off,
    "deadline_too_near_cutoff": _deadline_too_near_cutoff,
    "clash": _clash,
    "tight_planning": _tight_planning,
    "projected_calendar": _projected_calendar,
    "conflict": _conflict,
}


def _days(key: str, days: Sequence[date], **values: object) -> _Found | None:
    if not days:
        return None
    return _Found(_say(key, days=join_names(date_with_weekday(day) for day in days), **values), list(days))


def _say(key: str, **values: object) -> str:
    return text(f"checklist.found.{key}", **values)


def _names(names: Sequence[str]) -> str:
    """The first few names and how many more; a word for none."""
    if not names:
        return text("checklist.nothing_found")
    if len(names) <= _NAMED:
        return join_names(names)
    return text("checklist.more", names=", ".join(names[:_NAMED]), count=len(names) - _NAMED)

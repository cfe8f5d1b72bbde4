"""Replay: all gates run again over what a cycle received, after a rule changed. First a report of what would
change, then, if somebody says so, for good.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, Row

from reporting import archive, clock, events
from reporting.database import query
from reporting.forms.models import Form, load_form
from reporting.intake import returns
from reporting.intake.answering import check_batch
from reporting.intake.context import check_context
from reporting.intake.explanations import keep_mailed_explanations, mailed_explanations
from reporting.intake.giving_back import workbook_to_give_back
from reporting.intake.message import Attachment
from reporting.intake.submissions import (
    ACCEPTED,
    FAULT,
    Answer,
    Delivery,
    Recorded,
    write_contents,
)
from reporting.mail.answers import queue_completion_request, queue_receipt
from reporting.validation.models import CheckContext, CheckedWorkbook, WorkbookFile
from reporting.validation.suite import suite_path
from reporting.wording.catalogue import text

State = Mapping[str, Any]
"""What the warehouse holds of a version: {outcome, findings, facts, rows, texts, …}, fit for JSON."""

_AT_ONCE = 200
_FINDING = (
    "severity", "stage", "rule", "sheet", "cell", "indicator", "value_seen", "message", "explanation",
    "rule_waiver_id",
)  # fmt: skip
_UNKNOWN_SENDER = "sender_is_known"


class ReplayRefused(ValueError):
    """Nothing can be replayed like this; the message says in Vietnamese what to do instead."""


@dataclass(frozen=True)
class Difference:
    """One thing that would change in a version. `kind`: finding_new, finding_gone, fact, text or row."""

    kind: str
    place: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Change:
    """What would change of one version. `question`: its owner is no longer clear, so that a person must
    decide and the version stays as it is; so it does where the checks themselves fail (outcome system_fault).
    """

    row: Row[Any]
    before: State
    after: State
    checked: CheckedWorkbook | None
    question: str | None

    @property
    def can_hold(self) -> bool:
        """Whether it may be made to hold without a person's decision: parts of an answer are joined with one
        another, so that one of them is not read anew alone.
        """
        is_part = self.before["is_partial"] or self.after["is_partial"]
        return self.checked is not None and self.question is None and not is_part

    @property
    def differences(self) -> tuple[Difference, ...]:
        """The findings, facts and texts that differ, in this order."""
        return (*_of_findings(self.before, self.after), *_of_contents(self.before, self.after))


@dataclass(frozen=True)
class Replay:
    """A replay and what it would change. `outcomes`: how many versions go from which outcome to which."""

    replay_id: int
    cycle_id: str
    checked_count: int
    outcomes: Mapping[tuple[str, str], int]
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Applied:
    """What became of a replay: versions that were changed, left for a person, and answered anew."""

    changed: int
    left: int
    answered: int


def plan_replay(engine: Engine, cycle_id: str, reason: str, by: str, form: str | None = None) -> Replay:
    """Check every version that the cycle received again, by today's rules, and keep a report of what would
    change. Nothing else is changed, and nobody is written to.

    `form` names another version of the cycle's form (CODE@VERSION) to be read by; without it the form is the
    one that was frozen when the cycle was opened. Versions keep the sender they had. Raises LookupError for
    an unknown cycle or form, NoFormError for a cycle without workbooks, ReplayRefused for another form.
    """
    with engine.connect() as connection:
        context = _context(connection, cycle_id, form)
        rows = connection.execute(
            query("intake/replay_versions"), {"cycle_id": cycle_id, "submission_id": None}
        ).all()
    changes: list[Change] = []
    outcomes: Counter[tuple[str, str]] = Counter()
    waiting = iter(rows)
    while batch := list(islice(waiting, _AT_ONCE)):
        files = [WorkbookFile(row.filename, archive.read(row.file_sha256), _sender(row)) for row in batch]
        for row, checked in zip(batch, check_batch(files, context), strict=True):
            change = _change(row, checked)
            outcomes[change.before["outcome"], change.after["outcome"]] += 1
            if change.before != change.after:
                changes.append(change)
    with engine.begin() as connection:
        replay_id = connection.execute(
            query("intake/add_replay"),
            {
                "cycle_id": cycle_id,
                "reason": reason,
                "rules_hash": _rules_hash(context),
                "started_by": by,
                "checked_count": len(rows),
            },
        ).scalar_one()
        if changes:
            connection.execute(
                query("intake/add_replay_change"),
                [
                    {
                        "replay_id": replay_id,
                        "submission_id": change.row.submission_id,
                        "before": _json(change.before),
                        "after": _json(change.after),
                    }
                    for change in changes
                ],
            )
        events.record(
            connection, cycle_id, "replay_reported", by, clock.now(connection, cycle_id), replay_id=replay_id,
            reason=reason, checked_count=len(rows), change_count=len(changes),
        )  # fmt: skip
    return Replay(replay_id, cycle_id, len(rows), dict(outcomes), tuple(changes))


def apply_replay(engine: Engine, replay: Replay, by: str, *, answer: bool = False) -> Applied:
    """Make a replay hold: each version in a transaction of its own, its old state kept with the replay.

    A version that changed since it was checked is left as it is, and so is one that a person must decide on.
    Killed in the middle, it leaves every version whole, old or new; another replay does the rest. A report
    that was approved on the old figures is overtaken (core.fingerprint_of). Nobody is written to unless
    `answer`: then a version that is newly accepted gets its receipt, and one that no longer is, its request.
    What a report rests on that was drafted before stays readable as it was (core.values_as_of).
    """
    changed = left = answered = 0
    for change in replay.changes:
        returned = _returned(engine, replay.cycle_id, change) if answer and change.can_hold else None
        with engine.begin() as connection:
            _lock(connection, replay.cycle_id, change)
            if not change.can_hold or not _still_stands(connection, replay.cycle_id, change):
                left += 1
                continue
            _hold(connection, replay, change, by)
            changed += 1
            if answer:
                answered += _answer(connection, change, returned)
    with engine.begin() as connection:
        connection.execute(query("intake/settle_replay"), {"replay_id": replay.replay_id, "applied_by": by})
        events.record(
            connection, replay.cycle_id, "replay_applied", by, clock.now(connection, replay.cycle_id),
            replay_id=replay.replay_id, changed=changed, left=left, answered=answered,
        )  # fmt: skip
    return Applied(changed, left, answered)


# -- checking again ------------------------------------------------------------------------------


def _context(connection: Connection, cycle_id: str, form: str | None) -> CheckContext:
    context = check_context(connection, cycle_id)
    if form is None:
        return context
    code, _, version = form.partition("@")
    judged_by = load_form(code, version) if code == context.form.code and version else None
    if judged_by is None or _tables(judged_by) != _tables(context.form):
        raise ReplayRefused(
            text("replay.other_form", form=form, current=f"{context.form.code}@{context.form.version}")
        )
    return replace(context, form=judged_by, workbook_form=context.form)


def _tables(form: Form) -> tuple[object, ...]:
    """What a form asks for, whatever it demands of it."""
    return (
        [indicator.code for indicator in form.indicators],
        form.years,
        [section.code for section in form.sections],
        [(table.code, [column.code for column in table.columns]) for table in form.lists],
    )


def _rules_hash(context: CheckContext) -> str:
    """A mark of everything by which a workbook is judged: form, suite, waivers."""
    form: Form = context.form
    suite = suite_path(form)
    parts = [
        form.model_dump_json(),
        suite.read_text(encoding="utf-8") if suite.exists() else "",
        repr(sorted(map(repr, context.waivers))),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _sender(row: Row[Any]) -> str | None:
    """For whom the sender spoke when the version came: nobody, where that was remarked on."""
    was_unknown = any(finding["rule"] == _UNKNOWN_SENDER for finding in row.state["findings"])
    return None if was_unknown else row.reference_code


def _change(row: Row[Any], checked: CheckedWorkbook | None) -> Change:
    before = _in_order(row.state)
    question = None
    if checked is None:
        return Change(row, before, before | {"outcome": FAULT}, None, None)
    if checked.reference_code != row.reference_code:
        question = checked.question or text("replay.other_office", code=checked.reference_code or "")
        return Change(row, before, before | {"question": question}, checked, question)
    checked = _with_explanations(checked, before)
    return Change(row, before, _state(checked), checked, None)


def _with_explanations(checked: CheckedWorkbook, before: State) -> CheckedWorkbook:
    """The reasons that an office gave in a reply stay with what they explain."""
    findings = {(f["rule"], f["sheet"], f["cell"]): f["explanation"] for f in before["findings"]}
    facts = {(f["indicator"], f["year"]): f["explanation"] for f in before["facts"]}
    return replace(
        checked,
        findings=tuple(
            replace(f, explanation=f.explanation or findings.get((f.rule, f.sheet, f.cell)))
            for f in checked.findings
        ),
        marks=tuple(
            replace(m, explanation=m.explanation or facts.get((m.indicator, m.year))) for m in checked.marks
        ),
        quantities=tuple(
            replace(q, explanation=q.explanation or facts.get((q.indicator, q.year)))
            for q in checked.quantities
        ),
    )


# -- states --------------------------------------------------------------------------------------


def _state(checked: CheckedWorkbook) -> State:
    """What the warehouse would hold of this version."""
    is_accepted = checked.outcome in ACCEPTED
    facts: list[dict[str, object]] = []
    rows: list[dict[str, object]] = []
    texts: list[dict[str, object]] = []
    if is_accepted:
        facts = [
            _fact(m, "mark", m.meaning, None, None, m.document_number, m.document_on) for m in checked.marks
        ] + [_fact(q, "quantity", q.state, q.value, q.unit, None, None) for q in checked.quantities]
        rows = [
            {"list": r.list, "position": r.position, "content": dict(r.content), "sheet": r.sheet}
            | {"first_cell": r.first_cell}
            for r in checked.list_rows
        ]
        texts = [
            {"section": n.section, "body": n.body, "sheet": n.sheet, "cell": n.cell}
            for n in checked.narratives
        ]
    findings = [
        {name: getattr(finding, name) for name in _FINDING}
        for finding in sorted(checked.findings, key=lambda finding: finding.severity != "error")
    ]
    state = {
        "outcome": checked.outcome,
        "blank_means_no": checked.blank_means_no,
        "kind": checked.kind,
        "is_nil": checked.is_nil,
        "is_partial": checked.is_partial,
        "findings": findings,
        "facts": facts,
        "rows": rows,
        "texts": texts,
    }
    return _in_order(json.loads(_json(state).replace("\\u0000", "")))


def _fact(
    cell: Any,
    kind: str,
    state: str,
    value: Decimal | None,
    unit: str | None,
    document_number: str | None,
    document_on: object,
) -> dict[str, object]:
    return {
        "indicator": cell.indicator,
        "year": cell.year,
        "kind": kind,
        "state": state,
        "value": None if value is None else format(value.normalize(), "f"),
        "unit": unit,
        "document_number": document_number,
        "document_on": document_on,
        "note": cell.note,
        "explanation": cell.explanation,
        "sheet": cell.sheet,
        "cell": cell.cell,
    }


def _in_order(state: Mapping[str, Any]) -> dict[str, Any]:
    """The same state with facts, rows and texts in the order of their keys, and what the gates say of
    findings.
    """
    keys = {"facts": ("indicator", "year"), "rows": ("list", "position"), "texts": ("section",)}
    findings = [{name: finding.get(name) for name in _FINDING} for finding in state["findings"]]
    return (
        dict(state)
        | {"findings": findings}
        | {
            name: sorted(state[name], key=lambda entry, fields=fields: [entry[field] for field in fields])  # type: ignore[misc]
            for name, fields in keys.items()
        }
    )


def _json(state: object) -> str:
    return json.dumps(state, ensure_ascii=False, default=str)


def _of_findings(before: State, after: State) -> list[Difference]:
    def known(state: State) -> dict[tuple[object, ...], Mapping[str, Any]]:
        return {(f["rule"], f["severity"], f["message"]): f for f in state["findings"]}

    old, new = known(before), known(after)
    gone = [
        Difference("finding_gone", _place(f), f["message"], None) for key, f in old.items() if key not in new
    ]
    come = [
        Difference("finding_new", _place(f), None, f["message"]) for key, f in new.items() if key not in old
    ]
    return come + gone


def _of_contents(before: State, after: State) -> list[Difference]:
    found = []
    for name, kind, keys in (
        ("facts", "fact", ("indicator", "year")),
        ("rows", "row", ("list", "position")),
        ("texts", "text", ("section",)),
    ):
        old = {tuple(entry[key] for key in keys): entry for entry in before[name]}
        new = {tuple(entry[key] for key in keys): entry for entry in after[name]}
        for key in sorted(old.keys() | new.keys(), key=str):
            one, other = old.get(key), new.get(key)
            if one != other:
                place = _place(other or one or {})
                found.append(Difference(kind, place, _shown(kind, one), _shown(kind, other)))
    return found


def _place(entry: Mapping[str, Any]) -> str:
    cell = entry.get("cell") or entry.get("first_cell")
    if not entry.get("sheet"):
        return ""
    key = "findings.place.cell" if cell else "findings.place.sheet"
    return text(key, sheet=entry["sheet"], cell=cell)


def _shown(kind: str, entry: Mapping[str, Any] | None) -> str | None:
    if entry is None:
        return None
    if kind == "text":
        return str(entry["body"])
    if kind == "row":
        return "; ".join(f"{column}: {value}" for column, value in entry["content"].items())
    said = [entry["value"] or text(f"replay.state.{entry['state']}"), entry["unit"]]
    said += [entry["document_number"], entry["document_on"], entry["note"], entry["explanation"]]
    return ", ".join(str(part) for part in said if part)


# -- making it hold ------------------------------------------------------------------------------


def _lock(connection: Connection, cycle_id: str, change: Change) -> None:
    connection.execute(
        query("intake/lock_recipients"),
        {"cycle_id": cycle_id, "reference_codes": [change.row.reference_code]},
    ).all()


def _still_stands(connection: Connection, cycle_id: str, change: Change) -> bool:
    row = connection.execute(
        query("intake/replay_versions"), {"cycle_id": cycle_id, "submission_id": change.row.submission_id}
    ).one_or_none()
    return row is not None and _in_order(row.state) == change.before


def _hold(connection: Connection, replay: Replay, change: Change, by: str) -> None:
    row, checked = change.row, change.checked
    if checked is None:
        raise ValueError(f"version {row.submission_id} was not checked; there is nothing to be made to hold")
    at: datetime = clock.now(connection, replay.cycle_id)
    delivery = Delivery(row.channel, row.sender, row.received_at, row.sent_at, row.arrival_id)
    # it counts though another file says something else: as its rank, its sender or a person has it
    is_placed = row.is_current and returns.contradicts_earlier(connection, row.submission_id, delivery)
    mailed = mailed_explanations(connection, row.submission_id)
    version = connection.execute(
        query("intake/replace_outcome"),
        {
            "submission_id": row.submission_id,
            "at": at,
            "is_newly_accepted": checked.outcome in ACCEPTED and change.before["outcome"] not in ACCEPTED,
        }
        | {
            name: change.after[name] for name in ("outcome", "blank_means_no", "kind", "is_nil", "is_partial")
        },
    ).scalar_one()  # before its content changes: what published reports rest on is kept (core.former_content)
    connection.execute(query("intake/clear_contents"), {"submission_id": row.submission_id})
    file = Attachment(row.filename, b"", row.media_type)
    recorded = Recorded(row.submission_id, row.recipient_id, version, checked.outcome)
    answer = Answer(row.reference_code, file, checked, delivery, row.file_sha256)
    write_contents(connection, replay.cycle_id, [(answer, recorded)])
    keep_mailed_explanations(connection, row.submission_id, mailed)
    if returns.is_special(recorded, checked):
        returns.settle(connection, recorded, checked, delivery, at, by, is_placed=is_placed)
    connection.execute(
        query("intake/settle_replay_change"),
        {"replay_id": replay.replay_id, "submission_id": row.submission_id},
    )
    events.record(
        connection, replay.cycle_id, "submission_replayed", by, at, recipient_id=row.recipient_id,
        submission_id=row.submission_id, version=version, replay_id=replay.replay_id,
        outcome_before=change.before["outcome"], outcome=checked.outcome,
    )  # fmt: skip


# -- answering -----------------------------------------------------------------------------------


def _turns(change: Change) -> str | None:
    """accepted or to_complete where the replay turns one into the other, None where the answer stays true."""
    was, is_now = (state["outcome"] in ACCEPTED for state in (change.before, change.after))
    if was == is_now and change.before["outcome"] != FAULT:
        return None
    return "accepted" if is_now else "to_complete"


def _returned(engine: Engine, cycle_id: str, change: Change) -> bytes | None:
    """The workbook to be given back with its cells marked, made before anything is locked."""
    if _turns(change) != "to_complete" or change.checked is None:
        return None
    data = archive.read(change.row.file_sha256)
    with engine.connect() as connection:
        file = Attachment(change.row.filename, data, "")
        return workbook_to_give_back(connection, cycle_id, change.row.reference_code, file, change.checked)


def _answer(connection: Connection, change: Change, returned: bytes | None) -> int:
    queued = 0
    if _turns(change) == "accepted":
        queued = queue_receipt(connection, change.row.submission_id)
    elif returned is not None:
        queued = queue_completion_request(connection, change.row.submission_id, returned)
    return 1 if queued else 0

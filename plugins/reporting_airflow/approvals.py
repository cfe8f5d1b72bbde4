"""What a run of document_approval shows, and how its answers are recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from reporting.cycles import checklist
from reporting.cycles.opening import is_withdrawn, regime_of
from reporting.documents import approval, draft_question, editions, extra, lifecycle, registration
from reporting.documents.desk_folder import read_desk_file
from reporting.settings import settings
from reporting.wording.catalogue import text
from reporting_airflow.names import APPROVE_OPTION
from reporting_airflow.warehouse import engine


@dataclass(frozen=True)
class Question:
    """What a person is asked: subject and body (Markdown), and whether the answer is not needed any more."""

    subject: str
    body: str
    is_decided: bool


def question(run_id: str) -> Question:
    """The draft that this run puts before who decides at its step."""
    with engine().connect() as connection:
        request, document = approval.request_of_run(connection, run_id)
        asked = draft_question.of_request(connection, request, document)
        is_checked = request.kind == "request_letter"
        checked = checklist.markdown(connection, request.cycle_id) if is_checked else ""
        is_over = _is_over(connection, request.cycle_id, request.kind)
    body = asked.body
    if checked:
        body = f"{body}\n\n{checked}"
    if request.problem and not asked.is_decided:
        body = text("checklist.shown_problem", problem=request.problem) + "\n\n" + body
    return Question(asked.subject, body, is_over or asked.is_decided or document.number is not None)


def record_decision(run_id: str, answer: Mapping[str, Any] | None) -> bool:
    """Record the decision at the step that the run asked about; returns whether registration is to be asked
    for now. Between two steps it is not: the next one is asked about by a run of its own.

    A person who may not decide is told so by a new run, in which another one answers. A request letter is not
    approved while the check before a launch finds something blocking that nobody let pass: it is asked for
    again by a new run, which says so. An answer in a withdrawn cycle lapses.
    """
    with engine().begin() as connection:
        request, document = approval.request_of_run(connection, run_id)
        shown = lifecycle.version_of(connection, document.document_id, request.version)
        if answer is not None and _is_over(connection, request.cycle_id, request.kind):
            approval.record_lapse(
                connection, document, "approval", request.version, user_who_answered(answer)
            )
            return False
        if answer is not None:
            approved = APPROVE_OPTION in answer["chosen_options"]
            if approved and request.kind == "request_letter" and shown.decision is None:
                problem = _let_pass(connection, request.cycle_id, answer)
                if problem is not None:
                    newest = approval.newest_request(connection, document)
                    if newest is not None and newest.run_id == run_id:
                        approval.open_request(connection, document, problem, after=newest)
                    return False
            reason = str((answer.get("params_input") or {}).get("reason") or "").strip() or None
            try:
                approval.record_decision(
                    connection,
                    request.cycle_id,
                    request.kind,
                    request.version,
                    shown.content_hash,
                    "approved" if approved else "sent_back",
                    user_who_answered(answer),
                    reason,
                    step=request.step,
                    decided_by_id=_id_of_user(answer),
                )
            except lifecycle.RefusedEntryError as refusal:
                newest = approval.newest_request(connection, document)
                if newest is not None and newest.run_id == run_id:
                    approval.open_request(connection, document, str(refusal), after=newest)
                return False
        stands = lifecycle.find(connection, request.cycle_id, request.kind)
        return (
            stands is not None
            and stands.version == request.version
            and stands.last_step == request.step
            and stands.decision == "approved"
            and not stands.is_done
        )


def registration_question(run_id: str) -> Question:
    """Ask for number, date and signed file; says what was wrong with the last entry."""
    with engine().connect() as connection:
        request, document = approval.request_of_run(connection, run_id)
        regime = regime_of(connection, request.cycle_id)
        is_over = _is_over(connection, request.cycle_id, request.kind)
    body = text("documents.registration_body", symbol=regime.ministry.symbol, desk=str(settings().desk))
    if request.problem:
        body = text("documents.registration_problem", problem=request.problem) + "\n\n" + body
    subject = text("documents.registration_subject", title=document.title, version=request.version)
    is_settled = is_over or document.number is not None or document.version != request.version
    return Question(subject, body, is_settled)


def record_registration(run_id: str, answer: Mapping[str, Any]) -> str:
    """Record what the records office gave; an entry that cannot stand is asked for again by a new run,
    unless the document is wanted no more, as in a withdrawn cycle.
    """
    entered = answer.get("params_input") or {}
    warehouse = engine()
    with warehouse.connect() as connection:
        request, document = approval.request_of_run(connection, run_id)
    try:
        with warehouse.begin() as connection:
            registration.record_registration(
                connection,
                request.cycle_id,
                request.kind,
                number=str(entered.get("number") or ""),
                registered_on=_date(str(entered.get("registered_on") or "")),
                signer=str(entered.get("signer") or ""),
                signed_file_name=str(entered.get("signed_file") or ""),
                signed_file=_desk_file(str(entered.get("signed_file") or "")),
                entered_by=user_who_answered(answer),
                version=request.version,
                difference_reason=str(entered.get("difference_reason") or ""),
            )
    except lifecycle.OvertakenError as overtaken:
        # The later draft has a run of its own, which asks for its own signed file.
        with warehouse.begin() as connection:
            approval.record_lapse(
                connection, document, "registration", request.version, user_who_answered(answer)
            )
        return str(overtaken)
    except lifecycle.RefusedEntryError as refusal:
        with warehouse.begin() as connection:
            if _is_over(connection, request.cycle_id, request.kind):
                approval.record_lapse(
                    connection, document, "registration", request.version, user_who_answered(answer)
                )
            else:
                approval.open_request(connection, document, str(refusal), after=request)
        return str(refusal)
    return str(entered.get("number"))


def _let_pass(connection: Connection, cycle_id: str, answer: Mapping[str, Any]) -> str | None:
    """Let pass what the approver names with a reason; what then still stands in the way, in words, or None.

    Of an answer that cannot stand nothing is kept.
    """
    entered = str((answer.get("params_input") or {}).get("overrides") or "")
    try:
        with connection.begin_nested():
            for item, reason in checklist.parse_overrides(entered).items():
                checklist.override(connection, cycle_id, item, reason=reason, by=user_who_answered(answer))
            left = checklist.unsettled(connection, cycle_id)
            if left:
                items = ", ".join(finding.item for finding in left)
                raise lifecycle.RefusedEntryError(text("checklist.problem", items=items))
    except lifecycle.RefusedEntryError as refusal:
        return str(refusal)
    return None


def _is_over(connection: Connection, cycle_id: str, kind: str) -> bool:
    """Whether the document is wanted no more: its cycle was withdrawn, and it does not tell of that; a
    supplement has nothing left to tell, or a new edition of its report is being made.
    """
    if editions.is_later(kind):
        document = lifecycle.find(connection, cycle_id, kind)
        return document is not None and document.number is None and editions.lapses(connection, document)
    return is_withdrawn(connection, cycle_id) and extra.family_of(kind) not in extra.GOES_ON_AFTER_WITHDRAWAL


def user_who_answered(answer: Mapping[str, Any]) -> str:
    """Who answered a question, as Airflow knows them."""
    user = answer.get("responded_by_user") or {}
    if not isinstance(user, Mapping):
        return str(user)
    return str(user.get("name") or user.get("id") or text("documents.unknown_user"))


def _id_of_user(answer: Mapping[str, Any]) -> str | None:
    """What tells who answered from everybody else; None where the answer names only a person.

    It is the name with which they log in. Airflow's own id is a row's number with FAB's accounts, and may be
    another person's after Airflow's database was lost and made anew.
    """
    user = answer.get("responded_by_user")
    if not isinstance(user, Mapping) or user.get("id") in (None, ""):
        return None
    return str(user.get("name") or user["id"]).casefold()  # nobody is two by typing the name otherwise


def _date(entered: str) -> date:
    try:
        return date.fromisoformat(entered)
    except ValueError as error:
        raise lifecycle.RefusedEntryError(text("documents.bad_date", entered=entered)) from error


def _desk_file(name: str) -> bytes:
    """The signed file from the records office's folder."""
    data = read_desk_file(name)
    if data is None:
        raise lifecycle.RefusedEntryError(text("documents.file_not_found", filename=name))
    return data

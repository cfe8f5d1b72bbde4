"""What a run of document_approval shows, and how its answers are recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from reporting.cycles.opening import regime_of
from reporting.documents import lifecycle
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
    """The draft that this run puts before the unit."""
    with engine().connect() as connection:
        request, document = lifecycle.request_of_run(connection, run_id)
        shown = lifecycle.version_of(connection, document.document_id, request.version)
        files = lifecycle.files(connection, document.document_id, request.version)
    listing = "\n".join(f"- {filename}: `{settings().archive / sha[:2] / sha}`" for _, filename, sha in files)
    body = text(
        "documents.approval_body", body=shown.body_markdown, files=listing, content_hash=shown.content_hash
    )
    subject = text("documents.approval_subject", title=document.title, version=request.version)
    return Question(subject, body, shown.decision is not None or document.number is not None)


def record_decision(run_id: str, answer: Mapping[str, Any] | None) -> bool:
    """Record the unit's decision; returns whether registration is to be asked for now."""
    with engine().begin() as connection:
        request, document = lifecycle.request_of_run(connection, run_id)
        shown = lifecycle.version_of(connection, document.document_id, request.version)
        if answer is not None:
            approved = APPROVE_OPTION in answer["chosen_options"]
            reason = str((answer.get("params_input") or {}).get("reason") or "").strip() or None
            lifecycle.record_decision(
                connection,
                request.cycle_id,
                request.kind,
                request.version,
                shown.content_hash,
                "approved" if approved else "sent_back",
                _user(answer),
                reason,
            )
        stands = lifecycle.find(connection, request.cycle_id, request.kind)
        return (
            stands is not None
            and stands.version == request.version
            and stands.decision == "approved"
            and not stands.is_done
        )


def registration_question(run_id: str) -> Question:
    """Ask for number, date and signed file; says what was wrong with the last entry."""
    with engine().connect() as connection:
        request, document = lifecycle.request_of_run(connection, run_id)
        regime = regime_of(connection, request.cycle_id)
    body = text("documents.registration_body", symbol=regime.ministry.symbol, desk=str(settings().desk))
    if request.problem:
        body = text("documents.registration_problem", problem=request.problem) + "\n\n" + body
    subject = text("documents.registration_subject", title=document.title, version=request.version)
    is_settled = document.number is not None or document.version != request.version
    return Question(subject, body, is_settled)


def record_registration(run_id: str, answer: Mapping[str, Any]) -> str:
    """Record what the records office gave; an entry that cannot stand is asked for again by a new run."""
    entered = answer.get("params_input") or {}
    warehouse = engine()
    with warehouse.connect() as connection:
        request, document = lifecycle.request_of_run(connection, run_id)
    try:
        with warehouse.begin() as connection:
            lifecycle.record_registration(
                connection,
                request.cycle_id,
                request.kind,
                number=str(entered.get("number") or ""),
                registered_on=_date(str(entered.get("registered_on") or "")),
                signer=str(entered.get("signer") or ""),
                signed_file_name=str(entered.get("signed_file") or ""),
                signed_file=_desk_file(str(entered.get("signed_file") or "")),
                entered_by=_user(answer),
                version=request.version,
                difference_reason=str(entered.get("difference_reason") or ""),
            )
    except lifecycle.OvertakenError as overtaken:
        # The later draft has a run of its own, which asks for its own signed file.
        with warehouse.begin() as connection:
            lifecycle.record_lapse(connection, document, "registration", request.version, _user(answer))
        return str(overtaken)
    except lifecycle.RefusedEntryError as refusal:
        with warehouse.begin() as connection:
            lifecycle.open_request(connection, document, str(refusal))
        return str(refusal)
    return str(entered.get("number"))


def _user(answer: Mapping[str, Any]) -> str:
    user = answer.get("responded_by_user") or {}
    if not isinstance(user, Mapping):
        return str(user)
    return str(user.get("name") or user.get("id") or text("documents.unknown_user"))


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

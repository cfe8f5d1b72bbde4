"""What the forms of the records desk and of letters beside the plan do; refusals in Vietnamese end the
run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from reporting_airflow.names import LETTER_KIND


@contextmanager
def _refusals_fail_at_once() -> Iterator[None]:
    """What a person entered and cannot stand fails the run with its message: trying again would not mend
    it.
    """
    from airflow.sdk.exceptions import AirflowFailException

    try:
        yield
    except (LookupError, ValueError) as refusal:
        raise AirflowFailException(str(refusal)) from refusal


def user_of(dag_run: Any) -> str:
    """Who started the run, as Airflow knows them."""
    from reporting.wording.catalogue import text

    return str(getattr(dag_run, "triggering_user_name", None) or text("documents.unknown_user"))


def start_letter(params: Mapping[str, Any], run_id: str, dag_run: Any, ti: Any) -> str:
    """Start the letter or report that the form describes, or go on with one; returns its cycle and pushes its
    kind.
    """
    from reporting.documents import extra
    from reporting_airflow.warehouse import engine

    warehouse, user = engine(), user_of(dag_run)
    with _refusals_fail_at_once():
        cycle_id = _entered(params, "cycle_id")
        kind = _entered(params, "kind")
        if kind:
            with warehouse.connect() as connection:
                extra.known_letter(connection, cycle_id, kind)
        else:
            kind = _start(warehouse, cycle_id, params, by=_entered(params, "requested_by") or user)
    extra.note_run(warehouse, cycle_id, kind, run_id, dict(params), user)
    ti.xcom_push(key=LETTER_KIND, value=kind)
    return cycle_id


def _start(warehouse: Any, cycle_id: str, params: Mapping[str, Any], *, by: str) -> str:
    from reporting.documents import editions, extra

    family = _entered(params, "family")
    if family == "edition":
        return editions.reopen(warehouse, cycle_id, reason=_entered(params, "reason"), by=by)
    if family == "supplement":
        return editions.start_supplement(warehouse, cycle_id, by=by)
    with warehouse.connect() as connection:
        about, content = _letter(connection, params)
    return extra.start_letter(warehouse, cycle_id, extra.family_named(family), content, about=about, by=by)


def _letter(connection: Any, params: Mapping[str, Any]) -> tuple[str | None, Any]:
    from reporting.documents import extra

    cycle_id = _entered(params, "cycle_id")
    about = extra.document_named(connection, cycle_id, _entered(params, "about"))
    place, printed, corrected = (_entered(params, key) for key in ("place", "printed", "corrected"))
    corrections = [extra.Correction(place, printed, corrected)] if printed or corrected else []
    return about, extra.compose(
        connection,
        cycle_id,
        extra.family_named(_entered(params, "family")),
        about=about,
        subject=_entered(params, "subject"),
        paragraphs=_lines(params, "paragraphs"),
        corrections=corrections,
        offices=_lines(params, "offices", also=";"),
    )


def issue_letter(cycle_id: str, kind: str, ti: Any) -> str:
    """Send the registered letter, or give out the report; mail that cannot be delivered is left to
    mail_delivery after the last try.
    """
    from airflow.sdk.exceptions import AirflowSkipException

    from reporting.cycles.work import LapsedError, UndeliveredError
    from reporting.cycles.work import issue_letter as issue
    from reporting_airflow.warehouse import engine

    try:
        return str(issue(engine(), cycle_id, kind))
    except LapsedError as lapsed:
        raise AirflowSkipException(str(lapsed)) from lapsed
    except UndeliveredError as left:
        if ti.try_number <= ti.max_tries:
            raise
        return str(left)


def register_incoming_document(params: Mapping[str, Any], dag_run: Any) -> int:
    """Register the document that the form describes; nothing is kept of one that cannot stand."""
    from reporting.intake.desk import IncomingDocument, office_of, register_at_desk
    from reporting_airflow.warehouse import engine

    warehouse = engine()
    with _refusals_fail_at_once():
        scan, keyed_in = _desk_file(params, "file"), _desk_file(params, "workbook")
        signed_on = _day(params, "signed_on")
        document = IncomingDocument(
            registered_number=_entered(params, "registered_number"),
            document_number=_entered(params, "document_number"),
            signed_on=signed_on,
            sent_on=_day(params, "sent_on") if _entered(params, "sent_on") else signed_on,
            received_on=_day(params, "received_on"),
            signer=_entered(params, "signer"),
            capacity=_entered(params, "capacity"),
            entered_by=user_of(dag_run),
            filename=scan[0] if scan else None,
            file=scan[1] if scan else None,
            deliverables=tuple(_lines(params, "answers", also=";")),
            issuer=None if (issuer := _entered(params, "issuer")) in {"", "proposed"} else issuer,
            authorisation=_entered(params, "authorisation") or None,
            attachment=_attachment(params),
        )
        cycle_id = _entered(params, "cycle_id")
        with warehouse.connect() as connection:
            code = office_of(connection, cycle_id, _entered(params, "office"))
        return register_at_desk(warehouse, cycle_id, code, document, keyed_in).incoming_document_id


def _desk_file(params: Mapping[str, Any], key: str) -> tuple[str, bytes] | None:
    """Name and bytes of the file in the records office's folder that the form names; None: it names none."""
    from reporting.documents.desk_folder import read_desk_file
    from reporting.intake.desk import DeskError
    from reporting.wording.catalogue import text

    filename = _entered(params, key)
    if not filename:
        return None
    data = read_desk_file(filename)
    if data is None:
        raise DeskError(text("intake.desk.file_not_found", filename=filename))
    return filename, data


def _attachment(params: Mapping[str, Any]) -> tuple[int, int] | None:
    from reporting.intake.desk import DeskError
    from reporting.wording.catalogue import text

    entered = _entered(params, "attachment")
    if not entered:
        return None
    arrival, _, position = entered.partition(":")
    if not (arrival.strip().isdecimal() and position.strip().isdecimal()):
        raise DeskError(text("intake.desk.unknown_attachment", attachment=entered, arrival="12"))
    return int(arrival), int(position)


def _entered(params: Mapping[str, Any], key: str) -> str:
    return " ".join(str(params.get(key) or "").split())


def _lines(params: Mapping[str, Any], key: str, *, also: str = "") -> list[str]:
    """The lines of a field, without empty ones; `also` separates entries within a line."""
    entered = str(params.get(key) or "")
    for sign in also:
        entered = entered.replace(sign, "\n")
    return [line for part in entered.splitlines() if (line := " ".join(part.split()))]


def _day(params: Mapping[str, Any], key: str) -> date:
    from reporting.intake.desk import DeskError
    from reporting.wording.catalogue import text

    entered = _entered(params, key)
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(entered, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise DeskError(text("intake.desk.bad_date", field=text(f"intake.desk.field.{key}"), entered=entered))

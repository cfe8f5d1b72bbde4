"""Task callables: thin calls of the domain."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from reporting_airflow.names import LETTER_DAG, cycle_dag_id
from reporting_airflow.timetables import SCHEDULED_SUFFIX, scheduled_period

if TYPE_CHECKING:
    from reporting.cycles.keeping import UnfinishedCycle

log = logging.getLogger(__name__)


def open_cycle(regime: str, params: dict[str, Any], run_id: str) -> str:
    """Open the cycle that the run's form or its schedule names, or go on with the one it is about; returns
    its id, or "" where nothing is left for this run: another one, such as one of the keeper, carries the
    cycle of a scheduled run already, or its deadline is over before it was opened, of which the operator
    is told.

    What a person entered and cannot stand fails the run at once: trying again would not mend it.
    """
    from airflow.sdk.exceptions import AirflowFailException

    from reporting.cycles.keeping import note_run
    from reporting_airflow.warehouse import engine

    period = scheduled_period(regime, run_id)
    if period is not None:
        params = {"period": period, "mode": "live", "rehearsal_number": 1}
        if carrier := _carrier(regime, f"{regime}__{period}"):
            log.info("The run %s carries this cycle already.", carrier)
            return ""
        if _is_too_late(regime, period):
            log.info("The deadline of %s is over: the operator was told to decide.", period)
            return ""
    try:
        cycle_id = _open_cycle(regime, params)
    except (LookupError, ValueError, FileNotFoundError) as error:
        raise AirflowFailException(str(error)) from error
    note_run(engine(), cycle_id, run_id)
    return cycle_id


def _is_too_late(regime: str, period: str) -> bool:
    """Whether the deadline of a scheduled period is over, though its cycle is not open; the operator is
    told.
    """
    from reporting.cycles.keeping import tell_if_too_late
    from reporting.regimes.models import load_regime
    from reporting_airflow.warehouse import engine

    found = load_regime(regime)
    return tell_if_too_late(engine(), found, found.period(period))


def _carrier(regime: str, cycle_id: str) -> str | None:
    """The living run of the keeper or of a form that carries a cycle; None when none does."""
    from reporting.cycles.keeping import unfinished
    from reporting_airflow.runs import LIVE_STATES, count_runs
    from reporting_airflow.warehouse import engine

    known = [c.run_ids for c in unfinished(engine()) if c.cycle_id == cycle_id]
    scheduled = f"{cycle_id}{SCHEDULED_SUFFIX}"
    candidates = [cycle_id, *(run_id for run_ids in known for run_id in run_ids if run_id != scheduled)]
    living = (c for c in candidates if count_runs(cycle_dag_id(regime), [c], LIVE_STATES))
    return next(living, None)


def _open_cycle(regime: str, params: dict[str, Any]) -> str:
    from reporting.cycles import opening
    from reporting.regimes.models import load_regime
    from reporting_airflow.warehouse import engine

    if params.get("cycle_id"):
        with engine().connect() as connection:
            opening.regime_of(connection, params["cycle_id"])  # refuses an unknown cycle
        return str(params["cycle_id"])
    return opening.open_cycle(
        engine(),
        load_regime(regime),
        params["period"],
        params["mode"],
        int(params["rehearsal_number"]),
        params.get("stated_figures") or None,
    )


def draft(kind: str, cycle_id: str) -> int:
    """Draft a document of the cycle; returns the version. Skipped where none is needed any more."""
    from airflow.sdk.exceptions import AirflowSkipException

    from reporting.cycles.work import LapsedError, draft_document
    from reporting_airflow.warehouse import engine

    try:
        return draft_document(engine(), cycle_id, kind)
    except LapsedError as lapsed:
        raise AirflowSkipException(str(lapsed)) from lapsed


def consolidate(cycle_id: str) -> int:
    """Refresh the analysts' tables; returns the number of discrepancies found."""
    from reporting.cycles import work
    from reporting_airflow.warehouse import engine

    return work.consolidate(engine(), cycle_id)


def keep_cycles() -> list[str]:
    """Start a run for every open cycle that has none, and open what is due; returns the ids of the runs
    started.

    A run that failed is left to the operator, who was told and clears the failed task. What stands in the way
    of one cycle holds up no other; RuntimeError names it at the end.
    """
    from reporting.cycles.keeping import open_missed, unfinished
    from reporting.documents.extra import open_letters
    from reporting.wording.catalogue import text
    from reporting_airflow.runs import start_run
    from reporting_airflow.warehouse import engine

    warehouse, failures = engine(), _Failures()
    with failures.of("opening what is due"):
        open_missed(warehouse)
    started = []
    for cycle in unfinished(warehouse):
        with failures.of(cycle.cycle_id):
            run_id = _run_to_start(cycle)
            conf = {"cycle_id": cycle.cycle_id, "period": cycle.period, "mode": cycle.mode}
            note = text("documents.resumed_note", cycle_id=cycle.cycle_id)
            if run_id and start_run(cycle_dag_id(cycle.regime), run_id, conf, note):
                started.append(run_id)
    with warehouse.connect() as connection:
        letters = open_letters(connection)
    for letter in letters:
        with failures.of(f"{letter.kind} of {letter.cycle_id}"):
            base = f"{letter.cycle_id}__{letter.kind}"
            run_id = _free_run(LETTER_DAG, base, letter.run_ids)
            conf = {"cycle_id": letter.cycle_id, "kind": letter.kind}
            if run_id and start_run(
                LETTER_DAG, run_id, conf, text("documents.letter.run_note", title=letter.title)
            ):
                started.append(run_id)
    failures.tell()
    return started


def _run_to_start(cycle: UnfinishedCycle) -> str | None:
    """The id of the run that a cycle needs; None where one lives, or failed and is left to the operator.

    A scheduled run that lives may not have noted yet that it carries the cycle. One that ended without
    noting that never did, and keeps no other from it.
    """
    from reporting_airflow.runs import LIVE_STATES, count_runs

    dag_id = cycle_dag_id(cycle.regime)
    if count_runs(dag_id, [f"{cycle.cycle_id}{SCHEDULED_SUFFIX}"], LIVE_STATES):
        return None
    return _free_run(dag_id, cycle.cycle_id, cycle.run_ids)


def _free_run(dag_id: str, base: str, known: Sequence[str]) -> str | None:
    """The first free id for a run of what is called `base`; None where one of its runs, or of those `known`,
    lives or failed.
    """
    from reporting_airflow.runs import ENDED_STATES, LIVE_STATES, count_runs

    run_ids = [base, *(f"{base}__lan_{n}" for n in range(2, 100))]
    if count_runs(dag_id, [*run_ids, *known], [*LIVE_STATES, "failed"]):
        return None
    # the first id that is free: of earlier runs, some may have been deleted
    return next((run_id for run_id in run_ids if not count_runs(dag_id, [run_id], ENDED_STATES)), None)


def deliver_mail() -> dict[str, str]:
    """Send what the cycles' own steps could not; returns what was done per cycle.

    What stands in the way of one cycle's mail holds up no other's. Raises RuntimeError, after everything
    else was sent, when something did: the operator is then told.
    """
    from reporting.cycles.keeping import tell_what_waits, unfinished
    from reporting.cycles.work import catch_up, queue_late_copies
    from reporting.mail.alerts import send_alerts
    from reporting.mail.delivery import deliver
    from reporting_airflow.warehouse import engine

    warehouse, failures = engine(), _Failures()
    results = {}
    for cycle in unfinished(warehouse):
        with failures.of(cycle.cycle_id):
            results[cycle.cycle_id] = catch_up(warehouse, cycle.cycle_id)
    with failures.of("copies of reports"):
        queue_late_copies(warehouse)
    with failures.of("mail"):
        results["*"] = deliver(warehouse)  # such as the last receipts of cycles that are finished
    with failures.of("what waits for a person"):
        tell_what_waits(warehouse)
    with failures.of("alerts"):
        send_alerts(warehouse)
    for name, result in results.items():
        if result.problem:
            failures.add(name, result.problem)
    failures.tell()
    return {name: str(result) for name, result in results.items()}


class _Failures:
    """What went wrong with one thing, told after everything else was done."""

    def __init__(self) -> None:
        self._listed: list[str] = []

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Go on behind the block although it fails."""
        try:
            yield
        except Exception as error:
            log.exception("%s failed; going on with the rest", name)
            self.add(name, f"{type(error).__name__}: {error}")

    def add(self, name: str, what: str) -> None:
        """Note a failure."""
        self._listed.append(f"{name}: {what}")

    def tell(self) -> None:
        """Raise RuntimeError naming everything that failed, if something did."""
        if self._listed:
            raise RuntimeError("; ".join(self._listed))


def tell_operator(context: Any) -> None:
    """Tell the operator that a task failed for good: once per run, or once a day for runs that a schedule
    repeats.
    """
    from reporting import clock
    from reporting.mail.alerts import alert
    from reporting_airflow.warehouse import engine

    ti = context["ti"]
    is_repeated = context["dag_run"].run_type == "scheduled"
    occasion = clock.wall_now().date().isoformat() if is_repeated else f"{ti.run_id}/{ti.try_number}"
    alert(
        engine(),
        key=f"{ti.dag_id}/{ti.task_id}/{occasion}",
        dag_id=ti.dag_id,
        run_id=ti.run_id,
        task_id=ti.task_id,
        error=str(context.get("exception") or ""),
        log_url=str(getattr(ti, "log_url", "")),
    )


def record_decision(run_id: str, ti: Any) -> bool:
    """Record the unit's decision; returns whether registration is to be asked for."""
    from reporting_airflow import approvals

    return approvals.record_decision(run_id, ti.xcom_pull(task_ids="approve"))


def record_registration(run_id: str, ti: Any) -> str:
    """Record number, date and signed file, or why they have to be entered again."""
    from reporting_airflow import approvals

    return approvals.record_registration(run_id, ti.xcom_pull(task_ids="register"))


def send_digest() -> bool:
    """Send the officer in charge the digest of today, once per working day; returns whether it was sent."""
    from reporting.mail.digest import send_digest as send_digest_of_today
    from reporting_airflow.warehouse import engine

    return send_digest_of_today(engine())


def refresh_marts() -> dict[str, int]:
    """Bring the analysts' tables up to date wherever something changed; returns how many offices' rows were
    filled anew per cycle.

    What stands in the way of one cycle holds up no other; RuntimeError names it at the end.
    """
    from reporting.consolidation.refresh import pending, refresh
    from reporting_airflow.warehouse import engine

    warehouse, failures = engine(), _Failures()
    with warehouse.connect() as connection:
        waiting = pending(connection)
    refreshed = {}
    for cycle in waiting:
        with failures.of(cycle.cycle_id), warehouse.begin() as connection:
            refreshed[cycle.cycle_id] = refresh(connection, cycle.cycle_id).recipient_count
    failures.tell()
    return refreshed


def make_backup() -> str:
    """Make a backup where REPORTING_BACKUP says; returns its name. Skipped where none is to be made.

    Raises BackupError where it cannot be made, or the archive has lost files that no backup holds.
    """
    from airflow.sdk.exceptions import AirflowSkipException

    from reporting.backup.errors import BackupError
    from reporting.backup.making import make
    from reporting.backup.place import place_at
    from reporting.settings import settings
    from reporting_airflow.warehouse import resolve_connections

    resolve_connections()
    if (told := settings().backup) is None:
        raise AirflowSkipException("REPORTING_BACKUP is not set: no backup is made here.")
    manifest = make(place_at(told)).manifest
    if manifest.damaged:
        raise BackupError(
            f"The backup {manifest.name} was made, but the archive has lost files that no backup holds: "
            f"{', '.join(damaged.sha256 for damaged in manifest.damaged)}."
        )
    return manifest.name


def watch_intake() -> list[str]:
    """Tell the operator what of the intake is not as it should be, once per occurrence; returns what is
    new.
    """
    from reporting.intake.watchdog import line, watch
    from reporting_airflow.warehouse import engine

    return [line(concern) for concern in watch(engine())]


def open_request(params: dict[str, Any], run_id: str, dag_run: Any, ti: Any) -> str:
    """Open the cycle that the form of a request describes, or go on with the one the run is about; returns
    its id, or "" where nothing is left for this run: the form was rehearsed, or another run carries its
    cycle.

    A form that cannot stand fails the run at once, with everything that is to be mended.
    """
    from airflow.sdk.exceptions import AirflowFailException

    from reporting.cycles import ad_hoc
    from reporting.cycles.keeping import note_run
    from reporting.wording.catalogue import text
    from reporting_airflow.request_form import NOT_OF_THE_FORM
    from reporting_airflow.warehouse import engine

    warehouse = engine()
    cycle_id = str(params.get("cycle_id") or "")
    if not cycle_id:
        by = str(getattr(dag_run, "triggering_user_name", None) or text("documents.unknown_user"))
        try:
            form = ad_hoc.read_form({k: v for k, v in params.items() if k not in NOT_OF_THE_FORM})
            if form.mode == "rehearsal":
                found = ad_hoc.rehearse_form(warehouse, form, by, params.get("answers") or "nobody")
                _tell_digest(found, ti)
                return ""
            cycle_id = ad_hoc.open_ad_hoc(warehouse, form, by)
        except ad_hoc.FormRefused as refused:
            lines = "\n".join(text("ad_hoc.refused_line", problem=problem) for problem in refused.problems)
            raise AirflowFailException(text("ad_hoc.refused", problems=lines)) from refused
    note_run(warehouse, cycle_id, run_id)
    with warehouse.connect() as connection:
        runs = ad_hoc.runs_of(connection, cycle_id)
    carrier = _first_living(cycle_id, runs, run_id)
    if carrier != run_id:
        log.warning(text("ad_hoc.carried", cycle=cycle_id, run=carrier))
        return ""
    return cycle_id


def _first_living(cycle_id: str, runs: Sequence[str], run_id: str) -> str:
    """The earliest of the runs of a request's cycle that still lives; this one at the latest."""
    from reporting.cycles.questions import REGIME
    from reporting_airflow.runs import LIVE_STATES, count_runs

    dag_id = cycle_dag_id(REGIME)
    for other in runs:
        if other == run_id or count_runs(dag_id, [other], LIVE_STATES):
            return other
    return run_id


def rehearse(params: dict[str, Any], ti: Any) -> dict[str, Any]:
    """Rehearse one period of a regime to its end; returns what there would have been, in numbers."""
    from airflow.sdk.exceptions import AirflowFailException

    from reporting.cycles import conducting
    from reporting.regimes.models import load_regime
    from reporting_airflow.warehouse import engine

    warehouse = engine()
    try:
        regime = load_regime(params["regime"])
        written = [period.code for period in regime.periods]
        period = params.get("period") or (written[-1] if written else "")
        number = conducting.first_free_number(warehouse, regime, period)
        found = conducting.rehearse(warehouse, regime, period, number, answers=params["answers"])
    except (LookupError, ValueError, FileNotFoundError) as error:
        raise AirflowFailException(str(error)) from error
    return _tell_digest(found, ti)


def _tell_digest(found: Any, ti: Any) -> dict[str, Any]:
    """Put the digest of a rehearsal into the log and, without the texts of the mails, into the XCom
    `digest`.
    """
    from reporting.cycles.digest_of_rehearsal import as_markdown

    log.info("%s", as_markdown(found))
    ti.xcom_push(key="digest", value=as_markdown(found, with_texts=False))
    return {"cycle_id": found.cycle_id, "mails": len(found.mails), "letters": len(found.letters)}

"""What the tasks of the form of a running cycle do: check the entries, ask for consent, make the change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from reporting_airflow.forms import user_of
from reporting_airflow.names import AGREE_OPTION

if TYPE_CHECKING:
    from airflow.sdk import Context

ASK_TASK = "ask_consent"


def check_change(params: Mapping[str, Any], dag_run: Any) -> str:
    """Check what was entered, all of it at once, and say what will be done.

    An entry that cannot stand fails the run at once: trying again would not mend it.
    """
    from reporting.cycles import change_form
    from reporting.documents.lifecycle import RefusedEntryError
    from reporting_airflow.warehouse import engine

    warehouse = engine()
    try:
        change = change_form.check(warehouse, params, user_of(dag_run))
    except RefusedEntryError as refusal:
        raise AirflowFailException(str(refusal)) from refusal
    return change_form.describe(warehouse, change)[1]


class AskConsentOperator(HITLOperator):
    """Ask somebody to agree to the change, where its kind needs that; skipped where it does not."""

    def execute(self, context: Context) -> Any:
        from reporting.cycles import change_form
        from reporting_airflow.warehouse import engine

        warehouse = engine()
        change = change_form.read(warehouse, context["params"], user_of(context["dag_run"]))
        if not change_form.needs_consent(warehouse, change):
            raise AirflowSkipException("This change needs nobody's consent.")
        self.subject, self.body = change_form.describe(warehouse, change)
        return super().execute(context)


def apply_change(params: Mapping[str, Any], run_id: str, dag_run: Any, ti: Any) -> str:
    """Make the change if it was agreed to, or needed no consent; the answer is kept in the log.

    Carried out again, it changes nothing more. Skipped when somebody declined.
    """
    from reporting.cycles import change_form
    from reporting.documents.lifecycle import RefusedEntryError
    from reporting.wording.catalogue import text
    from reporting_airflow.approvals import user_who_answered
    from reporting_airflow.warehouse import engine

    warehouse, answer = engine(), ti.xcom_pull(task_ids=ASK_TASK)
    try:
        change = change_form.read(warehouse, params, user_of(dag_run))
        if answer is None and change_form.needs_consent(warehouse, change):
            raise AirflowFailException("The change needs consent, and nobody was asked; run it anew.")
        if answer is not None:
            user = user_who_answered(answer)
            agreed = AGREE_OPTION in answer["chosen_options"]
            kind = "change_approved" if agreed else "change_refused"
            change_form.note(warehouse, change, run_id, kind, user)
            if not agreed:
                raise AirflowSkipException(text("changes.form.not_agreed", by=user))
        return change_form.apply(warehouse, change, run_id)
    except RefusedEntryError as refusal:
        raise AirflowFailException(str(refusal)) from refusal

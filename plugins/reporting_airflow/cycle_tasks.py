"""The tasks of a cycle after its opening, as the DAG of every regime and the DAG of requests have them.

Task ids and labels are a public API, frozen by tests/unit/dags.
"""

from __future__ import annotations

from collections.abc import Sequence

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import TaskGroup, TriggerRule

from reporting.regimes.models import ReminderStep
from reporting_airflow import steps
from reporting_airflow.names import OPEN_TASK
from reporting_airflow.operators import AwaitDocumentOperator, StepOperator

CYCLE = "{{ ti.xcom_pull(task_ids='" + OPEN_TASK + "') }}"


def document(kind: str, group: str, title: str) -> TaskGroup:
    """Draft a document, wait for the unit's approval, wait for number, date and signed file."""
    with TaskGroup(group, group_display_name=title[0].upper() + title[1:]) as tasks:
        draft = PythonOperator(
            task_id="draft",
            task_display_name=f"Dự thảo {title}",
            python_callable=steps.draft,
            op_kwargs={"kind": kind, "cycle_id": CYCLE},
        )
        approval, registration = answers(kind, title)
        draft >> approval >> registration
    return tasks


def answers(kind: str, title: str) -> tuple[AwaitDocumentOperator, AwaitDocumentOperator]:
    """Wait for the unit's approval; wait for number, date and signed file."""
    return (
        AwaitDocumentOperator(
            task_id="await_approval", task_display_name=f"Chờ duyệt {title}", kind=kind, until="approved"
        ),
        AwaitDocumentOperator(
            task_id="await_registration",
            task_display_name=f"Chờ cấp số {title}",
            kind=kind,
            until="registered",
        ),
    )


def urging_letter(kind: str, issue_step: str, work: str, title: str) -> TaskGroup:
    """A document with a day of its own: nothing waits for it; skipped when nobody is late or at the close."""
    with TaskGroup(kind, group_display_name=title[0].upper() + title[1:]) as tasks:
        draft = StepOperator(
            task_id="draft",
            task_display_name=f"Dự thảo {title}",
            step=kind,
            work="reporting.cycles.work:draft_document",
            passes_step=True,
            ends_step=False,
            trigger_rule=TriggerRule.ONE_SUCCESS,
        )
        approval, registration = answers(kind, title)
        issue = step(
            issue_step,
            f"Gửi {title}",
            work,
            task_id="issue",
            trigger_rule=TriggerRule.ALL_SUCCESS,
        )
        draft >> approval >> registration >> issue
    return tasks


def step(
    name: str,
    title: str,
    work: str,
    passes_step: bool = False,
    task_id: str | None = None,
    trigger_rule: TriggerRule = TriggerRule.ONE_SUCCESS,
) -> StepOperator:
    """One step of the plan, carried out when it falls due."""
    return StepOperator(
        task_id=task_id or name,
        task_display_name=title,
        step=name,
        work=f"reporting.cycles.work:{work}",
        passes_step=passes_step,
        trigger_rule=trigger_rule,
    )


def in_order_of_days(issue: StepOperator, story: Sequence[StepOperator | TaskGroup]) -> None:
    """Let each step wait for its own day once the request is issued; none waits for the one before it.

    The edges between them give the grid the order of the days. A reminder may last for an office with a later
    deadline, so the next step needs only one of its upstream tasks, which is the issue.
    """
    previous: StepOperator | TaskGroup = issue
    for item in story:
        issue >> item
        if previous is not issue:
            previous >> item
        previous = item


def reminder(reminder_step: ReminderStep) -> StepOperator:
    """A reminder step in the grid."""
    days = abs(reminder_step.working_days)
    side = "sau khi gửi" if reminder_step.anchor == "issue" else "sau hạn"
    title = f"Nhắc {'trước hạn' if reminder_step.working_days < 0 else side} {days} ngày làm việc"
    return step(reminder_step.step, title, "remind", passes_step=True)


def carry_out(
    opening: PythonOperator,
    *,
    reminders: Sequence[ReminderStep],
    is_by_letter: bool = True,
    has_urging: bool = True,
    has_escalation: bool = True,
    has_deadline: bool = True,
    has_report: bool = True,
    has_follow_up: bool = False,
) -> None:
    """The tasks of a cycle after its opening; those whose step the cycle's plan does not have are skipped."""
    request = None
    if is_by_letter:
        request = document("request_letter", "request_letter", "công văn đề nghị báo cáo")
    issue = step("issue", "Gửi đề nghị báo cáo", "issue", trigger_rule=TriggerRule.NONE_FAILED)
    if request is None:
        opening >> issue
    else:
        opening >> request >> issue
    story: list[StepOperator | TaskGroup] = [
        *(reminder(r) for r in reminders if r.anchor == "issue"),
        *(reminder(r) for r in reminders if r.anchor == "deadline" and r.working_days <= 0),
    ]
    if has_deadline:
        story.append(step("deadline", "Hết thời hạn gửi báo cáo", "pass_deadline"))
    story += [reminder(r) for r in reminders if r.anchor == "deadline" and r.working_days > 0]
    if has_urging:
        story.append(urging_letter("urging_letter", "urging_issue", "issue_urging", "công văn đôn đốc"))
    if has_escalation:
        title = "công văn đề nghị chỉ đạo"
        story.append(urging_letter("escalation_letter", "escalation_issue", "issue_escalation", title))
    close = step("close", "Chốt số liệu", "close")
    in_order_of_days(issue, [*story, close])
    consolidate = PythonOperator(
        task_id="consolidate",
        task_display_name="Tổng hợp, đối chiếu số liệu",
        python_callable=steps.consolidate,
        op_kwargs={"cycle_id": CYCLE},
    )
    close >> consolidate
    if has_report:
        report = document("summary_report", "report", "báo cáo tổng hợp")
        publish = step("publish", "Ban hành báo cáo", "publish", trigger_rule=TriggerRule.ALL_SUCCESS)
        consolidate >> report >> publish
    if has_follow_up:
        consolidate >> document("follow_up_letter", "follow_up_letter", "công văn sau tổng hợp")

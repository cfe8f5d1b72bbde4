"""
# Đợt báo cáo

Mỗi lần chạy là một đợt báo cáo: mở đợt → dự thảo, duyệt, cấp số công văn đề nghị → gửi → nhắc → hết hạn →
đôn đốc → chốt → tổng hợp → dự thảo, duyệt, cấp số báo cáo → ban hành.

One DAG per regime in `include/regimes`, one run per cycle. Every step asks PostgreSQL what is due and
undone; running a task again repeats nothing. To rehearse a cycle (simulated clock, mail captured, nothing
sent), trigger with:

    {"period": "2011_2012", "mode": "rehearsal", "rehearsal_number": 1}
"""

from __future__ import annotations

from collections.abc import Sequence

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Param, TaskGroup, TriggerRule
from reporting_airflow import steps
from reporting_airflow.defaults import PERSISTENT
from reporting_airflow.names import OPEN_TASK, Tag, cycle_dag_id
from reporting_airflow.operators import AwaitDocumentOperator, StepOperator

from reporting.regimes.models import Regime, all_regimes

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


def urging_letter() -> TaskGroup:
    """A document with a day of its own: nothing waits for it; skipped when nobody is late or at the close."""
    title = "công văn đôn đốc"
    with TaskGroup("urging_letter", group_display_name="Công văn đôn đốc") as tasks:
        draft = StepOperator(
            task_id="draft",
            task_display_name=f"Dự thảo {title}",
            step="urging_letter",
            work="reporting.cycles.work:draft_document",
            passes_step=True,
            ends_step=False,
            trigger_rule=TriggerRule.ONE_SUCCESS,
        )
        approval, registration = answers("urging_letter", title)
        issue = step(
            "urging_issue",
            f"Gửi {title}",
            "issue_urging",
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


def reminder_title(working_days: int) -> str:
    """The name of a reminder step in the grid."""
    side = "trước" if working_days < 0 else "sau"
    return f"Nhắc {side} hạn {abs(working_days)} ngày làm việc"


def cycle_dag(regime: Regime) -> DAG:
    """The DAG whose runs are the cycles of `regime`."""
    with DAG(
        dag_id=cycle_dag_id(regime.code),
        dag_display_name=regime.title,
        description=f"{regime.title} – một lần chạy là một đợt báo cáo",
        doc_md=__doc__,
        schedule=None,
        catchup=False,
        max_active_runs=100,
        tags={Tag.CYCLE},
        default_args=PERSISTENT,
        params={
            "period": Param(
                regime.periods[-1].code,
                type="string",
                enum=[p.code for p in regime.periods],
                title="Kỳ báo cáo",
                values_display={p.code: p.label for p in regime.periods},
            ),
            "mode": Param(
                "rehearsal",
                type="string",
                enum=["rehearsal", "live"],
                title="Chế độ",
                values_display={"rehearsal": "Diễn tập", "live": "Chính thức"},
            ),
            "rehearsal_number": Param(1, type="integer", minimum=1, title="Diễn tập lần thứ"),
            "stated_figures": Param(
                None, type=["null", "string"], title="Số liệu đã công bố để đối chiếu (tệp dữ liệu)"
            ),
            "cycle_id": Param(
                None, type=["null", "string"], title="Chạy tiếp đợt đã mở (để trống nếu mở đợt mới)"
            ),
        },
    ) as dag:
        opening = PythonOperator(
            task_id=OPEN_TASK,
            task_display_name="Mở đợt báo cáo",
            python_callable=lambda params, run_id: steps.open_cycle(regime.code, params, run_id),
        )
        request = document("request_letter", "request_letter", "công văn đề nghị báo cáo")
        issue = step("issue", "Gửi đề nghị báo cáo", "issue", trigger_rule=TriggerRule.ALL_SUCCESS)
        before = [
            step(r.step, reminder_title(r.working_days), "remind", passes_step=True)
            for r in regime.reminders
            if r.working_days <= 0
        ]
        deadline = step("deadline", "Hết thời hạn gửi báo cáo", "pass_deadline")
        after = [
            step(r.step, reminder_title(r.working_days), "remind", passes_step=True)
            for r in regime.reminders
            if r.working_days > 0
        ]
        urging = [urging_letter()] if regime.urging is not None else []
        close = step("close", "Chốt số liệu", "close")
        consolidate = PythonOperator(
            task_id="consolidate",
            task_display_name="Tổng hợp, đối chiếu số liệu",
            python_callable=steps.consolidate,
            op_kwargs={"cycle_id": CYCLE},
        )
        report = document("summary_report", "report", "báo cáo tổng hợp")
        publish = step("publish", "Ban hành báo cáo", "publish", trigger_rule=TriggerRule.ALL_SUCCESS)

        opening >> request >> issue
        in_order_of_days(issue, [*before, deadline, *after, *urging, close])
        close >> consolidate >> report >> publish
        if regime.follow_up_letter is not None:
            consolidate >> document("follow_up_letter", "follow_up_letter", "công văn sau tổng hợp")
    return dag


for _regime in all_regimes():
    globals()[cycle_dag_id(_regime.code)] = cycle_dag(_regime)

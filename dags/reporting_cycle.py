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

from airflow.providers.standard.operators.python import ShortCircuitOperator
from airflow.sdk import DAG, Param
from reporting_airflow import steps
from reporting_airflow.cycle_tasks import carry_out
from reporting_airflow.defaults import PERSISTENT
from reporting_airflow.names import OPEN_TASK, Tag, cycle_dag_id
from reporting_airflow.timetables import ReportingPeriodTimetable

from reporting.regimes.models import Regime, all_regimes
from reporting.settings import settings


def timetable_of(regime: Regime) -> ReportingPeriodTimetable | None:
    """When cycles open by themselves; None where a person opens them."""
    if regime.schedule is None or not settings().opens_by_itself(regime.code):
        return None
    return ReportingPeriodTimetable(regime.code, regime.schedule)


def cycle_dag(regime: Regime) -> DAG:
    """The DAG whose runs are the cycles of `regime`."""
    codes = [p.code for p in regime.periods]
    with DAG(
        dag_id=cycle_dag_id(regime.code),
        dag_display_name=regime.title,
        description=f"{regime.title} – một lần chạy là một đợt báo cáo",
        doc_md=__doc__,
        schedule=timetable_of(regime),
        catchup=False,
        max_active_runs=100,
        tags={Tag.CYCLE},
        default_args=PERSISTENT,
        params={
            "period": Param(
                codes[-1] if codes else "",
                type="string",
                **(
                    {"enum": codes, "values_display": {p.code: p.label for p in regime.periods}}
                    if regime.schedule is None
                    else {"examples": codes}
                ),
                title="Kỳ báo cáo",
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
        # Nothing comes after it where another run carries the cycle.
        opening = ShortCircuitOperator(
            task_id=OPEN_TASK,
            task_display_name="Mở đợt báo cáo",
            python_callable=lambda params, run_id: steps.open_cycle(regime.code, params, run_id),
        )
        carry_out(
            opening,
            reminders=regime.reminders,
            is_by_letter=regime.asked_by != "instrument",
            has_urging=regime.urging is not None,
            has_escalation=regime.escalation is not None,
            has_deadline=regime.has_deadline,
            has_report=regime.report is not None,
            has_follow_up=regime.follow_up_letter is not None,
        )
    return dag


for _regime in all_regimes():
    globals()[cycle_dag_id(_regime.code)] = cycle_dag(_regime)

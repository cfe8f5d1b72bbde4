"""
# Diễn tập một đợt báo cáo

Chạy hết một kỳ của một chế độ báo cáo với danh sách cơ quan, văn bản và ngày tháng thật, trên đồng hồ giả
định. Không thư nào được gửi ra ngoài: thư chỉ được ghi trong sổ gửi rồi rút lại (hoặc đến máy chủ giữ thư,
nếu có). Kết quả – gửi gì, cho ai, ngày nào, văn bản nào phải trình – ở nhật ký và mục XCom `digest` của bước
"Diễn tập"; tệp đầy đủ được lưu trong kho tệp.

Each run is a rehearsal of its own, carried through by this task; no run of the regime's DAG is started for
it.
"""

from __future__ import annotations

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Param
from reporting_airflow import steps
from reporting_airflow.defaults import PERSISTENT
from reporting_airflow.names import Tag

from reporting.regimes.models import all_regimes

_titles = {regime.code: regime.title for regime in all_regimes()}
_periods = {period.code: None for regime in all_regimes() for period in regime.periods}

with DAG(
    dag_id="cycle_rehearsal",
    dag_display_name="Diễn tập một đợt báo cáo",
    description="Sẽ gửi gì, cho ai, ngày nào",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=4,
    tags={Tag.CYCLE},
    default_args=PERSISTENT,
    params={
        "regime": Param(
            next(iter(_titles)),
            type="string",
            enum=list(_titles),
            values_display=_titles,
            title="Chế độ báo cáo",
        ),
        "period": Param(
            None,
            type=["null", "string"],
            examples=list(_periods),
            title="Kỳ báo cáo (mã kỳ)",
            description="Để trống: kỳ gần nhất đã ghi trong chế độ báo cáo.",
        ),
        "answers": Param(
            "nobody",
            type="string",
            enum=["nobody", "on_time"],
            values_display={
                "nobody": "Không cơ quan nào trả lời",
                "on_time": "Mọi cơ quan gửi văn bản đúng hạn",
            },
            title="Giả định",
        ),
    },
) as dag:
    PythonOperator(task_id="rehearse", task_display_name="Diễn tập", python_callable=steps.rehearse)

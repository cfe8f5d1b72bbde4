"""
# Đo lường hoạt động

Mỗi phút một lần, đo việc tiếp nhận, trả lời, gửi thư, tiến độ của các đợt báo cáo và chuyển số đo cho hệ
thống giám sát (StatsD hoặc OpenTelemetry) đã được cấu hình. Nơi không có hệ thống giám sát thì không chạy
theo lịch.
"""

from __future__ import annotations

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG
from reporting_airflow import metrics
from reporting_airflow.defaults import REPEATED
from reporting_airflow.names import Tag

with DAG(
    dag_id="observe",
    dag_display_name="Đo lường hoạt động",
    description="Chuyển số đo cho hệ thống giám sát",
    doc_md=__doc__,
    schedule=metrics.schedule(),
    catchup=False,
    max_active_runs=1,
    tags={Tag.UPKEEP},
    default_args=REPEATED,
) as dag:
    PythonOperator(
        task_id="measure",
        task_display_name="Đo lường",
        python_callable=metrics.measure,
    )

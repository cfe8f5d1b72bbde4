"""
# Cập nhật bảng phân tích

Hai phút một lần, các bảng theo dõi, tỷ lệ báo cáo, số liệu tổng hợp được cập nhật theo những gì vừa thay đổi:
báo cáo vừa tiếp nhận, gia hạn, miễn báo cáo, thư nhắc đã gửi, thời hạn vừa qua. Không có thay đổi thì không
làm gì.

PostgreSQL keeps what has changed (mart.change); a run that fails or is missed leaves it to the next one.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG
from reporting_airflow import steps
from reporting_airflow.defaults import REPEATED
from reporting_airflow.names import Tag

with DAG(
    dag_id="tracking_marts",
    dag_display_name="Cập nhật bảng phân tích",
    description="Bảng theo dõi, tỷ lệ báo cáo, số liệu tổng hợp theo những gì vừa thay đổi",
    doc_md=__doc__,
    schedule=timedelta(minutes=2),
    catchup=False,
    max_active_runs=1,
    tags={Tag.UPKEEP},
    default_args=REPEATED,
) as dag:
    PythonOperator(
        task_id="refresh_marts",
        task_display_name="Cập nhật bảng phân tích",
        python_callable=steps.refresh_marts,
    )

"""
# Theo dõi việc tiếp nhận

Năm phút một lần, xem thư, tệp nào chưa được trả lời, thư trả lời nào chưa gửi được, nơi tiếp nhận nào không
hoạt động, việc nào chờ cán bộ quyết định quá lâu. Mỗi trường hợp báo người vận hành một lần.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG
from reporting_airflow import steps
from reporting_airflow.defaults import REPEATED
from reporting_airflow.names import Tag

with DAG(
    dag_id="intake_watch",
    dag_display_name="Theo dõi việc tiếp nhận",
    description="Thư, tệp chưa được trả lời; nơi tiếp nhận không hoạt động",
    doc_md=__doc__,
    # by itself, not a task of the intake: it is to be heard when the intake hangs
    schedule=timedelta(minutes=5),
    catchup=False,
    max_active_runs=1,
    tags={Tag.INTAKE},
    default_args=REPEATED,
) as dag:
    PythonOperator(
        task_id="watch_intake",
        task_display_name="Theo dõi việc tiếp nhận",
        python_callable=steps.watch_intake,
    )

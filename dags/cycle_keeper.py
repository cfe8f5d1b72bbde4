"""
# Giữ nhịp các đợt báo cáo

Mở kỳ báo cáo đến hạn mà chưa mở; chạy tiếp đợt báo cáo đang mở mà không còn lần chạy nào (mất lần chạy,
mất cơ sở dữ liệu của Airflow). Lần chạy bị lỗi được để cho người vận hành xử lý.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG
from reporting_airflow import steps
from reporting_airflow.defaults import REPEATED
from reporting_airflow.names import Tag

with DAG(
    dag_id="cycle_keeper",
    dag_display_name="Giữ nhịp các đợt báo cáo",
    description="Mở kỳ đến hạn, thay lần chạy bị mất",
    doc_md=__doc__,
    schedule=timedelta(minutes=2),
    catchup=False,
    max_active_runs=1,
    tags={Tag.UPKEEP},
    default_args=REPEATED,
) as dag:
    PythonOperator(
        task_id="keep_cycles",
        task_display_name="Rà soát các đợt báo cáo",
        python_callable=steps.keep_cycles,
    )

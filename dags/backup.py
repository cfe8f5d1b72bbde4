"""
# Sao lưu

Mỗi đêm sao lưu kho dữ liệu, kho lưu tệp và cơ sở dữ liệu của Airflow vào nơi đặt tại REPORTING_BACKUP, rồi bỏ
các bản cũ không còn phải giữ. Các đợt báo cáo vẫn chạy trong lúc sao lưu. Chưa đặt nơi lưu thì bước này
được bỏ qua. Cách khôi phục: docs/backup.md.
"""

from __future__ import annotations

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, CronTriggerTimetable
from reporting_airflow import steps
from reporting_airflow.defaults import REPEATED
from reporting_airflow.names import Tag

with DAG(
    dag_id="backup",
    dag_display_name="Sao lưu",
    description="Sao lưu hằng đêm kho dữ liệu, kho lưu tệp, cơ sở dữ liệu của Airflow",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("30 1 * * *", timezone="Asia/Ho_Chi_Minh"),
    catchup=False,
    max_active_runs=1,
    tags={Tag.UPKEEP},
    default_args=REPEATED,
) as dag:
    PythonOperator(
        task_id="make_backup",
        task_display_name="Sao lưu",
        python_callable=steps.make_backup,
    )

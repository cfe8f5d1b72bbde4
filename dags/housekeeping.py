"""
# Việc thường ngày

Gửi cán bộ phụ trách thư tổng hợp các việc cần theo dõi: cơ quan chưa hoàn thành, việc chờ xử lý, văn bản chờ
ý kiến hoặc chờ số, đầu mối cần cập nhật. Mỗi ngày làm việc gửi một lần, không gửi khi không có việc; chạy lại
không gửi lặp. Ngày làm việc do lịch làm việc quyết định, kể cả ngày làm bù.
"""

from __future__ import annotations

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, CronTriggerTimetable
from reporting_airflow import steps
from reporting_airflow.defaults import REPEATED
from reporting_airflow.names import Tag

with DAG(
    dag_id="housekeeping",
    dag_display_name="Việc thường ngày",
    description="Thư tổng hợp hằng ngày cho cán bộ phụ trách",
    doc_md=__doc__,
    # every day: a day off may be a working day in exchange; every hour: the mail server may have been down
    schedule=CronTriggerTimetable("0 8-16 * * *", timezone="Asia/Ho_Chi_Minh"),
    catchup=False,
    max_active_runs=1,
    tags={Tag.UPKEEP},
    default_args=REPEATED,
) as dag:
    PythonOperator(
        task_id="send_digest",
        task_display_name="Gửi thư tổng hợp hằng ngày",
        python_callable=steps.send_digest,
    )

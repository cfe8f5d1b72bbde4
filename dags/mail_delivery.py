"""
# Gửi thư còn lại

Gửi những thư mà bước của đợt báo cáo chưa gửi được (máy chủ thư tạm ngừng, tiến trình bị ngắt) và thư nhắc
của cơ quan được lùi thời hạn. Mỗi thư có một dòng duy nhất trong sổ gửi, nên không thư nào được gửi hai
lần mà không biết.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG
from reporting_airflow import steps
from reporting_airflow.defaults import REPEATED
from reporting_airflow.names import Tag

with DAG(
    dag_id="mail_delivery",
    dag_display_name="Gửi thư còn lại",
    description="Thư chưa gửi được, thư nhắc của cơ quan được lùi hạn",
    doc_md=__doc__,
    schedule=timedelta(minutes=2),
    catchup=False,
    max_active_runs=1,
    tags={Tag.MAIL},
    default_args=REPEATED,
) as dag:
    PythonOperator(task_id="deliver_mail", task_display_name="Gửi thư", python_callable=steps.deliver_mail)

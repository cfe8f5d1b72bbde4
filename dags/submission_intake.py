"""
# Tiếp nhận báo cáo

Luôn có một lần chạy chờ thư đến. Thư được lưu nguyên trạng trước khi đọc, kiểm tra theo biểu mẫu, rồi được
trả lời: giấy tiếp nhận, hoặc chính tệp của cơ quan gửi với các ô cần hoàn thiện được đánh dấu. Khi rất nhiều
tệp đến cùng lúc, các phần được xử lý song song (bước "Xử lý song song"); bình thường bước này được bỏ qua.

Messages leave the inbox only after their content is committed. Running the task again answers nothing twice.
"""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import DAG
from reporting_airflow.defaults import PERSISTENT
from reporting_airflow.names import Tag
from reporting_airflow.operators import AnswerShareOperator, AnswerSubmissionsOperator

with DAG(
    dag_id="submission_intake",
    dag_display_name="Tiếp nhận, kiểm tra, trả lời",
    description="Thư đến → lưu → kiểm tra → trả lời",
    doc_md=__doc__,
    schedule="@continuous",
    # Without a day in the past the first run's interval is empty, the second would have the same logical
    # date, and no run ever follows the first.
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags={Tag.INTAKE},
    # one delivery that fails again and again must not keep the answers of the others waiting
    default_args=PERSISTENT | {"retries": 12, "retry_exponential_backoff": False},
) as dag:
    answer = AnswerSubmissionsOperator(
        task_id="answer_submissions", task_display_name="Tiếp nhận, kiểm tra, trả lời"
    )
    AnswerShareOperator.partial(
        task_id="answer_share", task_display_name="Xử lý song song", max_active_tis_per_dagrun=4
    ).expand(arrival_ids=answer.output)

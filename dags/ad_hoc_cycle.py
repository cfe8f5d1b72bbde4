"""
# Đợt báo cáo đột xuất, chuyên đề; đề nghị bổ sung

Mở từ biểu mẫu: bấm "Trigger", điền biểu mẫu, bấm "Trigger" lần nữa. Bước "Mở đợt báo cáo" kiểm tra toàn bộ
biểu mẫu; nếu có nội dung cần sửa, bước này dừng và liệt kê tất cả trong nhật ký. Công văn được xem trước,
duyệt, cấp số như các đợt khác; câu hỏi bổ sung được duyệt rồi gửi bằng thư điện tử, không lấy số.

Chế độ **Diễn tập** chạy hết đợt ngay trong bước đầu với danh sách cơ quan, văn bản và ngày tháng thật, không
gửi thư ra ngoài; kết quả (gửi gì, cho ai, ngày nào) ở nhật ký và mục XCom `digest` của bước này.

The same form sent twice opens one cycle; the second run ends without doing anything.
"""

from __future__ import annotations

from airflow.providers.standard.operators.python import ShortCircuitOperator
from airflow.sdk import DAG
from airflow.sdk.definitions.param import ParamsDict
from reporting_airflow import steps
from reporting_airflow.cycle_tasks import carry_out
from reporting_airflow.defaults import PERSISTENT
from reporting_airflow.names import OPEN_TASK, Tag, cycle_dag_id
from reporting_airflow.request_form import params

from reporting.cycles.offer import reminders_offered

with DAG(
    dag_id=cycle_dag_id("ad_hoc"),
    dag_display_name="Mở đợt báo cáo từ biểu mẫu (đột xuất, chuyên đề, đề nghị bổ sung)",
    description="Một lần chạy là một đợt báo cáo mở từ biểu mẫu",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=100,
    tags={Tag.CYCLE},
    default_args=PERSISTENT,
) as dag:
    # Nothing comes after it where the cycle was rehearsed here, or another run carries it.
    opening = ShortCircuitOperator(
        task_id=OPEN_TASK,
        task_display_name="Mở đợt báo cáo",
        python_callable=steps.open_request,
    )
    carry_out(opening, reminders=reminders_offered(), has_report=False)
# Given last, as each task would otherwise be stored with a copy of the whole form.
dag.params = ParamsDict(params())

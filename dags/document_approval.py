"""
# Phê duyệt văn bản

Mỗi lần chạy đưa **một bản dự thảo** của một văn bản tới người duyệt **một bước** (ví dụ Lãnh đạo Cục, sau đó
Lãnh đạo Bộ) và ghi nhận ý kiến; lần chạy của bước cuối cùng chờ tiếp số, ngày và tệp đã ký số do văn thư cung
cấp. Các lần chạy do đợt báo cáo tự mở; không mở bằng tay.

A run of its own for each draft and step, because a task that asks a person a second time would show the first
text.
An entry that cannot stand (a malformed number, a missing file) is asked for again by a new run that says
what was wrong.
"""

from __future__ import annotations

from airflow.providers.standard.operators.python import PythonOperator, ShortCircuitOperator
from airflow.sdk import DAG, Param
from reporting_airflow import steps
from reporting_airflow.defaults import PERSISTENT
from reporting_airflow.names import APPROVAL_DAG, APPROVE_OPTION, SEND_BACK_OPTION, Tag
from reporting_airflow.operators import ApproveDraftOperator, RegisterDocumentOperator

with DAG(
    dag_id=APPROVAL_DAG,
    dag_display_name="Phê duyệt văn bản",
    description="Một lần chạy là một bản dự thảo trước người duyệt",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=100,
    tags={Tag.APPROVAL},
    default_args=PERSISTENT,
) as dag:
    approve = ApproveDraftOperator(
        task_id="approve",
        task_display_name="Duyệt dự thảo",
        subject="Trình duyệt văn bản",
        options=[APPROVE_OPTION, SEND_BACK_OPTION],
        params={
            "reason": Param(
                None,
                type=["null", "string"],
                format="multiline",
                title="Lý do (khi đề nghị chỉnh sửa; mục nào thì ghi: số hoặc tên mục, dấu hai chấm, ý kiến)",
            ),
            "overrides": Param(
                None,
                type=["null", "string"],
                format="multiline",
                title="Bỏ qua mục kiểm tra (mã mục: lý do, mỗi dòng một mục)",
            ),
        },
    )
    record_decision = ShortCircuitOperator(
        task_id="record_decision",
        task_display_name="Ghi nhận ý kiến",
        python_callable=steps.record_decision,
        trigger_rule="none_failed",
    )
    register = RegisterDocumentOperator(
        task_id="register",
        task_display_name="Văn thư cấp số",
        subject="Chờ văn thư cấp số",
        params={
            "number": Param("", type="string", title="Số, ký hiệu"),
            "registered_on": Param("", type="string", title="Ngày ban hành (năm-tháng-ngày)"),
            "signer": Param("", type="string", title="Người ký"),
            "signed_file": Param("", type="string", title="Tên tệp đã ký số trong thư mục văn thư"),
            "difference_reason": Param(
                None, type=["null", "string"], title="Lý do chấp nhận khác biệt (chỉ ghi khi được yêu cầu)"
            ),
        },
    )
    record_registration = PythonOperator(
        task_id="record_registration",
        task_display_name="Ghi nhận số, ngày, tệp đã ký",
        python_callable=steps.record_registration,
    )
    approve >> record_decision >> register >> record_registration

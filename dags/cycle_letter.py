"""
# Văn bản ngoài kế hoạch của đợt báo cáo

Mỗi lần chạy là một công văn **đính chính**, **thay thế**, **thu hồi** hoặc **thông báo** của một đợt báo
cáo, hoặc một báo cáo ban hành sau báo cáo đầu: **lập lại báo cáo** (thay báo cáo đã ban hành), **báo cáo bổ
sung**. Lập → dự thảo → duyệt → cấp số → ban hành, gửi bản sao qua thư điện tử đến đúng các cơ quan nhận. Số,
ngày do văn thư ghi sau khi ký.

The run only carries what the warehouse keeps: a letter or report started from the command line gets a run by
cycle_keeper. An entry that cannot stand ends the run at once with its reason, and nothing is kept of it.
"""

from __future__ import annotations

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Param
from reporting_airflow import forms, steps
from reporting_airflow.defaults import PERSISTENT
from reporting_airflow.names import LETTER_DAG, LETTER_KIND, OPEN_TASK, Tag
from reporting_airflow.operators import AwaitDocumentOperator

CYCLE = "{{ ti.xcom_pull(task_ids='" + OPEN_TASK + "') }}"
KIND = "{{ ti.xcom_pull(task_ids='" + OPEN_TASK + "', key='" + LETTER_KIND + "') }}"

with DAG(
    dag_id=LETTER_DAG,
    dag_display_name="Công văn, báo cáo ngoài kế hoạch",
    description="Một lần chạy là một công văn hoặc báo cáo ngoài kế hoạch của đợt báo cáo",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=100,
    tags={Tag.CYCLE},
    default_args=PERSISTENT,
    params={
        "cycle_id": Param("", type="string", title="Mã đợt báo cáo"),
        "family": Param(
            "erratum",
            type="string",
            enum=["erratum", "replacement", "recall", "notice", "edition", "supplement"],
            values_display={
                "erratum": "Đính chính",
                "replacement": "Thay thế",
                "recall": "Thu hồi",
                "notice": "Thông báo",
                "edition": "Lập lại báo cáo đã ban hành",
                "supplement": "Báo cáo bổ sung",
            },
            title="Loại văn bản",
        ),
        "about": Param(
            None,
            type=["null", "string"],
            title="Văn bản cần đính chính, thay thế, thu hồi (số, ký hiệu; thông báo thì để trống)",
        ),
        "place": Param(None, type=["null", "string"], title="Đính chính: vị trí (đoạn, trang, phụ lục)"),
        "printed": Param(
            None, type=["null", "string"], format="multiline", title="Đính chính: nội dung đã in"
        ),
        "corrected": Param(
            None, type=["null", "string"], format="multiline", title="Đính chính: nội dung đúng"
        ),
        "paragraphs": Param(
            None, type=["null", "string"], format="multiline", title="Nội dung công văn (mỗi dòng một đoạn)"
        ),
        "subject": Param(None, type=["null", "string"], title="Trích yếu (để trống: theo mẫu)"),
        "offices": Param(
            None,
            type=["null", "string"],
            format="multiline",
            title="Cơ quan nhận: mã tra cứu hoặc tên, mỗi dòng một cơ quan (để trống: tất cả)",
        ),
        "reason": Param(
            None, type=["null", "string"], title="Lập lại báo cáo: lý do (được in ở phần mở đầu)"
        ),
        "requested_by": Param(None, type=["null", "string"], title="Người đề nghị"),
        "kind": Param(None, type=["null", "string"], title="Chạy tiếp văn bản đã lập (để trống nếu lập mới)"),
    },
) as dag:
    opening = PythonOperator(
        task_id=OPEN_TASK, task_display_name="Lập văn bản", python_callable=forms.start_letter
    )
    draft = PythonOperator(
        task_id="draft",
        task_display_name="Dự thảo văn bản",
        python_callable=steps.draft,
        op_kwargs={"kind": KIND, "cycle_id": CYCLE},
    )
    approval = AwaitDocumentOperator(
        task_id="await_approval", task_display_name="Chờ duyệt văn bản", kind=KIND, until="approved"
    )
    registration = AwaitDocumentOperator(
        task_id="await_registration", task_display_name="Chờ cấp số văn bản", kind=KIND, until="registered"
    )
    issue = PythonOperator(
        task_id="issue",
        task_display_name="Ban hành, gửi văn bản",
        python_callable=forms.issue_letter,
        op_kwargs={"kind": KIND, "cycle_id": CYCLE},
    )
    opening >> draft >> approval >> registration >> issue

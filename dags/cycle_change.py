"""
# Thay đổi đợt báo cáo đang chạy

Lùi hạn, miễn báo cáo, tạm dừng nhắc, ghi cuộc gọi và ngày hẹn, chốt sớm, đổi ngày chốt, đổi thời hạn chung,
rút đợt, bổ sung cơ quan. Mỗi lần chạy là **một** thay đổi: kiểm tra nội dung đã nhập → xin ý kiến (khi cần)
→ thực hiện, ghi nhật ký.

What a kind of change needs, and whether somebody must agree, is data: include/cycle_changes.yaml. An entry
that cannot stand ends the run at once with everything that is to be mended; a task that is run again changes
nothing twice.
"""

from __future__ import annotations

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Param
from reporting_airflow import change_tasks
from reporting_airflow.change_tasks import ASK_TASK, AskConsentOperator
from reporting_airflow.defaults import PERSISTENT
from reporting_airflow.names import AGREE_OPTION, CHANGE_DAG, DECLINE_OPTION, NO_CHOICE, Tag


def line(title: str, section: str, description: str = "") -> Param:
    """A line of text that may stay empty."""
    return Param(None, type=["null", "string"], title=title, section=section, description=description)


def lines(title: str, section: str, description: str = "") -> Param:
    """Several lines of text that may stay empty."""
    return Param(
        None,
        type=["null", "string"],
        format="multiline",
        title=title,
        section=section,
        description=description,
    )


def choice(title: str, section: str, options: dict[str, str], *, is_needed: bool = False) -> Param:
    """One of several; the first if it `is_needed`, else none may be chosen."""
    shown = options if is_needed else {NO_CHOICE: "–"} | options
    return Param(
        next(iter(shown)), type="string", enum=list(shown), values_display=shown, title=title, section=section
    )


with DAG(
    dag_id=CHANGE_DAG,
    dag_display_name="Thay đổi đợt báo cáo đang chạy",
    description="Một lần chạy là một thay đổi của một đợt báo cáo",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=100,
    tags={Tag.CYCLE},
    default_args=PERSISTENT,
    params={
        "what": choice(
            "Nội dung thay đổi",
            "1. Thay đổi",
            {
                "extend": "Lùi hạn",
                "waive": "Miễn báo cáo",
                "pause": "Tạm dừng nhắc",
                "call": "Ghi cuộc gọi, ngày hẹn",
                "close": "Chốt sớm",
                "move_close": "Đổi ngày chốt số liệu",
                "move_deadline": "Đổi thời hạn chung",
                "withdraw": "Rút đợt báo cáo",
                "add_office": "Bổ sung cơ quan",
            },
            is_needed=True,
        ),
        "cycle_id": line("Mã đợt báo cáo", "1. Thay đổi"),
        "reason": lines("Lý do", "1. Thay đổi"),
        "day": line(
            "Ngày",
            "1. Thay đổi",
            "Thời hạn mới, ngày tạm dừng nhắc đến hết, ngày hẹn, hoặc ngày chốt mới; ví dụ 25/12/2012",
        ),
        "deadline_kind": choice(
            "Cách ghi thời hạn",
            "1. Thay đổi",
            {"through": "đến hết ngày", "before": "trước ngày"},
            is_needed=True,
        ),
        "offices": lines(
            "Cơ quan: mã tra cứu hoặc tên, mỗi dòng một cơ quan",
            "2. Cơ quan",
            "Khi bổ sung cơ quan: ghi cơ quan đã có trong đợt mà cơ quan mới báo cáo như vậy",
        ),
        "region": line("Hoặc cả vùng kinh tế - xã hội", "2. Cơ quan"),
        "group": line("Hoặc cả nhóm cơ quan", "2. Cơ quan"),
        "deliverables": lines("Nội dung báo cáo: mã, mỗi dòng một nội dung (để trống: tất cả)", "2. Cơ quan"),
        "new_office": line("Cơ quan bổ sung: tên hoặc mã", "2. Cơ quan"),
        "replaces": Param(
            False,
            type="boolean",
            title="Cơ quan đã có là gửi sai nơi, được miễn báo cáo",
            section="2. Cơ quan",
        ),
        "asked_how": choice(
            "Hình thức đề nghị",
            "3. Đề nghị và đồng ý",
            {"letter": "văn bản", "phone": "điện thoại", "mail": "thư điện tử", "ministry": "Bộ chủ động"},
        ),
        "asked_by": line("Người đề nghị, hoặc số, ngày văn bản đề nghị", "3. Đề nghị và đồng ý"),
        "agreed_by": line("Người đồng ý", "3. Đề nghị và đồng ý"),
        "agreed_on": line("Ngày đồng ý", "3. Đề nghị và đồng ý"),
        "instrument": line("Đổi thời hạn chung: văn bản ấn định thời hạn mới", "3. Đề nghị và đồng ý"),
        "confirm": choice(
            "Thông báo cho cơ quan",
            "3. Đề nghị và đồng ý",
            {"mail": "thư điện tử", "letter": "công văn (lập dự thảo trình duyệt)", "none": "không gửi"},
            is_needed=True,
        ),
        "pause_kind": choice(
            "Tạm dừng nhắc vì", "4. Tạm dừng, trao đổi", {"disaster": "thiên tai", "agreement": "lý do khác"}
        ),
        "channel": choice(
            "Hình thức trao đổi",
            "4. Tạm dừng, trao đổi",
            {
                "phone": "điện thoại",
                "zalo": "Zalo",
                "mail": "thư điện tử",
                "meeting": "trao đổi trực tiếp",
                "letter": "văn bản",
            },
        ),
        "spoke_with": line("Người trao đổi", "4. Tạm dừng, trao đổi"),
        "summary": lines("Nội dung trao đổi", "4. Tạm dừng, trao đổi"),
        "entered_by": line("Người ghi nhận (để trống: người chạy)", "5. Ghi nhận"),
    },
) as dag:
    check = PythonOperator(
        task_id="check_change",
        task_display_name="Kiểm tra nội dung đã nhập",
        python_callable=change_tasks.check_change,
    )
    ask = AskConsentOperator(
        task_id=ASK_TASK,
        task_display_name="Xin ý kiến",
        subject="Xin ý kiến về thay đổi của đợt báo cáo",
        options=[AGREE_OPTION, DECLINE_OPTION],
    )
    apply = PythonOperator(
        task_id="apply_change",
        task_display_name="Thực hiện, ghi nhật ký",
        python_callable=change_tasks.apply_change,
        trigger_rule="none_failed",
    )
    check >> ask >> apply

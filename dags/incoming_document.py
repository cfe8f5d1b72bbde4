"""
# Vào sổ văn bản đến

Mỗi lần chạy ghi nhận một văn bản của cơ quan gửi đến qua Trục liên thông văn bản hoặc bưu điện: số đến,
số, ký hiệu, ngày ký, ngày gửi, ngày nhận, người ký, thẩm quyền ký, cơ quan ban hành, tệp quét và nội dung
mà văn bản trả lời. Tệp quét đặt trước vào thư mục văn thư, hoặc chọn trong các tệp đã nhận qua thư điện tử.

Báo cáo của Sở thay cho Ủy ban nhân dân được ghi nhận; nghĩa vụ của Ủy ban nhân dân hiện "Có báo cáo của Sở,
chờ UBND" cho đến khi văn bản do Ủy ban nhân dân ký vào sổ. Biểu số liệu gửi bằng giấy kèm văn bản: nhập vào
tệp số liệu của cơ quan, đặt vào thư mục văn thư và ghi tên tệp; tệp được kiểm tra như tệp gửi qua thư.

An entry that cannot stand ends the run at once with its reason, and nothing is kept of it; the same entry
twice is one.
"""

from __future__ import annotations

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Param
from reporting_airflow import forms
from reporting_airflow.defaults import PERSISTENT
from reporting_airflow.names import Tag

with DAG(
    dag_id="incoming_document",
    dag_display_name="Vào sổ văn bản đến",
    description="Một lần chạy ghi nhận một văn bản đến",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=100,
    tags={Tag.INTAKE},
    default_args=PERSISTENT,
    params={
        "cycle_id": Param("", type="string", title="Mã đợt báo cáo"),
        "office": Param("", type="string", title="Cơ quan gửi (mã tra cứu hoặc tên)"),
        "registered_number": Param("", type="string", title="Số đến"),
        "document_number": Param("", type="string", title="Số, ký hiệu của văn bản"),
        "signed_on": Param("", type="string", title="Ngày ký (ngày/tháng/năm)"),
        "sent_on": Param(None, type=["null", "string"], title="Ngày gửi (để trống: như ngày ký)"),
        "received_on": Param("", type="string", title="Ngày nhận (ngày/tháng/năm)"),
        "signer": Param("", type="string", title="Người ký"),
        "capacity": Param(
            "GĐ",
            type="string",
            enum=["TM.", "KT.", "TL.", "TUQ.", "Q.", "GĐ"],
            values_display={
                "TM.": "TM. (thay mặt)",
                "KT.": "KT. (ký thay)",
                "TL.": "TL. (thừa lệnh)",
                "TUQ.": "TUQ. (thừa ủy quyền)",
                "Q.": "Q. (quyền)",
                "GĐ": "Thủ trưởng cơ quan",
            },
            title="Thẩm quyền ký",
        ),
        "authorisation": Param(
            None,
            type=["null", "string"],
            title="Số, ngày văn bản ủy quyền (khi ký TUQ.)",
        ),
        "issuer": Param(
            "proposed",
            type="string",
            enum=["proposed", "recipient", "department"],
            values_display={
                "proposed": "Theo ký hiệu văn bản và thẩm quyền ký",
                "recipient": "Cơ quan phải báo cáo",
                "department": "Sở báo cáo thay Ủy ban nhân dân",
            },
            title="Cơ quan ban hành",
        ),
        "file": Param(None, type=["null", "string"], title="Tên tệp quét trong thư mục văn thư (nếu có)"),
        "attachment": Param(
            None,
            type=["null", "string"],
            title="Hoặc tệp đã nhận qua thư điện tử (số thư:số tệp, ví dụ 12:2)",
        ),
        "workbook": Param(
            None,
            type=["null", "string"],
            title="Tên tệp số liệu nhập theo biểu giấy, trong thư mục văn thư (nếu có)",
        ),
        "answers": Param(
            None,
            type=["null", "string"],
            format="multiline",
            title="Trả lời nội dung nào, mỗi dòng một nội dung (để trống: văn bản duy nhất phải gửi)",
        ),
    },
) as dag:
    PythonOperator(
        task_id="register",
        task_display_name="Ghi nhận văn bản đến",
        python_callable=forms.register_incoming_document,
    )

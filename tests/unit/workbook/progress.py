"""A form with a table of numbers, an open table and a nil return, and an office that fills it in."""

from __future__ import annotations

from reporting.forms.models import Column, Form, OpenTable, Quantities, Quantity
from reporting.workbook.read import ReadWorkbook, read_workbook
from tests.unit.workbook.office import form, request_workbook

NUMBERS, TASKS = "Biểu 2", "Biểu 3"


def progress_form() -> Form:
    """The form of the marks with numbers of four kinds and a list of tasks."""
    return Form(
        **{
            **form().model_dump(),
            "code": "tien_do_thu",
            "version": "2024.1",
            "nil": "Ghi X nếu cả kỳ không có nhiệm vụ nào được giao",
            "quantities": Quantities(
                title="Kết quả thực hiện nhiệm vụ được giao",
                rows=(
                    Quantity(code="viec_xong", label="Nhiệm vụ đã hoàn thành", short_label="Hoàn thành",
                             kind="count", unit="nhiệm vụ"),
                    Quantity(code="viec_dang_lam", label="Nhiệm vụ đang thực hiện (trong hạn và quá hạn)",
                             short_label="Đang thực hiện", kind="count", unit="nhiệm vụ"),
                    Quantity(code="viec_tong", label="Tổng số nhiệm vụ được giao", short_label="Tổng số",
                             kind="count", unit="nhiệm vụ", total_of=("viec_xong", "viec_dang_lam")),
                    Quantity(code="ty_le", label="Tỷ lệ nhiệm vụ hoàn thành đúng hạn", short_label="Tỷ lệ",
                             kind="percent", unit="%"),
                    Quantity(code="kinh_phi", label="Kinh phí bố trí", short_label="Kinh phí",
                             kind="amount", unit="triệu đồng"),
                ),
            ),
            "lists": (
                OpenTable(
                    code="de_xuat", sheet=TASKS, title="Danh mục nhiệm vụ đề xuất bổ sung", rows=4,
                    columns=(
                        Column(code="noi_dung", label="Nội dung nhiệm vụ", required=True, width=44),
                        Column(code="linh_vuc", label="Lĩnh vực", kind="choice", width=20,
                               choices=("Thể chế", "Nhân lực, bồi dưỡng", "Hạ tầng")),
                        Column(code="thoi_han", label="Thời hạn hoàn thành", kind="date", width=16),
                        Column(code="kinh_phi", label="Kinh phí", kind="amount", unit="triệu đồng", width=16),
                        Column(code="van_ban", label="Văn bản giao", kind="document", width=22),
                    ),
                ),
            ),
        }
    )  # fmt: skip


def progress_request() -> bytes:
    """Its workbook, as sent."""
    return request_workbook(of_form=progress_form())


def read_progress(data: bytes, filename: str = "tra-loi.xlsx") -> ReadWorkbook:
    """The workbook, as read."""
    return read_workbook(data, filename, progress_form())

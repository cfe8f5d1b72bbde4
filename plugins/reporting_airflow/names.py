"""Names that runs, trigger rows and people's bookmarks hold on to: a public API, frozen by
tests/unit/dags.
"""

from __future__ import annotations

from enum import StrEnum

CYCLE_DAG_PREFIX = "reporting_cycle__"
APPROVAL_DAG = "document_approval"
LETTER_DAG = "cycle_letter"
OPEN_TASK = "open_cycle"
CHANGE_DAG = "cycle_change"
LETTER_KIND = "kind"
"""Key under which a run of cycle_letter keeps which letter it carries."""


class Tag(StrEnum):
    """The tags of DAGs; every DAG carries at least one."""

    CYCLE = "đợt báo cáo"
    APPROVAL = "phê duyệt"
    INTAKE = "tiếp nhận"
    MAIL = "thư điện tử"
    UPKEEP = "vận hành"


OWNER = "Đơn vị chủ trì"

APPROVE_OPTION = "Thống nhất trình ký"
SEND_BACK_OPTION = "Đề nghị chỉnh sửa"
AGREE_OPTION = "Đồng ý"
DECLINE_OPTION = "Không đồng ý"
NO_CHOICE = "-"
"""The choice of nothing in a form, which takes an empty one for missing; read by cycles/change_form."""


def cycle_dag_id(regime: str) -> str:
    """The DAG whose runs are the cycles of a regime."""
    return f"{CYCLE_DAG_PREFIX}{regime}"

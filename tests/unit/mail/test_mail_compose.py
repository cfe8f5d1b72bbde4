"""Text and HTML of a mail come from one template and say the same."""

from __future__ import annotations

import html
import re
import unicodedata
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from reporting.mail.compose import FOLDER, Composed, compose

FORBIDDEN = ("yêu cầu", "phải gửi", "phải nộp", "vi phạm", "từ chối", "bị trả lại", "bạn ", "!")
VALUES: dict[str, object] = {
    "recipient_name": "Sở Thông tin và Truyền thông tỉnh An Giang",
    "reference_code": "TTDN12-01",
    "title": "tình hình công tác",
    "unit_name": "Cục Thông tin đối ngoại",
    "ministry_name": "Bộ Thông tin và Truyền thông",
    "contact_line": "chuyên viên đầu mối",
    "filename": "Biểu <1> & 2.xlsx",
    "received_at": "9 giờ 05 phút, ngày 26/12/2012 (thứ Tư)",
    "is_renewed": False,
    "answer_before": "17 giờ 00 phút, ngày 27/12/2012 (thứ Năm)",
}


def words(composed: Composed) -> tuple[str, str]:
    """The words of both forms, without marks of lists and layout."""
    body = composed.body_html.split("<body", 1)[1].split(">", 1)[1]
    from_html = html.unescape(re.sub(r"<[^>]+>", " ", body))
    from_text = re.sub(r"(?m)^(-- |- |\d+\. )", "", composed.body_text)
    return " ".join(from_html.split()), " ".join(from_text.split())


def test_text_and_html_say_the_same() -> None:
    from_html, from_text = words(compose("system_fault", VALUES, is_rehearsal=True))
    assert from_html == from_text
    assert 'Biểu <1> & 2.xlsx"' in from_text


def test_a_value_cannot_bring_markup_or_a_list_of_its_own() -> None:
    bad = VALUES | {"filename": 'x.xlsx"\n\n- Quý Cơ quan <b>nộp</b>\n\n1. ngay'}
    composed = compose("system_fault", bad, is_rehearsal=False)
    assert "<b>" not in composed.body_html
    assert "<ul" not in composed.body_html
    assert '"x.xlsx" - Quý Cơ quan <b>nộp</b> 1. ngay"' in composed.body_text


def test_a_rehearsal_says_so_in_its_subject_and_at_its_top() -> None:
    composed = compose("system_fault", VALUES, is_rehearsal=True)
    assert composed.subject.startswith("DIỄN TẬP – [TTDN12-01] ")
    assert composed.body_text.startswith("DIỄN TẬP – ")
    live = compose("system_fault", VALUES, is_rehearsal=False)
    assert live.subject.startswith("[TTDN12-01] ")
    assert "DIỄN TẬP" not in live.body_text + live.body_html


def test_a_missing_value_is_named() -> None:
    values = {name: value for name, value in VALUES.items() if name != "filename"}
    with pytest.raises(UndefinedError, match="filename"):
        compose("system_fault", values, is_rehearsal=False)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.j2")), ids=lambda path: path.name)
def test_the_templates_keep_the_tone(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert unicodedata.is_normalized("NFC", source)
    prose = re.sub(r"\{[%#{].*?[%#}]\}|<!?[^>]*>", "", source, flags=re.DOTALL).lower()
    assert [word for word in FORBIDDEN if word in prose] == []

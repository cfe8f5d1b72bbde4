"""Findings are worded by the catalogue and can be taken apart again."""

from __future__ import annotations

import pytest

from reporting.validation.findings import compress, expand, make_finding, split_message, worst_first
from reporting.wording.catalogue import WordingError


def test_runs_of_cells_are_written_as_ranges_and_back() -> None:
    cells = ["E6", "E7", "E8", "E10", "F10", "F11"]
    assert compress(cells) == ["E6:E8", "E10", "F10", "F11"]
    assert expand(", ".join(compress(cells))) == cells


def test_a_message_says_where_what_and_how_to_mend() -> None:
    finding = make_finding(
        "mark_is_valid",
        "error",
        "cells",
        sheet="Biểu 1",
        cells=["C12"],
        label="Quy chế năm 2011",
        value_seen="a: b → c",
    )
    assert finding.message.startswith(
        'Trang "Biểu 1", ô C12 (Quy chế năm 2011): giá trị "a: b → c" không phải'
    )
    parts = split_message(finding)
    assert parts.label == "Quy chế năm 2011"
    assert parts.what == 'Giá trị "a: b → c" không phải dấu hợp lệ.'
    assert parts.mend.startswith("Đã có thì ghi X")


def test_a_long_value_is_cut_in_the_message_but_kept() -> None:
    finding = make_finding(
        "mark_is_valid", "error", "cells", sheet="Biểu 1", cells=["C12"], value_seen="rất " * 50
    )
    assert "…" in finding.message
    assert finding.value_seen == "rất " * 50


def test_a_message_without_a_place_is_taken_apart_too() -> None:
    finding = make_finding("file_is_readable", "error", "container", variant="encrypted")
    parts = split_message(finding)
    assert (parts.label, parts.what) == ("", "Tệp được đặt mật khẩu nên chưa đọc được.")


def test_errors_come_before_warnings() -> None:
    warning = make_finding("identity_is_signed", "warning", "identity", variant="foreign")
    error = make_finding("mark_is_valid", "error", "cells", sheet="Biểu 1", cells=["C1"])
    assert worst_first([warning, error]) == (error, warning)


def test_a_rule_without_words_is_a_fault_of_ours() -> None:
    with pytest.raises(WordingError, match=r"findings\.rule\.no_such_rule\.what"):
        make_finding("no_such_rule", "error", "cells")

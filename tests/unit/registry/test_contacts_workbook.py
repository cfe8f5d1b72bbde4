"""The workbook of contacts by itself: what is written is read back; addresses as entered."""

from __future__ import annotations

import io
import unicodedata
from dataclasses import asdict
from datetime import datetime
from zipfile import ZipFile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.clock import VIETNAM
from reporting.registry.contact_workbook import ExportedRow, build_contact_workbook, read_contact_workbook
from reporting.registry.contacts import Particulars, clean_address

MADE = datetime(2026, 11, 21, 9, tzinfo=VIETNAM)
HELD = Particulars("Nguyễn Thị Lan", None, "lan@so.example", "0259 300 0000", "to", 1, "active", None)
ONE_LINE = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=30
).filter(lambda words: words.isprintable())


def row(held: Particulars = HELD, number: int | None = 7, office: str = "so_tttt_an_giang") -> ExportedRow:
    return ExportedRow(office, "Sở Thông tin và Truyền thông tỉnh An Giang", number, asdict(held))


def test_what_is_written_is_read_back_with_its_places() -> None:
    empty = ExportedRow("bo_noi_vu", "Bộ Nội vụ", None, {})
    sheet = read_contact_workbook(build_contact_workbook([row(), empty], MADE), "a.xlsx", ValueError)
    full, blank = sheet.entries
    assert (full.row, full.contact_id, full.exported) == (2, 7, asdict(HELD))
    assert full.cells["role"] == "Nhận chính"
    assert full.cells["position"] == "1"
    assert sheet.cell(full, "email") == "E2"
    assert blank.is_empty
    assert blank.cells["organization_id"] == "bo_noi_vu"
    assert sheet.exported_ids == (7,)


@given(name=ONE_LINE, note=ONE_LINE)
def test_any_words_come_back_as_they_were(name: str, note: str) -> None:
    name, note = unicodedata.normalize("NFC", name), unicodedata.normalize("NFC", note)
    held = Particulars(name, note, "lan@so.example", None, "to", 1, "active", note)
    (entry,) = read_contact_workbook(build_contact_workbook([row(held)], MADE), "a.xlsx", ValueError).entries
    assert entry.exported == asdict(held)
    assert (entry.cells["display_name"], entry.cells["note"]) == (name, note)


@pytest.mark.parametrize("words", ["thong_tan_xa_viet_nam", "a_x41_b", "_x005F_", "a_xBEEF_b_x1_"])
def test_words_that_an_office_program_would_take_for_an_escape_stand_in_two_runs(words: str) -> None:
    data = build_contact_workbook(
        [row(Particulars(words, None, "a@b.example", None, "to", 1, "active", None))], MADE
    )
    (entry,) = read_contact_workbook(data, "a.xlsx", ValueError).entries
    assert entry.cells["display_name"] == words
    assert entry.exported is not None
    assert entry.exported["display_name"] == words
    with ZipFile(io.BytesIO(data)) as package:
        strings = package.read("xl/sharedStrings.xml").decode("utf-8")
    assert f"<t>{words}</t>" not in strings


def test_an_identity_that_was_damaged_is_told_as_such() -> None:
    book = openpyxl.load_workbook(io.BytesIO(build_contact_workbook([row()], MADE)))
    book["Danh bạ"].cell(2, 12).value = "{damaged"
    saved = io.BytesIO()
    book.save(saved)
    (entry,) = read_contact_workbook(saved.getvalue(), "a.xlsx", ValueError).entries
    assert (entry.contact_id, entry.exported) == (7, None)


@pytest.mark.parametrize(
    ("given_as", "kept"),
    [
        (" Lan@So.Example ", "lan@so.example"),
        ("lan@bo\u0323\u0302.example", "lan@xn--b-8xm.example"),
        ("lan.mai+bc@so-1.example", "lan.mai+bc@so-1.example"),
        ("lần@so.example", None),
        ("lan@so", None),
        ("lan mai@so.example", None),
        ("a@so.example; b@so.example", None),
        ("a@so.example\nBcc: b@so.example", None),
        ("", None),
    ],
)
def test_an_address_is_kept_as_every_server_takes_it(given_as: str, kept: str | None) -> None:
    assert clean_address(given_as) == kept

"""Contacts as officers keep them: out as a workbook, back with a preview, all or nothing, all logged."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import Engine, text

from reporting.database import engine
from reporting.registry.contacts import (
    Contact,
    ImportPlan,
    ImportRefused,
    apply_import,
    changes_logged,
    contacts,
    export_contacts,
    find_office,
    plan_import,
)
from reporting.registry.load import load
from tests.factories import owner_of
from tests.unit.cli.shell import refused, run

TODAY = date(2026, 11, 21)
FILE = "danh ba.xlsx"
OFFICE = "bo_quoc_phong"
MINISTRY = "Bộ Quốc phòng"
CODE, NAME, PERSON, TITLE, EMAIL, PHONE, ROLE, PLACE, STATE, NOTE, NUMBER, HIDDEN = range(1, 13)
Edit = Callable[[Worksheet], None]


@pytest.fixture
def warehouse(warehouse_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("AIRFLOW_CONN_REPORTING_WAREHOUSE", warehouse_url)
    from reporting.settings import settings

    settings.cache_clear()
    loaded = engine(warehouse_url)
    load(owner_of(loaded))
    yield loaded
    loaded.dispose()
    settings.cache_clear()


def exported(warehouse: Engine, group: str | None = "ministries") -> bytes:
    with warehouse.connect() as connection:
        return export_contacts(connection, on=TODAY, group=group)


def edited(data: bytes, *edits: Edit) -> bytes:
    """The workbook after an officer edited its sheet of contacts and saved it."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    for edit in edits:
        edit(book["Danh bạ"])
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def row_of(sheet: Worksheet, email: str) -> int:
    (row,) = [r for r in range(2, sheet.max_row + 1) if sheet.cell(r, EMAIL).value == email]
    return row


def put(email: str, column: int, value: object) -> Edit:
    """Write a value into the row of a contact."""

    def edit(sheet: Worksheet) -> None:
        sheet.cell(row_of(sheet, email), column).value = value  # type: ignore[assignment]

    return edit


def new_row(**values: object) -> Edit:
    """Append a row as an officer does: without hidden cells."""

    def edit(sheet: Worksheet) -> None:
        row = sheet.max_row + 1
        for column, value in values.items():
            sheet.cell(row, globals()[column]).value = value  # type: ignore[assignment]

    return edit


def of(warehouse: Engine, office: str = OFFICE) -> list[Contact]:
    with warehouse.connect() as connection:
        return contacts(connection, office, TODAY)


def first(warehouse: Engine, office: str = OFFICE) -> Contact:
    return of(warehouse, office)[0]


def planned(warehouse: Engine, data: bytes) -> ImportPlan:
    with warehouse.connect() as connection:
        return plan_import(connection, data, FILE)


def applied(warehouse: Engine, data: bytes) -> ImportPlan:
    return apply_import(warehouse, data, FILE, "Nguyễn Thị Hoa")


def log_of(warehouse: Engine, office: str = OFFICE) -> list[tuple[str, str]]:
    with warehouse.connect() as connection:
        return [(change.kind, change.email) for change in changes_logged(connection, office)][::-1]


def nothing(plan: ImportPlan) -> bool:
    return not (plan.changes or plan.problems or plan.warnings or plan.missing)


# -- export ----------------------------------------------------------------------------------------


def test_the_workbook_has_a_row_for_each_contact_and_an_empty_one_for_an_office_without(
    warehouse: Engine,
) -> None:
    with warehouse.begin() as connection:
        connection.execute(
            text("UPDATE registry.contact SET state = 'retired' WHERE organization_id = :o"), {"o": OFFICE}
        )
    sheet = openpyxl.load_workbook(io.BytesIO(exported(warehouse)))["Danh bạ"]
    assert [cell.value for cell in sheet[1]][:NOTE] == [
        "Mã cơ quan", "Tên cơ quan", "Họ tên/vai trò", "Chức vụ", "Thư điện tử", "Điện thoại", "Vai trò",
        "Thứ tự", "Trạng thái", "Ghi chú",
    ]  # fmt: skip
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    of_office = [row for row in rows if row[0] == OFFICE]
    assert [row[STATE - 1] for row in of_office] == [*["Ngừng dùng"] * (len(of_office) - 1), None]
    assert of_office[-1][:2] == [OFFICE, MINISTRY]
    assert not any(of_office[-1][2:])
    assert sheet.freeze_panes == "C2"
    assert sheet.column_dimensions["K"].hidden
    lists = {str(v.sqref): v.formula1 for v in sheet.data_validations.dataValidation}
    assert '"Nhận chính,Nhận bản sao,Cấp trên"' in lists.values()
    assert '"Đang dùng,Không nhận được thư,Ngừng dùng"' in lists.values()


def test_without_a_group_all_offices_of_the_day_are_there(warehouse: Engine) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(exported(warehouse, None)))["Danh bạ"]
    codes = {row[0].value for row in sheet.iter_rows(min_row=2)}
    with warehouse.connect() as connection:
        alive = set(
            connection.scalars(
                text(
                    "SELECT organization_id FROM registry.organization"
                    " WHERE valid_to IS NULL OR valid_to > :d"
                ),
                {"d": TODAY},
            )
        )
    assert codes == alive


def test_no_value_of_the_registry_becomes_a_formula(warehouse: Engine) -> None:
    name = '=HYPERLINK("http://a.example";"x")'
    with warehouse.begin() as connection:
        connection.execute(
            text(
                "UPDATE registry.contact SET display_name = :n, note = '+1', title = '@SUM(1)'"
                " WHERE contact_id = :c"
            ),
            {"n": name, "c": first(warehouse).contact_id},
        )
    sheet = openpyxl.load_workbook(io.BytesIO(exported(warehouse)))["Danh bạ"]
    row = row_of(sheet, first(warehouse).held.email)
    for column, value in ((PERSON, name), (NOTE, "+1"), (TITLE, "@SUM(1)")):
        cell = sheet.cell(row, column)
        assert (cell.value, cell.data_type, cell.number_format) == (value, "s", "@")
    assert nothing(planned(warehouse, exported(warehouse)))


# -- import ----------------------------------------------------------------------------------------


def test_what_nobody_edited_changes_nothing(warehouse: Engine) -> None:
    data = exported(warehouse)
    plan = planned(warehouse, edited(data))
    assert nothing(plan)
    assert plan.unchanged == sum(
        1 for row in openpyxl.load_workbook(io.BytesIO(data))["Danh bạ"].iter_rows(min_row=2) if row[4].value
    )


def test_additions_changes_and_retirements_are_previewed_written_and_logged_once(warehouse: Engine) -> None:
    main, copy = of(warehouse)[:2]
    data = edited(
        exported(warehouse),
        put(main.held.email, TITLE, "Chuyên viên"),
        put(main.held.email, PHONE, "024 3000 0000"),
        put(copy.held.email, STATE, "Ngừng dùng"),
        new_row(NAME=MINISTRY, PERSON="  Trần Văn   Bình ", EMAIL="BINH@Bo-Quoc-Phong.example"),
    )
    plan = planned(warehouse, data)
    assert plan.problems == ()
    assert plan.counts == {"added": 1, "changed": 1, "retired": 1, "reinstated": 0}
    by_kind = {change.kind: change for change in plan.changes}
    assert by_kind["changed"].differences == (("title", "", "Chuyên viên"), ("phone", "", "024 3000 0000"))
    assert by_kind["retired"].differences == (("state", "Đang dùng", "Ngừng dùng"),)
    added = by_kind["added"].after
    assert (added.display_name, added.email, added.role, added.position) == (
        "Trần Văn Bình", "binh@bo-quoc-phong.example", "to", 2,
    )  # fmt: skip
    assert log_of(warehouse) == []
    assert first(warehouse).held.title is None, "a preview writes nothing"

    applied(warehouse, data)
    assert {c.held.email: c.held.state for c in of(warehouse)} == {
        main.held.email: "active", copy.held.email: "retired", "binh@bo-quoc-phong.example": "active",
    }  # fmt: skip
    assert sorted(log_of(warehouse)) == sorted(
        [("changed", main.held.email), ("retired", copy.held.email), ("added", "binh@bo-quoc-phong.example")]
    )
    with warehouse.connect() as connection:
        logged = changes_logged(connection, OFFICE)
    assert {(change.source, change.by) for change in logged} == {(FILE, "Nguyễn Thị Hoa")}

    again = applied(warehouse, data)
    assert nothing(again), "the same file a second time"
    assert len(log_of(warehouse)) == 3


def test_a_new_address_is_a_new_contact_and_the_old_one_keeps_its_mails(warehouse: Engine) -> None:
    old = first(warehouse)
    with warehouse.begin() as connection:
        connection.execute(
            text("UPDATE registry.contact SET state = 'bouncing' WHERE contact_id = :c"),
            {"c": old.contact_id},
        )
    data = edited(exported(warehouse), put(old.held.email, EMAIL, "moi@bo-quoc-phong.example"))
    (change,) = planned(warehouse, data).changes
    assert change.is_replacement
    assert change.differences == (
        ("email", old.held.email, "moi@bo-quoc-phong.example"),
        ("state", "Không nhận được thư", "Đang dùng"),
    )
    assert "địa chỉ mới được đưa vào sử dụng ngay" in planned(warehouse, data).warnings[0]
    applied(warehouse, data)
    found = {c.held.email: c for c in of(warehouse)}
    assert found[old.held.email].held.state == "retired"
    new = found["moi@bo-quoc-phong.example"]
    assert new.contact_id != old.contact_id
    assert (new.held.state, new.held.role, new.held.position) == ("active", old.held.role, old.held.position)
    assert log_of(warehouse) == [("retired", old.held.email), ("added", "moi@bo-quoc-phong.example")]
    assert nothing(applied(warehouse, data))


def test_what_somebody_else_changed_meanwhile_is_a_conflict_and_nothing_is_written(warehouse: Engine) -> None:
    contact, other = of(warehouse)[:2]
    data = edited(
        exported(warehouse),
        put(contact.held.email, PHONE, "024 3000 0000"),
        put(other.held.email, TITLE, "Văn thư"),
    )
    with warehouse.begin() as connection:
        connection.execute(
            text("UPDATE registry.contact SET title = 'Trưởng phòng' WHERE contact_id = :c"),
            {"c": contact.contact_id},
        )
    (problem,) = planned(warehouse, data).problems
    assert 'Trang "Danh bạ", ô D' in problem
    assert 'Chức vụ: khi xuất "", hiện nay "Trưởng phòng"' in problem
    with pytest.raises(ImportRefused, match="chưa ghi nhận nội dung nào"):
        applied(warehouse, data)
    assert [c.held.title for c in of(warehouse)[:2]] == ["Trưởng phòng", None]
    assert log_of(warehouse) == []


def test_a_row_that_was_deleted_changes_nothing_and_is_told(warehouse: Engine) -> None:
    contact = first(warehouse)
    data = edited(exported(warehouse), lambda sheet: sheet.delete_rows(row_of(sheet, contact.held.email)))
    plan = applied(warehouse, data)
    assert [c.contact_id for c in plan.missing] == [contact.contact_id]
    assert plan.changes == ()
    assert first(warehouse).held.state == "active"


def test_a_row_made_by_copying_another_is_a_new_contact(warehouse: Engine) -> None:
    contact = first(warehouse)

    def copy_row(sheet: Worksheet) -> None:
        source = row_of(sheet, contact.held.email)
        sheet.append([cell.value for cell in sheet[source]])
        sheet.cell(sheet.max_row, EMAIL).value = "hai@bo-quoc-phong.example"
        sheet.cell(sheet.max_row, PERSON).value = "Lê Thị Hai"

    (change,) = planned(warehouse, edited(exported(warehouse), copy_row)).changes
    assert (change.kind, change.contact_id, change.after.email) == (
        "added",
        None,
        "hai@bo-quoc-phong.example",
    )


def test_a_retired_contact_is_used_again_by_its_row_or_by_a_new_one(warehouse: Engine) -> None:
    contact = first(warehouse)
    address = contact.held.email
    applied(warehouse, edited(exported(warehouse), put(address, STATE, "Ngừng dùng")))
    fresh = edited(
        exported(warehouse),
        lambda sheet: sheet.delete_rows(row_of(sheet, address)),
        new_row(CODE=OFFICE, PERSON=contact.held.display_name, EMAIL=address),
    )
    (change,) = planned(warehouse, fresh).changes
    assert (change.kind, change.contact_id) == ("reinstated", contact.contact_id)
    applied(warehouse, edited(exported(warehouse), put(address, STATE, "Đang dùng")))
    assert log_of(warehouse) == [("retired", address), ("reinstated", address)]


def test_columns_and_rows_may_change_places(warehouse: Engine) -> None:
    def shuffle(sheet: Worksheet) -> None:
        rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        rows = [rows[0], *rows[:0:-1]]
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(reversed(row), start=1):
                sheet.cell(number, column).value = value

    assert nothing(planned(warehouse, edited(exported(warehouse), shuffle)))


WRONG: dict[str, tuple[Edit, str, str]] = {
    "malformed": (new_row(CODE=OFFICE, PERSON="A", EMAIL="a b@c"), "E", "không phải là địa chỉ thư điện tử"),
    "with diacritics": (new_row(CODE=OFFICE, PERSON="A", EMAIL="bình@bo.example"), "E", "không dấu"),
    "no address": (new_row(CODE=OFFICE, PERSON="A"), "E", "chưa có địa chỉ"),
    "no name": (new_row(CODE=OFFICE, EMAIL="a@bo.example"), "C", "chưa ghi họ tên"),
    "no office": (new_row(PERSON="A", EMAIL="a@bo.example"), "A", "chưa ghi mã cơ quan"),
    "unknown code": (new_row(CODE="bo_quoc", PERSON="A", EMAIL="a@bo.example"), "A", "(bo_quoc_phong)"),
    "unknown name": (new_row(NAME="Bộ Quốc phog", PERSON="A", EMAIL="a@bo.example"), "B", "(bo_quoc_phong)"),
    "of another": (
        new_row(CODE=OFFICE, NAME="Bộ Ngoại giao", PERSON="A", EMAIL="a@bo.example"), "B", "Bộ Ngoại giao",
    ),
    "role": (
        new_row(CODE=OFFICE, PERSON="A", EMAIL="a@bo.example", ROLE="Chính"), "G", "Nhận chính, Nhận bản sao",
    ),
    "position": (new_row(CODE=OFFICE, PERSON="A", EMAIL="a@bo.example", PLACE="0"), "H", "số nguyên từ 1"),
    "new and retired": (
        new_row(CODE=OFFICE, PERSON="A", EMAIL="a@bo.example", STATE="Ngừng dùng"), "I", "để trống hoặc chọn",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_with_its_cell_and_the_remedy(warehouse: Engine, case: str) -> None:
    edit, column, told = WRONG[case]
    data = edited(exported(warehouse), edit)
    row = openpyxl.load_workbook(io.BytesIO(data))["Danh bạ"].max_row
    (problem,) = planned(warehouse, data).problems
    assert f'Trang "Danh bạ", ô {column}{row}: ' in problem
    assert told in problem


def test_an_address_twice_in_one_office_is_refused_and_in_two_offices_remarked(warehouse: Engine) -> None:
    twice = new_row(CODE=OFFICE, PERSON="A", EMAIL="a@bo.example")
    (problem,) = planned(warehouse, edited(exported(warehouse), twice, twice)).problems
    assert "chỉ giữ một dòng" in problem

    elsewhere = new_row(CODE="bo_ngoai_giao", PERSON="A", EMAIL=first(warehouse).held.email)
    plan = planned(warehouse, edited(exported(warehouse), elsewhere))
    assert plan.problems == ()
    (warning,) = plan.warnings
    assert MINISTRY in warning
    handed_on = put(first(warehouse).held.email, STATE, "Ngừng dùng")
    assert planned(warehouse, edited(exported(warehouse), handed_on, elsewhere)).warnings == ()


def test_an_international_domain_is_kept_as_every_server_takes_it(warehouse: Engine) -> None:
    decomposed = "tin@bo\u0302\u0323.example"
    (change,) = planned(
        warehouse, edited(exported(warehouse), new_row(CODE=OFFICE, PERSON="A", EMAIL=decomposed))
    ).changes
    assert change.after.email == "tin@xn--b-8xm.example"


def test_a_number_typed_as_telephone_is_remarked(warehouse: Engine) -> None:
    plan = planned(
        warehouse, edited(exported(warehouse), put(first(warehouse).held.email, PHONE, 2430000000))
    )
    assert plan.changes[0].after.phone == "2430000000"
    assert "có thể đã mất số 0" in plan.warnings[0]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda book: book.remove(book["Danh bạ"]), 'không có trang "Danh bạ"'),
        (lambda book: book["Danh bạ"].delete_cols(EMAIL), 'thiếu cột "Thư điện tử"'),
        (lambda book: book["Danh bạ"].cell(1, 15, "Chức vụ"), "hai cột Chức vụ"),
    ],
)
def test_a_file_that_is_no_such_workbook_is_refused(warehouse: Engine, spoil: Any, told: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(exported(warehouse)))
    spoil(book)
    saved = io.BytesIO()
    book.save(saved)
    with pytest.raises(ImportRefused, match=told):
        planned(warehouse, saved.getvalue())
    with pytest.raises(ImportRefused, match="Không đọc được tệp"):
        planned(warehouse, b"not a workbook")


def test_loading_the_registry_again_keeps_what_a_person_changed(warehouse: Engine) -> None:
    contact = first(warehouse)
    applied(warehouse, edited(exported(warehouse), put(contact.held.email, PERSON, "Nguyễn Thị Lan")))
    load(owner_of(warehouse))
    assert first(warehouse).held.display_name == "Nguyễn Thị Lan"


def test_an_office_is_found_by_id_or_name_and_otherwise_suggested(warehouse: Engine) -> None:
    with warehouse.connect() as connection:
        assert find_office(connection, OFFICE) == find_office(connection, "bộ quốc phòng") == OFFICE
        with pytest.raises(LookupError, match="bo_quoc_phong"):
            find_office(connection, "Bộ Quốc phòng thủ")
        with pytest.raises(LookupError, match="chỉ nhiều cơ quan"):
            find_office(connection, "An Giang", TODAY)


# -- from the shell --------------------------------------------------------------------------------


def test_the_shell_shows_before_it_writes_and_tells_what_it_wrote(warehouse: Engine, tmp_path: Path) -> None:
    book = tmp_path / FILE
    made = run("contact", "export", "--out", book, "--group", "ministries", "--on", "2026-11-21")
    assert made.exit_code == 0
    assert "0 cơ quan chưa có đầu mối" in made.stderr
    contact = first(warehouse)
    book.write_bytes(edited(book.read_bytes(), put(contact.held.email, PERSON, "Nguyễn Thị Lan")))
    shown = run("contact", "import", book, "--by", "Hoa")
    assert shown.exit_code == 0
    assert f"Họ tên/vai trò: {contact.held.display_name} → Nguyễn Thị Lan" in shown.stdout
    assert "Chưa ghi nhận" in shown.stdout
    assert first(warehouse).held == contact.held
    assert "Đã ghi nhận: 0 thêm, 1 sửa" in run("contact", "import", book, "--by", "Hoa", "--apply").stdout
    assert "không có thay đổi" in run("contact", "import", book, "--by", "Hoa", "--apply").stdout
    listed = json.loads(run("contact", "list", MINISTRY, "--json").stdout)
    assert listed[0]["display_name"] == "Nguyễn Thị Lan"
    assert "Nguyễn Thị Lan" in run("contact", "log", OFFICE).stdout

    book.write_bytes(edited(book.read_bytes(), put(contact.held.email, EMAIL, "x")))
    wrong = run("contact", "import", book, "--by", "Hoa", "--apply")
    assert wrong.exit_code == 2
    assert "không phải là địa chỉ thư điện tử" in wrong.stdout
    assert "chưa ghi nhận nội dung nào" in wrong.stdout
    assert "Tên gần giống" in refused("contact", "list", "Bộ Quốc phòng thủ")

"""The registry in the warehouse: loading it, rosters of a day, names written by offices."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from reporting.database import engine
from reporting.registry.load import FOLDER, RegistryDataError, load
from reporting.registry.roster import members, name_index
from tests.factories import owner_of

REQUEST_2012 = date(2012, 12, 3)
TODAY = date(2026, 11, 21)
TABLES = (
    "organization",
    "organization_name",
    "organization_code",
    "organization_region",
    "succession",
    "organization_alias",
    "group_member",
    "local_instrument",
    "contact",
)


@pytest.fixture
def warehouse(warehouse_url: str) -> Iterator[Engine]:
    loaded = engine(warehouse_url)
    load(owner_of(loaded))
    yield loaded
    loaded.dispose()


def _versions(warehouse: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Every row with the transaction that wrote it: a row written again would show."""
    with warehouse.connect() as connection:
        return {
            table: sorted(
                map(tuple, connection.execute(text(f"SELECT t.xmin::text, t::text FROM registry.{table} t")))
            )
            for table in TABLES
        }


def test_loading_again_writes_nothing(warehouse: Engine) -> None:
    before = _versions(warehouse)
    assert all(before.values())
    load(owner_of(warehouse))
    assert _versions(warehouse) == before


def test_what_left_the_files_leaves_the_tables_but_offices_and_hand_made_contacts_stay(
    warehouse: Engine, tmp_path: Path
) -> None:
    folder = tmp_path / "registry"
    shutil.copytree(FOLDER, folder)
    with warehouse.begin() as connection:
        connection.execute(
            text(
                "UPDATE registry.contact SET state = 'bouncing' WHERE email LIKE 'dau-moi@so-tttt-an-giang.%'"
            )
        )
        connection.execute(
            text(
                "INSERT INTO registry.contact (organization_id, email, display_name)"
                " VALUES ('so_tttt_an_giang', 'phong-ttdn@an-giang.example', 'Phòng TTĐN')"
            )
        )
    aliases = folder / "aliases.csv"
    aliases.write_text(
        "".join(line for line in aliases.open(encoding="utf-8") if "Sài Gòn" not in line), "utf-8"
    )
    load(owner_of(warehouse), folder)
    with warehouse.connect() as connection:
        departments = name_index(connection, REQUEST_2012, {"province_department"})
        assert departments.resolve("Sài Gòn") is None
        assert departments.resolve("TPHCM") == "so_tttt_ho_chi_minh"
        contacts = connection.execute(
            text(
                "SELECT email, state, is_sample FROM registry.contact"
                " WHERE organization_id = 'so_tttt_an_giang' ORDER BY is_sample"
            )
        ).all()
    assert [tuple(contact) for contact in contacts] == [
        ("phong-ttdn@an-giang.example", "active", False),
        ("dau-moi@so-tttt-an-giang.example", "bouncing", True),
    ]


def test_a_wrong_file_changes_nothing(warehouse: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "registry"
    shutil.copytree(FOLDER, folder)
    groups = folder / "groups.csv"
    groups.write_text(groups.read_text("utf-8").replace("bo_cong_an,2", "bo_cong_am,2"), "utf-8")
    before = _versions(warehouse)
    with pytest.raises(RegistryDataError, match=r"groups\.csv, line 3, column organization_id: 'bo_cong_am'"):
        load(owner_of(warehouse), folder)
    assert _versions(warehouse) == before


@pytest.mark.parametrize(
    ("group", "on", "count"),
    [
        ("ministries", date(2023, 8, 1), 20),
        ("ministries", TODAY, 15),
        ("government_agencies", date(2024, 5, 1), 8),
        ("government_agencies_6", date(2023, 8, 1), 6),
        ("government_agencies", TODAY, 5),
        ("provincial_committees", date(2023, 8, 1), 63),
        ("provincial_committees", date(2025, 6, 30), 63),
        ("provincial_committees", date(2025, 7, 1), 34),
        ("provincial_departments", date(2024, 5, 1), 63),
        ("provincial_departments", date(2025, 3, 1), 63),
        ("provincial_departments", TODAY, 34),
        ("provincial_departments_2012", REQUEST_2012, 63),
        ("provincial_departments_2012", date(2025, 3, 1), 0),
    ],
)
def test_a_list_has_the_members_of_its_day(warehouse: Engine, group: str, on: date, count: int) -> None:
    with warehouse.connect() as connection:
        found = members(connection, group, on)
    assert [member.position for member in found] == list(range(1, count + 1))


def test_an_unknown_list_is_refused_with_the_known_ones(warehouse: Engine) -> None:
    with (
        warehouse.connect() as connection,
        pytest.raises(LookupError, match=r"there are .*, government_agencies, "),
    ):
        members(connection, "provinces", TODAY)


def test_the_list_of_2012_is_that_of_the_tracking_table(warehouse: Engine) -> None:
    with warehouse.connect() as connection:
        found = members(connection, "provincial_departments_2012", REQUEST_2012)
    assert (found[0].name, found[0].short_name) == ("Sở Thông tin và Truyền thông tỉnh An Giang", "An Giang")
    assert [member.short_name for member in found[17:20]] == ["Điện Biên", "Đồng Nai", "Đồng Tháp"]
    assert (found[28].organization_id, found[28].short_name) == ("so_tttt_ho_chi_minh", "TP. Hồ Chí Minh")
    assert [member.short_name for member in found[-3:]] == ["Vĩnh Phúc", "Yên Bái", "Phú Yên"]


def test_committees_stand_in_the_order_of_the_letters(warehouse: Engine) -> None:
    with warehouse.connect() as connection:
        found = members(connection, "provincial_committees", date(2023, 8, 1))
        later = members(connection, "provincial_committees", TODAY)
    assert [member.name for member in found[50:51] + found[56:]] == [
        "Ủy ban nhân dân tỉnh Thừa Thiên Huế",
        "Ủy ban nhân dân tỉnh Yên Bái",
        "Ủy ban nhân dân tỉnh Phú Yên",
        "Ủy ban nhân dân Thành phố Cần Thơ",
        "Ủy ban nhân dân Thành phố Đà Nẵng",
        "Ủy ban nhân dân Thành phố Hải Phòng",
        "Ủy ban nhân dân Thành phố Hà Nội",
        "Ủy ban nhân dân Thành phố Hồ Chí Minh",
    ]
    assert [member.name for member in later if "Thành phố" in member.name][5:] == [
        "Ủy ban nhân dân Thành phố Huế",
        "Ủy ban nhân dân Thành phố Đồng Nai",
        "Ủy ban nhân dân Thành phố Quảng Ninh",
        "Ủy ban nhân dân Thành phố Bắc Ninh",
    ]


@pytest.mark.parametrize(
    ("on", "name"),
    [
        (date(2024, 12, 31), "Ủy ban nhân dân tỉnh Thừa Thiên Huế"),
        (date(2025, 1, 1), "Ủy ban nhân dân Thành phố Huế"),
    ],
)
def test_an_office_keeps_its_id_and_changes_its_name(warehouse: Engine, on: date, name: str) -> None:
    with warehouse.connect() as connection:
        found = {
            member.organization_id: member.name for member in members(connection, "provincial_committees", on)
        }
        committees = name_index(connection, on, {"province_committee"})
        assert committees.resolve("TT-Huế") == committees.resolve("Huế") == "ubnd_thua_thien_hue"
    assert found["ubnd_thua_thien_hue"] == name


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Đông Nai", "so_tttt_dong_nai"),
        ("HCM", "so_tttt_ho_chi_minh"),
        ("TPHCM", "so_tttt_ho_chi_minh"),
        ("TP. HCM", "so_tttt_ho_chi_minh"),
        ("Tp.Hồ Chí Minh", "so_tttt_ho_chi_minh"),
        ("Sài Gòn", "so_tttt_ho_chi_minh"),
        ("Huế", "so_tttt_thua_thien_hue"),
        ("TT-Huế", "so_tttt_thua_thien_hue"),
        ("BR-VT", "so_tttt_ba_ria_vung_tau"),
        ("BRVT", "so_tttt_ba_ria_vung_tau"),
        ("Bà Rịa – Vũng Tàu", "so_tttt_ba_ria_vung_tau"),
        ("Đắc Lắc", "so_tttt_dak_lak"),
        ("Đăk Lăk", "so_tttt_dak_lak"),
        ("Bắc Cạn", "so_tttt_bac_kan"),
        ("Sở TT&TT tỉnh Hoà Bình", "so_tttt_hoa_binh"),
        ("Quảng Nin", None),
        ("", None),
    ],
)
def test_names_written_by_departments_in_2012(warehouse: Engine, written: str, meant: str | None) -> None:
    with warehouse.connect() as connection:
        assert name_index(connection, REQUEST_2012, {"province_department"}).resolve(written) == meant


def test_over_all_kinds_of_office_only_a_name_that_says_the_kind_resolves(warehouse: Engine) -> None:
    with warehouse.connect() as connection:
        index = name_index(connection, REQUEST_2012)
    assert index.resolve("An Giang") is None
    assert index.resolve("UBND tỉnh An Giang") == "ubnd_an_giang"
    assert index.resolve("Sở TT&TT An Giang") == "so_tttt_an_giang"


def test_every_ministry_resolves_as_the_letters_spell_it(warehouse: Engine) -> None:
    with warehouse.connect() as connection:
        index = name_index(connection, date(2023, 8, 1))
    assert index.resolve("Bộ Văn hóa - Thể thao và Du lịch") == "bo_van_hoa_the_thao_va_du_lich"
    assert index.resolve("Bộ Tài Nguyên và Môi trường") == "bo_tai_nguyen_va_moi_truong"
    assert index.resolve("Ủy ban dân tộc") == "uy_ban_dan_toc"
    assert index.resolve("Bộ LĐ-TB&XH") == "bo_lao_dong_thuong_binh_va_xa_hoi"
    assert index.resolve("Bộ TN-MT") == "bo_tai_nguyen_va_moi_truong"


def test_codes_used_again_mean_different_offices(warehouse: Engine) -> None:
    with warehouse.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT code_set, organization_id FROM registry.organization_code"
                " WHERE code = '24' AND organization_id LIKE 'ubnd%' ORDER BY code_set"
            )
        ).all()
    assert [tuple(row) for row in rows] == [("gso34", "ubnd_bac_ninh_2025"), ("gso63", "ubnd_bac_giang")]


def test_no_alias_is_the_name_of_another_office(warehouse: Engine) -> None:
    """On any day of the registry, every alias resolves within its kind of office."""
    with (FOLDER / "aliases.csv").open(encoding="utf-8") as handle:
        spellings = [row["spelling"] for row in csv.DictReader(handle)]
    with warehouse.connect() as connection:
        for on in (REQUEST_2012, date(2024, 5, 1), date(2025, 4, 1), TODAY):
            for kind in ("ministry", "government_agency", "province_committee", "province_department"):
                index = name_index(connection, on, {kind})
                held = connection.execute(
                    text(
                        "SELECT a.spelling, a.organization_id FROM registry.organization_alias a"
                        " JOIN registry.organization o USING (organization_id)"
                        " WHERE o.kind = :kind AND o.valid_from <= :on AND coalesce(o.valid_to > :on, true)"
                    ),
                    {"kind": kind, "on": on},
                ).all()
                for spelling, organization_id in held:
                    assert spelling in spellings
                    assert index.resolve(spelling) == organization_id, (on, spelling)

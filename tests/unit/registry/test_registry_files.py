"""The registry's files agree with the letters and each other; a wrong file is refused with a remedy."""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from reporting.registry.load import FOLDER, RegistryDataError, Row, read_registry

REGISTRY = read_registry()


def _holds_on(row: Row, day: date) -> bool:
    return row.text("valid_from") <= day.isoformat() and (
        not row.text("valid_to") or row.text("valid_to") > day.isoformat()
    )


def test_offices_of_each_kind_on_the_day_of_each_letter() -> None:
    def count(day: date) -> Counter[str]:
        return Counter(row.text("kind") for row in REGISTRY.organizations if _holds_on(row, day))

    in_2012, in_2024, today = count(date(2012, 12, 3)), count(date(2024, 5, 1)), count(date(2026, 11, 21))
    assert (in_2012["province_committee"], in_2012["province_department"]) == (63, 63)
    # 20 ministries are addressed; the twenty-first is the sender
    assert in_2024 == {
        "ministry": 21,
        "government_agency": 8,
        "province_committee": 63,
        "province_department": 63,
    }
    # 14 ministries, two agencies of ministry rank, of which one is now the sender
    assert today == {
        "ministry": 16,
        "government_agency": 5,
        "province_committee": 34,
        "province_department": 34,
    }


def test_every_office_that_ended_has_a_successor_of_that_day() -> None:
    successions = {(row.text("predecessor_id"), row.text("effective_on")) for row in REGISTRY.successions}
    for office in REGISTRY.organizations:
        if office.text("valid_to"):
            assert (office.text("organization_id"), office.text("valid_to")) in successions


def test_the_34_follow_from_the_63() -> None:
    """Eleven committees go on; 52 end in 23 new ones, by the resolution."""
    day = "2025-07-01"
    merged = [
        row
        for row in REGISTRY.successions
        if row.text("effective_on") == day and row.text("predecessor_id").startswith("ubnd_")
    ]
    assert len(merged) == 52
    assert {row.text("instrument") for row in merged} == {"Nghị quyết 202/2025/QH15"}
    successors = {row.text("successor_id") for row in merged}
    assert len(successors) == 23
    assert all(successor.endswith("_2025") for successor in successors)
    assert {
        row.text("predecessor_id") for row in merged if row.text("successor_id") == "ubnd_ho_chi_minh_2025"
    } == {
        "ubnd_ba_ria_vung_tau",
        "ubnd_binh_duong",
        "ubnd_ho_chi_minh",
    }


@pytest.mark.parametrize(("code_set", "count"), [("gso63", 63), ("gso34", 34), ("iso3166_2", 63)])
def test_each_code_set_has_one_code_per_province(code_set: str, count: int) -> None:
    codes = [
        row.text("code")
        for row in REGISTRY.codes
        if row.text("code_set") == code_set and row.text("organization_id").startswith("ubnd_")
    ]
    assert len(codes) == len(set(codes)) == count


def test_seven_codes_were_used_again_for_other_provinces() -> None:
    short_name = {row.text("organization_id"): row.text("short_name") for row in REGISTRY.names}

    def provinces(code_set: str) -> dict[str, str]:
        return {
            row.text("code"): short_name[row.text("organization_id")]
            for row in REGISTRY.codes
            if row.text("code_set") == code_set and row.text("organization_id").startswith("ubnd_")
        }

    old, new = provinces("gso63"), provinces("gso34")
    assert {code: (old[code], new[code]) for code in new if old[code] != new[code]} == {
        "15": ("Yên Bái", "Lào Cai"),
        "24": ("Bắc Giang", "Bắc Ninh"),
        "44": ("Quảng Bình", "Quảng Trị"),
        "52": ("Bình Định", "Gia Lai"),
        "80": ("Long An", "Tây Ninh"),
        "82": ("Tiền Giang", "Đồng Tháp"),
        "91": ("Kiên Giang", "An Giang"),
    }


def test_six_regions_in_each_scheme() -> None:
    for scheme in ("region63", "region34"):
        assert (
            len({row.text("region") for row in REGISTRY.regions if row.text("region_scheme") == scheme}) == 6
        )


def test_departments_belong_to_the_committee_of_their_province() -> None:
    area = {row.text("organization_id"): row.text("area_id") for row in REGISTRY.organizations}
    for office in REGISTRY.organizations:
        if office.text("kind") == "province_department":
            assert area[office.text("parent_id")] == office.text("area_id") != ""


def test_every_addressee_has_a_sample_contact_that_mail_cannot_reach() -> None:
    reached = {row.text("organization_id") for row in REGISTRY.contacts if row.text("role") == "to"}
    assert reached >= {row.text("organization_id") for row in REGISTRY.groups}
    assert all(row.text("email").endswith(".example") for row in REGISTRY.contacts)
    by_office = {row.text("organization_id"): row for row in REGISTRY.contacts if row.text("role") == "to"}
    contact = by_office["so_tttt_an_giang"]
    assert (contact.text("email"), contact.text("display_name")) == (
        "dau-moi@so-tttt-an-giang.example",
        "Cán bộ đầu mối, Sở TT&TT An Giang",
    )


def test_the_life_of_each_regulation_is_that_of_the_letters() -> None:
    """2012: nine by the marks of the tracking table; late 2022: seven without, four not amended, 52 new."""

    def stages(day: date) -> Counter[str]:
        return Counter(
            row.text("stage")
            for row in REGISTRY.instruments
            if row.text("subject") == "quy_che_ttdn" and _holds_on(row, day)
        )

    assert stages(date(2011, 12, 31)) == {"qd_79": 2}
    assert stages(date(2012, 12, 31)) == {"qd_79": 9}
    assert stages(date(2022, 12, 1)) == {"none": 7, "qd_79": 4, "nd_72": 52}
    assert all(row.text("source") for row in REGISTRY.instruments)


def _replace(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "organizations.csv",
            "organization_id,kind",
            "id,kind",
            "organizations.csv, line 1: the columns must be organization_id,kind,",
        ),
        (
            "organizations.csv",
            "bo_cong_an,ministry",
            "bo_cong_an,bo",
            "organizations.csv, line 3, column kind: 'bo' is not known; write one of ministry, ",
        ),
        (
            "organizations.csv",
            "bo_cong_an,",
            "bo_quoc_phong,",
            "organizations.csv, line 3, column organization_id: the same organization_id as line 2; keep one",
        ),
        (
            "organizations.csv",
            "bo_cong_an,ministry,,,2018-02-03",
            "bo_cong_an,ministry,,,3/2/2018",
            "line 3, column valid_from: '3/2/2018' is not a date; write it as 2025-07-01",
        ),
        (
            "organizations.csv",
            "bo_cong_an,ministry,,,2018-02-03,,",
            "bo_cong_an,ministry,,,2018-02-03,2018-02-03,",
            "line 3, column valid_to: 2018-02-03 is not after valid_from",
        ),
        (
            "organizations.csv",
            "bo_cong_an,ministry,,",
            "bo_cong_an,ministry,chinh_phu,",
            "line 3, column parent_id: 'chinh_phu' is not in organizations.csv; add it there or mend it",
        ),
        (
            "organizations.csv",
            "bo_cong_an,ministry,,,",
            "bo_cong_an,ministry,,",
            "organizations.csv, line 3: 6 cells where 7 are expected",
        ),
        (
            "organization_names.csv",
            "bo_cong_an,Bộ Công an,Bộ Công an,2018-02-03,",
            "bo_cong_an,Bộ Công an,,2018-02-03,",
            "organization_names.csv, line 3, column short_name: it is empty; fill it in",
        ),
        (
            "organization_names.csv",
            "Bộ Công an,2018-02-03,",
            "Bộ Công an,2019-02-03,",
            "line 3, column valid_from: must be 2018-02-03, so that the office has one name on every day",
        ),
        (
            "organization_names.csv",
            "Bộ Công an,2018-02-03,",
            "Bộ Công an,2018-02-03,2020-01-01",
            "organization_names.csv, line 3, column valid_to: must be empty, as its office's",
        ),
        (
            "organization_names.csv",
            "bo_cong_an,Bộ Công an,Bộ Công an,2018-02-03,\n",
            "",
            "organizations.csv, line 3, column organization_id: 'bo_cong_an' has no name; add it",
        ),
        (
            "groups.csv",
            "ministries,bo_cong_an,2,",
            "ministries,bo_cong_an,1,",
            "groups.csv, line 3, column position: the same as line 2 during the same days; change one",
        ),
        (
            "groups.csv",
            "ministries,bo_cong_an,2,",
            "ministries,bo_cong_an,hai,",
            "column position: 'hai' is not a place in a list; write a whole number from 1",
        ),
        (
            "groups.csv",
            "ministries,bo_cong_an,2,2018-02-03",
            "ministries,bo_cong_an,2,2011-02-03",
            "column valid_from: the membership must lie within the life of the office, 2018-02-03 to today",
        ),
        (
            "region_schemes.csv",
            "2008-08-01,2025-07-01",
            "2008-08-01,",
            "region_schemes.csv, line 3, column valid_from: region63 of line 2 still holds then; end it by",
        ),
        (
            "organization_regions.csv",
            "ubnd_an_giang,region63",
            "ubnd_an_giang,region64",
            "column region_scheme: 'region64' is not in region_schemes.csv; write one of region34, region63",
        ),
        (
            "aliases.csv",
            ",thua_thien_hue,Huế",
            ",hue,Huế",
            "column area_id: no office of organizations.csv has the area 'hue'",
        ),
        (
            "aliases.csv",
            ",thua_thien_hue,Huế",
            ",thua_thien_hue,TT Huế",
            "column spelling: for ubnd_thua_thien_hue it is read as 'tthue', like line",
        ),
        (
            "aliases.csv",
            ",thua_thien_hue,Huế",
            "ubnd_thua_thien_hue,thua_thien_hue,Huế",
            "column organization_id: fill in either organization_id or area_id, not both or none",
        ),
        (
            "local_instruments.csv",
            "ubnd_ben_tre,quy_che_ttdn,none,7",
            "ubnd_ben_tro,quy_che_ttdn,none,7",
            "column organization_id: 'ubnd_ben_tro' is not in organizations.csv; add it there or mend it",
        ),
        (
            "local_instruments.csv",
            "ubnd_ben_tre,quy_che_ttdn,none,7",
            "ubnd_ben_tre,quy_che_ttdn,chưa có,7",
            "column stage: 'chưa có' is not a code; write small letters, digits and _, as in quy_che_ttdn",
        ),
        (
            "local_instruments.csv",
            "2011-12-31,2022-12-01,",
            "2011-12-31,2023-01-01,",
            "column valid_from: the stage of line 1",
        ),
        (
            "local_instruments.csv",
            "2011-12-31,2022-12-01,",
            "31/12/2011,2022-12-01,",
            "column valid_from: '31/12/2011' is not a date; write it as 2025-07-01",
        ),
        (
            "local_instruments.csv",
            "quy_che_ttdn,none,5,,,2022-12-01,2025-07-01",
            "quy_che_ttdn,none,5,,,2022-12-01,",
            "the stage must lie within the life of the office, 2008-08-01 to 2025-07-01",
        ),
        (
            "sample_contacts.csv",
            "dau-moi@bo-quoc-phong.example",
            "dau-moi@bo-quoc-phong.invalid",
            "is not a sample address; write it in lower case, ending in .example",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_place_and_remedy(
    tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    folder = tmp_path / "registry"
    shutil.copytree(FOLDER, folder)
    _replace(folder, file, old, new)
    with pytest.raises(RegistryDataError, match=re.escape(message)):
        read_registry(folder)


def test_a_file_that_is_missing_or_not_utf8_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "registry"
    shutil.copytree(FOLDER, folder)
    (folder / "aliases.csv").write_bytes(b"spelling\nHu\xea\xec")
    with pytest.raises(
        RegistryDataError, match=r"aliases\.csv, byte \d+: not UTF-8; save the file as CSV UTF-8"
    ):
        read_registry(folder)
    (folder / "aliases.csv").unlink()
    with pytest.raises(
        RegistryDataError, match=r"aliases\.csv: the file is missing; it holds organization_id, area"
    ):
        read_registry(folder)


def test_decomposed_letters_are_read_as_the_composed_ones(tmp_path: Path) -> None:
    folder = tmp_path / "registry"
    shutil.copytree(FOLDER, folder)
    names = folder / "organization_names.csv"
    names.write_text(unicodedata.normalize("NFD", names.read_text("utf-8")), "utf-8")
    assert [row.values for row in read_registry(folder).names] == [row.values for row in REGISTRY.names]

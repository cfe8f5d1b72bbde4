"""The letters of the ministry, generated from their regimes and the registry, equal those that it issued.

`python -m pytest tests/integration/letters/test_seed_letters.py -s` prints the figures and every difference.
In tests/data/letters the contact officers of the issued letters are replaced by their office.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from reporting.consolidation.stated import load_stated
from reporting.cycles.obligations import oblige
from reporting.cycles.opening import open_cycle
from reporting.letters.cycle import list_values, load_letter_cycle
from reporting.letters.follow_up import render_follow_up_letter
from reporting.letters.official import common_values
from reporting.letters.request import render_request_letter
from reporting.letters.text import paragraphs
from reporting.regimes.models import LetterText, load_regime
from tests.integration.letters.filled import fill
from tests.integration.letters.seed_equality import (
    Comparison,
    Difference,
    blocks,
    compare,
    issued_lines,
    list_items,
    our_lines,
)

DATA = Path(__file__).parents[2] / "data" / "letters"
REQUESTS = {
    "000": ("cthd_kl_57", "2023"),
    "001": ("ct_hanh_dong_nq_47", "2024"),
    "003": ("ke_hoach_ttdn", "2023"),
}
NAMES = [
    ("Bộ Văn hóa - Thể thao và Du lịch", "Bộ Văn hóa, Thể thao và Du lịch"),
    ("Bộ Tài Nguyên và Môi trường", "Bộ Tài nguyên và Môi trường"),
    ("Ủy ban dân tộc", "Ủy ban Dân tộc"),
    ("Bảo hiểm Xã hội Việt Nam", "Bảo hiểm xã hội Việt Nam"),
    ("Viện Hàn lâm Khoa học Xã hội Việt Nam", "Viện Hàn lâm Khoa học xã hội Việt Nam"),
]
"""Offices whose official spelling the letters of 2023 and 2024 miss: as issued, and in the registry."""
CAPITAL = ("Ủy ban quản lý vốn nhà nước tại doanh nghiệp", "Ủy ban Quản lý vốn nhà nước tại doanh nghiệp")

_MISSPELT = [
    Difference("lists", "hóa -", "hóa,"),
    Difference("lists", "Nguyên", "nguyên"),
    Difference("lists", "dân", "Dân"),
    Difference("lists", "Xã", "xã"),
    Difference("lists", "Xã", "xã"),
]
KNOWN: dict[str, list[Difference]] = {
    "000": _MISSPELT,
    "001": [*_MISSPELT, Difference("lists", "quản", "Quản")],
    # one city of a list with the word before its name, the cities of the other list without it
    "003": [Difference("body", "Thành phố", "")],
    "004": [
        Difference("national", "HOÀ", "HÒA"),
        # written by hand when it was registered
        Difference("number", "Số: 212/BTTTT-TTĐN", "Số:/BTTTT-TTĐN"),
        Difference("place_date", "18", ""),
        Difference("place_date", "01", ""),
        # the full symbol of the decision, as the letter has it elsewhere
        Difference("body", "79/QĐ-TTg", "79/2010/QĐ-TTg"),
        Difference("body", "79/QĐ-TTg", "79/2010/QĐ-TTg"),
        Difference("body", "trọng ./.", "trọng./."),
        Difference("signature", "[Handwritten signature]", ""),
        Difference("lists", "x", "X"),
        Difference("lists", "Đông", "Đồng"),
    ],
}
"""Slips of the issued letters, and what is written into them only after the draft."""


def issued(letter: str) -> list[str]:
    return issued_lines((DATA / f"seed_{letter}.txt").read_text(encoding="utf-8"))


def open_rehearsal(engine: Engine, letter: str) -> str:
    regime, period = REQUESTS[letter]
    return open_cycle(engine, load_regime(regime), period, "rehearsal")


def generated(engine: Engine, letter: str) -> tuple[list[str], list[str]]:
    """The lines of our letter, and those requests among them that the regime gives as data."""
    if letter == "004":
        cycle_id = fill(engine)
        with engine.begin() as connection:
            draft = render_follow_up_letter(connection, cycle_id, load_stated("ttdn_dia_phuong__2011_2012"))
        text_of_regime = load_regime("ttdn_dia_phuong").follow_up_letter
        assert text_of_regime is not None
        return our_lines(draft.files[0].data), given(text_of_regime, {})
    cycle_id = open_rehearsal(engine, letter)
    with engine.begin() as connection:
        draft = render_request_letter(connection, cycle_id)
        cycle = load_letter_cycle(connection, cycle_id)
        values = common_values(cycle) | list_values(connection, cycle, cycle.regime.request_letter)
    return our_lines(draft.files[0].data), given(cycle.regime.request_letter, values)


def given(letter: LetterText, values: dict[str, object]) -> list[str]:
    """The paragraphs of the requests into which nothing is filled."""
    only = letter.model_copy(update={"basis": (), "opening": (), "requests_intro": "", "closing": ()})
    marks = {name: 0 if name.endswith("_count") else f"<{name}>" for name in values}
    filled, marked = paragraphs(only, values), paragraphs(only, marks)
    return [" ".join(a.split()) for a, b in zip(filled, marked, strict=True) if a == b]


def show(letter: str, found: Comparison) -> None:
    print(f"\nletter {letter}")
    for name, ratio, (of_issued, of_ours, alike) in (
        ("generated text", found.generated_ratio, found.generated),
        ("whole letter", found.whole_ratio, found.whole),
    ):
        print(f"  {name}: {ratio:.2%} ({alike} words alike; {of_issued} as issued, {of_ours} ours)")
    for difference in found.differences:
        print(f"  {difference.block}: {difference.issued!r} is {difference.ours!r} with us")


@pytest.mark.parametrize("letter", KNOWN)
def test_the_generated_letter_is_the_issued_one_but_for_known_slips(letter: str, registered: Engine) -> None:
    ours, as_data = generated(registered, letter)
    found = compare(issued(letter), ours, as_data)
    show(letter, found)
    assert found.differences == KNOWN[letter]
    assert found.generated_ratio >= 0.98
    assert found.whole_ratio >= 0.98
    assert as_data  # requests given as data are told apart
    assert found.generated[1] < found.whole[1]


@pytest.mark.parametrize(
    ("letter", "counts", "slips"),
    [("000", [20, 6, 63], NAMES), ("001", [20, 8, 63, 63], [*NAMES, CAPITAL])],
)
def test_the_lists_of_addressees_are_equal_item_by_item(
    letter: str, counts: list[int], slips: list[tuple[str, str]], registered: Engine
) -> None:
    """Numbering begins anew in each part, headings and order are the letter's."""
    of_issued = list_items(blocks(issued(letter))["lists"])
    ours = list_items(blocks(generated(registered, letter)[0])["lists"])
    different = [(a, b) for a, b in zip(of_issued, ours, strict=True) if a != b]
    assert [(a.split(". ", 1)[1], b.split(". ", 1)[1]) for a, b in different] == slips
    numbers = [line.split(".")[0] for line in ours]
    assert numbers == [
        number
        for roman, count in zip(["I", "II", "III", "IV"], counts, strict=False)
        for number in (roman, *map(str, range(1, count + 1)))
    ]


@pytest.mark.parametrize(
    ("letter", "recipients", "obligations"),
    [
        (
            "000",
            {
                ("government_agencies_6", "owes"): 6,
                ("ministries", "owes"): 20,
                ("provincial_committees", "owes"): 63,
                ("provincial_departments", "copied"): 63,
            },
            {"signed_report": 89, "task_proposals": 89, "data_form": 89},
        ),
        (
            "001",
            {
                ("government_agencies", "owes"): 8,
                ("ministries", "owes"): 20,
                ("provincial_committees", "owes"): 63,
                ("provincial_departments", "copied"): 63,
            },
            {"implementation_plan": 91},
        ),
        (
            "003",
            {("provincial_committees", "owes"): 63, ("provincial_departments", "copied"): 63},
            {"pilot_guidance": 8, "plan": 63},
        ),
    ],
)
def test_those_who_owe_and_what_follow_from_the_regime(
    letter: str, recipients: dict[tuple[str, str], int], obligations: dict[str, int], registered: Engine
) -> None:
    cycle_id = open_rehearsal(registered, letter)
    with registered.connect() as connection:
        who = connection.execute(
            text("SELECT group_code, role, count(*) FROM cycle.recipient WHERE cycle_id = :c GROUP BY 1, 2"),
            {"c": cycle_id},
        )
        assert {(group, role): count for group, role, count in who} == recipients
        what = connection.execute(
            text(
                "SELECT deliverable, count(*) AS count FROM cycle.obligation WHERE cycle_id = :c GROUP BY 1"
            ),
            {"c": cycle_id},
        )
        assert {row.deliverable: row.count for row in what} == obligations


def test_a_committee_owes_the_review_of_its_plan_once_the_registry_knows_the_plan(registered: Engine) -> None:
    cycle_id = open_rehearsal(registered, "001")
    regime = load_regime("ct_hanh_dong_nq_47")
    with registered.connect() as connection:
        connection.execute(
            text(
                "INSERT INTO registry.local_instrument (organization_id, subject, stage, valid_from, source)"
                " VALUES ('ubnd_ha_giang', 'ke_hoach_kl_57', 'issued', '2023-10-01', 'a report'),"
                " ('ubnd_ha_nam', 'ke_hoach_kl_57', 'issued', '2024-06-01', 'after the letter')"
            )
        )
        assert oblige(connection, cycle_id, regime, regime.period("2024")) == 1
        assert connection.execute(
            text(
                "SELECT r.organization_id, o.because, o.due_at FROM cycle.obligation o"
                " JOIN cycle.recipient r USING (recipient_id) WHERE o.deliverable = 'plan_review'"
            )
        ).all() == [("ubnd_ha_giang", "ke_hoach_kl_57: issued", None)]
        assert oblige(connection, cycle_id, regime, regime.period("2024")) == 0
        connection.rollback()


def test_only_the_pilots_may_register_and_never_are_outstanding(registered: Engine) -> None:
    cycle_id = open_rehearsal(registered, "003")
    with registered.connect() as connection:
        found = connection.execute(
            text(
                "SELECT r.short_name, o.state, o.is_outstanding FROM cycle.obligation_status o"
                " JOIN cycle.recipient r USING (recipient_id)"
                " WHERE o.cycle_id = :c AND o.deliverable = 'pilot_guidance'"
            ),
            {"c": cycle_id},
        ).all()
    assert {name for name, _, _ in found} == {
        "Hà Nội", "TP. Hồ Chí Minh", "Cần Thơ", "Đà Nẵng", "Hải Phòng", "Quảng Ninh", "Thừa Thiên Huế",
        "Bà Rịa - Vũng Tàu",
    }  # fmt: skip
    assert {(state, is_outstanding) for _, state, is_outstanding in found} == {("optional", False)}


def test_the_officer_in_charge_stands_in_the_letter_where_one_is_named(registered: Engine) -> None:
    officer = "ông chuyên viên phụ trách, Cục Thông tin đối ngoại"
    cycle_id = open_cycle(registered, load_regime("cthd_kl_57"), "2023", "rehearsal", officer=officer)
    with registered.begin() as connection:
        lines = our_lines(render_request_letter(connection, cycle_id).files[0].data)
    assert [
        line for line in lines if line.endswith(f"trước ngày 26/8/2023. Chi tiết xin liên hệ: {officer}.")
    ]


def test_lists_in_the_text_are_asked_of_the_registry(registered: Engine) -> None:
    """Once a province has issued its regulation, the letter names one fewer and counts one fewer."""
    cycle_id = open_rehearsal(registered, "003")
    with registered.connect() as connection:
        connection.execute(
            text(
                "UPDATE registry.local_instrument SET stage = 'nd_72' WHERE organization_id = 'ubnd_ben_tre'"
            )
        )
        lines = our_lines(render_request_letter(connection, cycle_id).files[0].data)
        connection.rollback()
    assert any("6 tỉnh chưa ban hành" in line and line.endswith("Vũng Tàu, Đà Nẵng.") for line in lines)

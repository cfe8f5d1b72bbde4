"""Grouping what offices wrote: the same thing is said once, different things never are."""

from __future__ import annotations

import dataclasses
import random
import re
from collections import defaultdict
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rehearsal.answers import samples
from reporting.settings import INCLUDE
from reporting.summary import paraphrases, synthesis
from reporting.summary.data import Narrative
from reporting.summary.synthesis import Source, Statement, citable_statements, statements
from reporting.summary.topics import load_topics, spelt_words, topics
from tests.unit.summary.sample import table_of_2011_2012

MINISTRY = "Bộ Thông tin và Truyền thông"
SENTENCES = [sentence for section in samples().narratives.values() for sentence in section]


def _contributions() -> dict[str, Any]:
    return yaml.safe_load((INCLUDE / "rehearsal" / "contributions.yaml").read_text("utf-8"))


def narrative(office: str, body: str, section: str = "difficulties") -> Narrative:
    return Narrative(office, section, body, "Thuyết minh", "C6", "f.xlsx")


def wrote(*entries: tuple[str, str], section: str = "difficulties") -> list[Statement]:
    found = statements((narrative(o, body, section) for o, body in entries), ministry=MINISTRY)
    for statement in found:
        assert {s.organization_id for s in statement.sources} == set(statement.organization_ids)
    return found


def texts(*entries: tuple[str, str], section: str = "difficulties") -> list[str]:
    return [statement.text for statement in wrote(*entries, section=section)]


def test_lines_are_statements_without_bullets_blanks_and_closing_marks() -> None:
    body = "  - Cán bộ còn mỏng.\n\n2) Kinh phí   còn ít;\n• Chưa có trang tin\n1.2. Thiếu tài liệu\n---\n"
    assert texts(("a", body)) == [
        "Cán bộ còn mỏng",
        "Kinh phí còn ít",
        "Chưa có trang tin",
        "Thiếu tài liệu",
    ]


def test_near_duplicates_are_one_with_the_wording_most_used_and_offices_in_order() -> None:
    found = wrote(
        ("a", "Đội ngũ cán bộ chuyên trách còn mỏng"),
        ("b", "đội ngũ cán bộ chuyên trách còn mỏng."),
        ("c", "Đội ngũ cán bộ chuyên trách còn rất mỏng"),
        ("d", "đội ngũ cán bộ chuyên trách còn mỏng"),
        ("a", "Kinh phí còn ít"),
    )
    assert [(s.text, s.organization_ids, s.topic) for s in found] == [
        ("đội ngũ cán bộ chuyên trách còn mỏng", ("a", "b", "c", "d"), "can_bo"),
        ("Kinh phí còn ít", ("a",), "kinh_phi"),
    ]
    assert found[1].sources == (Source("a", "difficulties", "Thuyết minh", "C6"),)


def test_an_office_that_says_it_twice_is_counted_once() -> None:
    assert wrote(("a", "Kinh phí còn ít\nKinh phí còn ít"))[0].organization_ids == ("a",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Đề nghị Bộ tổ chức tập huấn hằng năm", "Kiến nghị: tổ chức tập huấn hằng năm."),
        ("Kính đề nghị Bộ Thông tin và Truyền thông hỗ trợ", "Đề nghị Bộ TT&TT hỗ trợ"),
        ("Đề nghị Quý Bộ hỗ trợ địa phương", "Hỗ trợ địa phương"),
        ("Đề xuất, kiến nghị Bộ hỗ trợ địa phương", "Đề nghị hỗ trợ địa phương"),
        ("Tập huấn công tác TTĐN", "Tập huấn công tác thông tin đối ngoại"),
        ("Xây dựng quy chế, kế hoạch và đề án", "Xây dựng quy chế, đề án, kế hoạch"),
        ("Kinh phí bố trí 05 tỷ đồng", "Kinh phí bố trí 5 tỷ đồng"),
        ("Tổ chức hội nghị sơ kết kỹ thuật, hoà nhập", "Tổ chức hội nghị sơ kết kĩ thuật hòa nhập"),
        ("Do biên chế không tăng nên chưa bố trí được", "Chưa bố trí do biên chế không tăng"),
        (
            "Bố trí cán bộ, kiện toàn đầu mối tại Sở và các huyện",
            "Kiện toàn đầu mối, bố trí cán bộ tại Sở và các huyện",
        ),
        ("Kinh phí bố trí còn thấp, chưa có định mức", "Kinh phí được bố trí còn thấp; chưa có định mức"),
        ("Đề nghị Bộ Nội vụ hướng dẫn cụ thể tại tỉnh", "Đề nghị Bộ Nội vụ hướng dẫn ở tỉnh"),
        ("Đề nghị Bộ sớm ban hành bộ chỉ số", "Đề nghị Bộ ban hành bộ chỉ số"),
        ("Đề nghị Chính phủ bố trí kinh phí", "Đề nghị Chính phủ:\n- Bố trí kinh phí\n- Tăng biên chế"),
    ],
)
def test_the_same_in_other_words_is_one(one: str, other: str) -> None:
    assert wrote(("a", one), ("b", other), section="proposals")[0].organization_ids == ("a", "b")


def test_a_slip_of_one_words_marks_is_none() -> None:
    right, slip = (f"Đội ngũ cán bộ {w} trách của địa phương" for w in ("chuyên", "chuyện"))
    assert wrote(("a", slip), ("b", right), ("c", right))[0].organization_ids == ("a", "b", "c")
    assert len(wrote(("a", slip), ("b", right))) == 2, "which of two is the slip cannot be known"
    assert len(wrote(("a", slip), ("b", right), ("c", right), ("d", f"Kể {'chuyện'}"))) == 3, "it is a word"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Đã tổ chức 12 lớp tập huấn", "Đã tổ chức 13 lớp tập huấn"),
        ("Đã tổ chức hai lớp tập huấn", "Đã tổ chức ba lớp tập huấn"),
        ("Kinh phí tăng từ 5 lên 10 tỷ đồng", "Kinh phí tăng từ 10 lên 5 tỷ đồng"),
        ("Tỷ lệ đạt 50%", "Tỷ lệ đạt 50"),
        ("Thực hiện Quyết định 79/2010/QĐ-TTg", "Thực hiện Quyết định 79/2010/QĐ-UBND"),
        ("Báo cáo quý I chậm", "Báo cáo quý II chậm"),
        (
            "Cán bộ chuyên trách làm công tác đối ngoại còn thiếu",
            "Cán bộ chuyên trách làm công tác đối ngoại còn đủ",
        ),
        ("Kinh phí cho công tác thông tin đối ngoại tăng", "Kinh phí cho công tác thông tin đối ngoại giảm"),
        ("Sở có bố trí cán bộ phụ trách", "Sở không bố trí cán bộ phụ trách"),
        ("Cán bộ thiếu, kinh phí đủ", "Kinh phí thiếu, cán bộ đủ"),
        ("Không tổ chức hội nghị, tập huấn", "Tập huấn, không tổ chức hội nghị"),
        ("Trung ương hỗ trợ địa phương", "Địa phương hỗ trợ Trung ương"),
        ("Tổ chức hội nghị tại Huế, tập huấn tại Vinh", "Tổ chức hội nghị tại Vinh, tập huấn tại Huế"),
        ("Do thiếu kinh phí nên chưa tập huấn", "Thiếu kinh phí do chưa tập huấn"),
        ("Chưa có quy định cụ thể", "Chưa có quy định"),
        ("Địa phương được hỗ trợ kinh phí", "Địa phương hỗ trợ kinh phí"),
        ("Đề nghị Bộ Tài chính hướng dẫn", "Đề nghị Bộ Nội vụ hướng dẫn"),
        ("Đề nghị Bộ Tài chính hướng dẫn", "Đề nghị Bộ hướng dẫn"),
        ("Đề nghị Bộ, ngành hướng dẫn", "Đề nghị hướng dẫn"),
        ("Đề nghị Chính phủ hướng dẫn", "Đề nghị hướng dẫn"),
        (
            "Thông tin về khu vực biên của các tỉnh phía Nam",
            "Thông tin về khu vực biển của các tỉnh phía Nam",
        ),
    ],
)
def test_statements_that_differ_in_what_matters_stay_apart(one: str, other: str) -> None:
    assert texts(("a", one), ("b", other), section="proposals") == [one, other]
    assert len(wrote(("a", one), ("b", other), ("c", other))) == 2


def test_having_asked_is_not_having_done() -> None:
    entries = ("a", "Đề nghị tổ chức tập huấn"), ("b", "Tổ chức tập huấn")
    assert len(wrote(*entries, section="proposals")) == 1
    assert len(wrote(*entries, section="results")) == 2


def test_what_was_done_is_the_same_with_and_without_having_been_done() -> None:
    entries = ("a", "Đã tổ chức tập huấn"), ("b", "Tổ chức tập huấn")
    assert len(wrote(*entries, section="results")) == 1
    assert len(wrote(*entries, section="proposals")) == 2


def test_an_offices_own_name_is_any_locality() -> None:
    provinces = {"a": "Cà Mau", "b": "Bà Rịa - Vũng Tàu", "c": "TP. Hồ Chí Minh", "d": "Huế"}

    def said(*bodies: tuple[str, str]) -> list[tuple[str, tuple[str, ...]]]:
        found = statements((narrative(o, body, "results") for o, body in bodies), provinces=provinces)
        return [(s.text, s.organization_ids) for s in found]

    assert said(
        ("a", "Làm video giới thiệu tỉnh Cà Mau"),
        ("b", "Làm video giới thiệu Bà Rịa-Vũng Tàu."),
        ("c", "Làm video giới thiệu Thành phố Hồ Chí Minh"),
    ) == [("Làm video giới thiệu địa phương", ("a", "b", "c"))]
    assert said(("a", "Làm video giới thiệu Cà Mau")) == [("Làm video giới thiệu Cà Mau", ("a",))]
    assert said(("a", "UBND tỉnh Cà Mau đã ban hành kế hoạch"), ("d", "Đã ban hành kế hoạch")) == [
        ("Đã ban hành kế hoạch", ("a", "d"))
    ]
    assert len(said(("a", "Phối hợp với Huế làm video"), ("b", "Phối hợp với Cà Mau làm video"))) == 2


@pytest.mark.parametrize("regime", ["de_xuat_kl_57", "tien_do_nq_47"])
def test_paraphrases_of_the_samples_are_one(regime: str) -> None:
    for section, groups in _contributions()[regime]["narratives"].items():
        entries = [
            (f"{group}.{n}", wording.format(short_name="Cà Mau", office="Sở"))
            for group, listed in enumerate(groups)
            for n, wording in enumerate(listed["wordings"])
        ]
        found = statements(
            (narrative(office, body, section) for office, body in entries),
            ministry=MINISTRY,
            provinces={office: "Cà Mau" for office, _ in entries},
        )
        assert [{o.split(".")[0] for o in s.organization_ids} for s in found if len(s.organization_ids) > 1]
        assert len(found) == len(groups), [s.text for s in found]


def test_the_offices_of_all_paraphrases_are_counted_with_the_wording_most_of_them_used() -> None:
    (found,) = wrote(
        (
            "a",
            "Công tác phối hợp trong chỉ đạo, quản lý thông tin đối ngoại giữa các ban, ngành của địa phương "
            "chưa thực sự chặt chẽ.",
        ),
        (
            "b",
            "Việc phối hợp giữa các sở, ban, ngành, đoàn thể trong chỉ đạo, quản lý thông tin đối ngoại chưa "
            "chặt chẽ.",
        ),
        (
            "c",
            most
            := "Sự phối hợp giữa các ban, ngành, đoàn thể của địa phương trong công tác thông tin đối ngoại "
            "chưa thực sự chặt chẽ",
        ),
        ("d", most),
    )
    assert (found.text, found.organization_ids) == (most, ("a", "b", "c", "d"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "Cán bộ chuyên trách công tác đối ngoại của các sở thiếu, kinh phí hoạt động hằng năm đủ",
            "Kinh phí hoạt động hằng năm thiếu, cán bộ chuyên trách công tác đối ngoại của các sở đủ",
        ),
        (
            "Mở 2 lớp tiếng Anh và 3 lớp tiếng Nhật cho cán bộ phụ trách đối ngoại của các huyện",
            "Mở 3 lớp tiếng Anh và 2 lớp tiếng Nhật cho cán bộ phụ trách đối ngoại của các huyện",
        ),
        (
            "Kinh phí mua sắm trang thiết bị nghiệp vụ đối ngoại bố trí 5 tỷ đồng năm 2023",
            "Kinh phí mua sắm trang thiết bị nghiệp vụ đối ngoại bố trí 6 tỷ đồng năm 2023",
        ),
        (
            "Đề nghị Bộ Tài chính hướng dẫn định mức chi cho sản phẩm truyền thông số bằng tiếng Anh",
            "Đề nghị Bộ Nội vụ hướng dẫn định mức chi cho sản phẩm truyền thông số bằng tiếng Anh",
        ),
        (
            "Không tổ chức hội nghị giới thiệu sản phẩm tiêu biểu, tập huấn kỹ năng truyền thông số",
            "Tập huấn kỹ năng truyền thông số, không tổ chức hội nghị giới thiệu sản phẩm tiêu biểu",
        ),
        (
            "Nguồn nhân lực hạn chế do chưa có kế hoạch đào tạo dài hạn cho cán bộ phụ trách",
            "Do nguồn nhân lực hạn chế, chưa có kế hoạch đào tạo dài hạn cho cán bộ phụ trách",
        ),
        (
            "Cán bộ làm công tác đối ngoại trình độ nghiệp vụ ngoại ngữ hạn chế, chủ yếu kiêm nhiệm",
            "Cán bộ làm công tác đối ngoại trình độ nghiệp vụ ngoại ngữ hạn chế, chủ yếu hợp đồng",
        ),
    ],
)
def test_other_things_in_the_same_words_are_no_paraphrases(one: str, other: str) -> None:
    for section in ("difficulties", "proposals"):
        assert len(wrote(("a", one), ("b", other), section=section)) == 2


@pytest.mark.parametrize(
    "nothing",
    [
        "Không có khó khăn, vướng mắc",
        "Không gặp khó khăn, vướng mắc gì.",
        "Đơn vị không gặp khó khăn, vướng mắc trong quá trình triển khai thực hiện",
        "Không phát sinh vướng mắc",
        "Hiện nay, địa phương chưa có đề xuất, kiến nghị gì thêm",
        "Không có tồn tại, hạn chế",
    ],
)
def test_having_nothing_to_say_is_no_statement(nothing: str) -> None:
    for section in ("results", "difficulties", "causes", "proposals"):
        assert texts(("a", f"- {nothing}\n- Kinh phí còn ít"), section=section) == ["Kinh phí còn ít"]


@pytest.mark.parametrize(
    "something",
    [
        "Không có kinh phí",
        "Chưa triển khai nhiệm vụ",
        "Không có hạn chế thời gian",
        "Còn khó khăn, vướng mắc",
    ],
)
def test_lacking_something_is_a_statement(something: str) -> None:
    assert texts(("a", something)) == [something]


def test_abbreviations_are_written_out_in_what_the_report_quotes() -> None:
    said = texts(("a", "Tập huấn TTĐN; báo cáo 05/BC-TTĐN"), ("b", "TTĐN là lĩnh vực mới"))
    assert said == [
        "Tập huấn thông tin đối ngoại; báo cáo 05/BC-TTĐN",
        "Thông tin đối ngoại là lĩnh vực mới",
    ]


@pytest.mark.parametrize(
    ("topic", "text"),
    [
        ("bao_chi", "Phối hợp đón, hướng dẫn các đoàn phóng viên nước ngoài đến tác nghiệp tại địa phương"),
        ("bao_chi", "Xây dựng, duy trì chuyên trang tiếng nước ngoài giới thiệu chính sách của ngành"),
        ("can_bo", "Cán bộ làm công tác thông tin đối ngoại còn mỏng, kiêm nhiệm, trình độ ngoại ngữ và "
                   "nghiệp vụ còn hạn chế"),
        ("kinh_phi", "Đề nghị Bộ Tài chính hướng dẫn mục chi riêng cho công tác thông tin đối ngoại"),
        ("noi_dung", "Đề nghị Chính phủ sớm ban hành Chương trình hành động, phân công rõ cơ quan phối hợp"),
        ("van_ban", "Chưa có hướng dẫn cụ thể về việc này"),
    ],
)  # fmt: skip
def test_a_statement_belongs_to_what_it_is_about(topic: str, text: str) -> None:
    assert load_topics().topic_of(text) == topic


def test_headings_greetings_and_empty_words_are_no_statements() -> None:
    body = """
    Kính gửi: Bộ Thông tin và Truyền thông
    I. KHÓ KHĂN, VƯỚNG MẮC
    1. Khó khăn, vướng mắc:
    Về kinh phí:
    - Kinh phí còn ít.
    2. Đề xuất
    Không có.
    Trên đây là báo cáo của tỉnh, kính trình Bộ xem xét.
    Trân trọng cảm ơn!
    Nơi nhận: Như trên; Lưu: VT
    """
    assert texts(("a", body)) == ["Kinh phí còn ít"]
    assert texts(("a", "KINH PHÍ CÒN ÍT\nTHIẾU CÁN BỘ")) == ["KINH PHÍ CÒN ÍT", "THIẾU CÁN BỘ"], "no headings"
    assert texts(("a", "Khó khăn chung:")) == ["Khó khăn chung:"], "it introduces nothing"


def test_a_paragraph_is_parted_only_where_another_thing_is_asked_for() -> None:
    body = "Đề nghị Bộ tập huấn. Mỗi năm một lớp. Kiến nghị Chính phủ bố trí kinh phí. Trân trọng cảm ơn."
    assert texts(("a", body), section="proposals") == [
        "Đề nghị Bộ tập huấn. Mỗi năm một lớp",
        "Kiến nghị Chính phủ bố trí kinh phí",
    ]
    leaning = "Cán bộ còn mỏng; trình độ còn hạn chế. Do đó triển khai chậm"
    assert texts(("a", leaning)) == [leaning]


def test_whom_a_heading_asks_is_part_of_each_line_under_it() -> None:
    body = (
        "1. Đề nghị Chính phủ:\n- Bố trí kinh phí\n- Tăng biên chế\n2. Tập huấn cán bộ\n- Đề nghị Bộ hỗ trợ"
    )
    assert texts(("a", body), section="proposals") == [
        "Đề nghị Chính phủ: Bố trí kinh phí",
        "Đề nghị Chính phủ: Tăng biên chế",
        "Tập huấn cán bộ",
        "Đề nghị Bộ hỗ trợ",
    ]


def test_nothing_written_is_nothing_said() -> None:
    assert wrote() == []
    assert wrote(("a", " \n - \n")) == []


def test_every_topic_has_a_sample_and_the_rest_goes_to_the_last() -> None:
    sentences = [*SENTENCES, "Chưa có bộ chỉ số để đo lường hiệu quả"]
    assert {s.topic for s in wrote(*(("a", sentence) for sentence in sentences))} == {
        topic.code for topic in topics()
    }
    assert wrote(("a", "Thời gian triển khai ngắn"))[0].topic == topics()[-1].code
    assert wrote(("a", "Cơ sở dữ liệu được xây dựng"))[0].topic == "cong_nghe"


def test_only_words_that_may_be_cited_are_put_together() -> None:
    data = table_of_2011_2012()
    one, other = (o.organization_id for o in data.offices[:2])
    told = (
        narrative(one, "Kinh phí còn ít"),
        dataclasses.replace(narrative(other, "Kinh phí còn ít"), is_citable=False),
        narrative(other, "Đề nghị hỗ trợ", "proposals"),
    )
    data = dataclasses.replace(data, narratives=told)
    assert [s.organization_ids for s in citable_statements(data, "difficulties")] == [(one,)]


# --- properties

_NOISE = {
    "prefix": st.sampled_from(["", "- ", "1. ", "Đề nghị ", "Kiến nghị Bộ ", "đề nghị Bộ "]),
    "end": st.sampled_from(["", ".", ";", " ./."]),
}
_WORDS = sorted({word.strip(".,;") for sentence in SENTENCES for word in sentence.split()})


@st.composite
def lines(draw: st.DrawFn) -> str:
    sentence = draw(
        st.one_of(
            st.sampled_from(SENTENCES),
            st.lists(
                st.sampled_from([*_WORDS, "không", "thiếu", "5", "12,5%", "hai"]), min_size=1, max_size=8
            ).map(" ".join),
            st.text(alphabet="aăâđêôơưạảếộkBĐ 0123456789.,;:()-/%&\u0301", min_size=1, max_size=30),
        )
    )
    return f"{draw(_NOISE['prefix'])}{sentence}{draw(_NOISE['end'])}"


bodies = st.lists(st.lists(lines(), max_size=4).map("\n".join), max_size=6)


def _decided(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Numbers, and decisive words, in no order: what a cause does comes first, wherever the cause stands.
    Without "còn" where what is scarce follows, "trong", and phrases as "nước ngoài", which decide nothing.
    """
    folding = load_topics().folding
    scarce = "|".join(folding.saying_as_much.values())
    phrases = "|".join(folding.deciding_nothing)
    text = re.sub(rf"(?i)(?<!\w)(?:còn\W+(?={scarce})|(?:trong|{phrases})(?!\w))", "", text)
    reader = synthesis._Reader(folding, load_topics().left_out, MINISTRY, {})
    numbers = tuple(n.lstrip("0").rstrip(".,/-–") or "0" for n in re.findall(r"\d[\w./,\-–%]*", text))
    return tuple(sorted(numbers)), tuple(
        sorted(word for word in reader._words(text) if word in folding.decisive_words)
    )


@settings(max_examples=150, deadline=None)
@given(bodies)
def test_every_line_lands_in_one_statement_and_every_wording_was_written(bodies: list[str]) -> None:
    reader = synthesis._Reader(load_topics().folding, load_topics().left_out, MINISTRY, {})
    given_lines = [
        line for n, body in enumerate(bodies) for line in reader.lines(narrative(str(n), body, "proposals"))
    ]
    found = statements((narrative(str(n), b, "proposals") for n, b in enumerate(bodies)), ministry=MINISTRY)
    offices = defaultdict(set)
    for statement in found:
        offices[statement.text] |= set(statement.organization_ids)
    assert len(offices) == len(found), "no wording is shown twice"
    written = {load_topics().folding.with_full_words(line.text) for line in given_lines}
    assert set(offices) <= written
    for office in {line.source.organization_id for line in given_lines}:
        assert any(office in s.organization_ids for s in found)
    groups = synthesis._Groups(load_topics().folding)
    for line in given_lines:
        groups.add(line)
    assert sorted(line.text for group in groups.joined() for line in group) == sorted(
        line.text for line in given_lines
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(lines(), max_size=5))
def test_only_headings_greetings_and_what_says_nothing_is_left_out(body: list[str]) -> None:
    """Each line with a letter, alone, is a statement, or one of those that include/topics.yaml leaves out."""
    for line in body:
        kept = texts(("a", line), section="proposals")
        words = re.findall(r"[^\W\d_]+", line)
        if words and not kept:
            bare = " ".join(words).casefold()
            left_out = load_topics().left_out
            assert (
                bare in left_out.whole_lines
                or bare.startswith(left_out.beginnings)
                or left_out.nothing_to_say.says(spelt_words(line))
            ), line


@settings(max_examples=100, deadline=None)
@given(bodies, st.randoms(use_true_random=False))
def test_the_order_of_offices_does_not_change_the_groups(bodies: list[str], shuffled: random.Random) -> None:
    entries = [(str(n), body) for n, body in enumerate(bodies)]
    other = shuffled.sample(entries, len(entries))

    def groups(of: list[tuple[str, str]]) -> set[frozenset[str]]:
        return {frozenset(s.organization_ids) for s in wrote(*of)}

    assert groups(entries) == groups(other)


@settings(max_examples=150, deadline=None)
@given(bodies)
def test_folding_never_joins_other_numbers_or_decisive_words(bodies: list[str]) -> None:
    folding = load_topics().folding
    reader = synthesis._Reader(folding, load_topics().left_out, MINISTRY, {})
    groups = synthesis._Groups(folding)
    for n, body in enumerate(bodies):
        for line in reader.lines(narrative(str(n), body)):
            groups.add(line)
    for group in groups.joined():
        assert len({_decided(line.text) for line in group}) == 1, [line.text for line in group]


def test_work_grows_with_the_lines_and_not_with_their_square(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = 0
    is_slip = synthesis.is_slip

    def counting(*arguments: int) -> bool:
        nonlocal counted
        counted += 1
        return is_slip(*arguments)

    monkeypatch.setattr(synthesis, "is_slip", counting)

    def comparisons(count: int) -> int:
        nonlocal counted
        counted = 0
        chosen = random.Random(count)
        vowels = "aàáảãạăằắẳẵặâầấẩẫậ"
        # the worst there is: every line like every other but for the marks of its words
        wrote(
            *(
                (f"o{n}", " ".join(f"x{chosen.choice(vowels)}t{chosen.choice(vowels)}" for _ in range(8)))
                for n in range(count)
            )
        )
        wrote(
            *((f"o{n}", f"Thống kê nội dung x{vowels[n % 18]}t{vowels[n // 18 % 18]}a") for n in range(count))
        )
        return counted

    few, many = comparisons(300), comparisons(3000)
    assert many <= 8 * 3000 * 2
    assert many <= 12 * max(few, 300)


def test_paraphrases_are_sought_among_those_that_share_a_rare_word(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = 0
    same = paraphrases.same

    def counting(one: paraphrases.Wording, other: paraphrases.Wording) -> bool:
        nonlocal counted
        counted += 1
        return same(one, other)

    monkeypatch.setattr(paraphrases, "same", counting)

    def comparisons(count: int) -> int:
        nonlocal counted
        counted = 0
        chosen = random.Random(count)
        words = [f"{a}{b}n" for a in "bcdghklmnpqrstvx" for b in "aeiouy"]
        wrote(*((f"o{n}", " ".join(chosen.sample(words, 12))) for n in range(count)))
        wrote(*((f"o{n}", f"{' '.join(words[:12])} {n}") for n in range(count)))
        return counted

    assert comparisons(3000) <= 12 * max(comparisons(300), 3000)

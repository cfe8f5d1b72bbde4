"""Charts for print and tile grids: nothing overlaps, nothing is cut, the same values give the same bytes."""

from __future__ import annotations

import csv
import dataclasses
import io
import itertools
import struct
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import matplotlib as mpl
import pytest
from matplotlib.image import imread

from reporting.registry.load import read_registry
from reporting.summary import charts, drawing, tile_grid
from reporting.summary.charts import Series
from reporting.summary.data import Previous, PreviousFigure, SummaryData
from reporting.summary.drawing import Drawing, Text
from reporting.summary.pictures import score_picture
from reporting.summary.report import report_sections
from tests.unit.summary.sample import table_of_2011_2012

SHORT = ("QPPL", "Quy chế", "Kế hoạch", "Tập huấn", "Đề án", "Phối hợp BĐBP")
LONG = (
    "Số văn bản quy phạm pháp luật, văn bản chỉ đạo, điều hành về thông tin đối ngoại",
    "Quy chế quản lý nhà nước về thông tin đối ngoại",
    "Kế hoạch hoạt động thông tin đối ngoại hằng năm",
    "Kinh phí thực hiện",
    "Số lượng tin, bài, phóng sự, chuyên mục bằng tiếng nước ngoài đăng, phát trên báo chí của địa phương",
    "Cộng hòa xã hội chủ nghĩa Việt Nam/Thông-tin-đối-ngoại-không-có-khoảng-trắng-nào-để-xuống-dòng",
)
REGIONS = {
    "Trung du và miền núi phía Bắc": (14, 14),
    "Đồng bằng sông Hồng": (10, 11),
    "Bắc Trung Bộ và Duyên hải miền Trung": (13, 14),
    "Tây Nguyên": (0, 5),
    "Đông Nam Bộ": (6, 6),
    "Đồng bằng sông Cửu Long": (12, 13),
}
TITLE = (
    "Số địa phương đã ban hành văn bản, có hoạt động thông tin đối ngoại theo từng nội dung của biểu theo dõi"
)


def overlapping(drawn: Drawing) -> list[tuple[str, str]]:
    """Pairs of texts that run into each other."""

    def cross(one: Text, other: Text) -> bool:
        (a, b, c, d), (e, f, g, h) = one.box, other.box
        slack = 0.02
        return a < g - slack and e < c - slack and b < h - slack and f < d - slack

    return [(o.words, p.words) for o, p in itertools.combinations(drawn.texts, 2) if cross(o, p)]


def assert_readable(drawn: Drawing) -> None:
    assert overlapping(drawn) == []
    for one in drawn.texts:
        left, top, right, bottom = one.box
        assert left >= -0.01, one.words
        assert top >= -0.01, one.words
        assert right <= drawn.width + 0.01, one.words
        assert bottom <= drawn.height + 0.01, one.words
        assert one.size >= 6
    for box in drawn.boxes:
        assert box.x >= -0.02
        assert box.x + box.width <= drawn.width + 0.02


def series(count: int, years: Sequence[int]) -> list[Series]:
    values = [63, 0, None, 7, 1_234_567, Decimal("12.5")]
    return [Series(f"Năm {y}", [values[(n + y) % len(values)] for n in range(count)]) for y in years]


@pytest.mark.parametrize("count", [1, 6, 15, 40])
@pytest.mark.parametrize("years", [(2012,), (2011, 2012), (2010, 2011, 2012)])
@pytest.mark.parametrize("labels", [SHORT, LONG])
def test_labels_and_numbers_of_bars_neither_overlap_nor_are_cut(
    count: int, years: tuple[int, ...], labels: tuple[str, ...]
) -> None:
    named = [labels[n % len(labels)] for n in range(count)]
    for with_total in (False, True):
        drawn = charts.bars(TITLE, named, series(count, years), unit="triệu đồng", with_total=with_total)
        assert_readable(drawn)
        if labels is SHORT or count <= 15:
            assert drawn.height <= 24.7, "it stands on one page"
    words = " ".join(t.words for t in drawn.texts).replace("- ", "-")
    assert "1.234.567" in words or count < 6
    assert "–" in words
    assert "Tổng cộng" in words


def test_change_is_written_beside_the_bars() -> None:
    drawn = charts.bars(
        TITLE, LONG[:4], [Series("2011", [3, 5, None, 7]), Series("2012", [10, 5, 4, Decimal("2.5")])],
        with_change=True,
    )  # fmt: skip
    assert_readable(drawn)
    right = [t.words for t in drawn.texts if t.align == "right" and t.is_bold]
    assert right == ["+7", "0", "–", "−4,5"]


def test_the_total_is_that_of_the_known_values() -> None:
    drawn = charts.bars("", ["a", "b", "c"], [Series("2024", [0.1, 0.2, None])], with_total=True)
    assert [t.words for t in drawn.texts if t.is_bold] == ["Tổng cộng", "0,3"]


def test_rates_of_regions_are_readable() -> None:
    reported, asked = zip(*REGIONS.values(), strict=True)
    drawn = charts.rates(TITLE, list(REGIONS), reported, asked)
    assert_readable(drawn)
    written = [t.words for t in drawn.texts]
    assert "13/14 (92,9%)" in written
    assert "14/14 (100%)" in written
    assert "0/5 (0%)" in written
    assert charts.rates("", ["a"], [0], [0]).texts[-1].words == "–"


def test_wrong_values_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one label"):
        charts.bar_by_indicator("x", [], [Series("2012", [])])
    with pytest.raises(ValueError, match="with a value for each"):
        charts.bar_by_indicator("x", ["a", "b"], [Series("2012", [1])])
    with pytest.raises(ValueError, match="more reported than were asked"):
        charts.rate_by_region("x", ["a"], [3], [2])
    with pytest.raises(ValueError, match="one of each"):
        charts.rate_by_region("x", ["a"], [3], [2, 2])


def test_the_same_values_give_the_same_bytes_16_cm_wide_at_200_dpi() -> None:
    def drawn() -> bytes:
        return charts.bar_by_indicator(TITLE, SHORT, series(6, (2011, 2012)), unit="địa phương")

    png = drawn()
    assert png == drawn()
    with mpl.rc_context({"font.size": 30, "text.color": "red", "savefig.dpi": 50, "lines.linewidth": 9}):
        assert png == drawn(), "a reader's own settings change nothing"
    chunks, place = {}, 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        chunks[png[place + 4 : place + 8]] = png[place + 8 : place + 8 + length]
        place += length + 12
    assert set(chunks) == {b"IHDR", b"pHYs", b"IDAT", b"IEND"}, "no date, no software"
    assert struct.unpack(">II", chunks[b"IHDR"][:8])[0] == round(16 / 2.54 * 200)
    assert struct.unpack(">II", chunks[b"pHYs"][:8]) == (7874, 7874)


def test_series_are_told_apart_in_black_and_white() -> None:
    for shades in charts._SHADES.values():
        greys = [0.3 * int(s[1:3], 16) + 0.59 * int(s[3:5], 16) + 0.11 * int(s[5:], 16) for s in shades]
        assert all(light - dark > 40 for light, dark in itertools.pairwise(greys))


def test_without_any_other_font_matplotlibs_own_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.font_manager import FontManager, fontManager

    def only_its_own(self: FontManager, wanted: object, **_: object) -> str:
        family = wanted.get_family()[0]  # type: ignore[attr-defined]
        found = [
            f.fname
            for f in fontManager.ttflist
            if f.name == family and f.fname.startswith(mpl.get_data_path())
        ]
        if not found:
            raise ValueError(family)
        return found[0]

    def forget() -> None:
        for cached in (drawing._font, drawing._measure, drawing._width_at_10):
            cached.cache_clear()

    monkeypatch.setattr(FontManager, "findfont", only_its_own)
    forget()
    try:
        assert "DejaVuSerif" in drawing._font(False)
        assert_readable(charts.bars(TITLE, LONG, series(6, (2011, 2012)), unit="địa phương"))
        assert_readable(tile_grid.value_tiles({}, TITLE, on=date(2012, 12, 31)))
    finally:
        monkeypatch.undo()
        forget()


def test_nothing_of_matplotlib_is_imported_before_a_chart_is_drawn() -> None:
    code = (
        "import sys, reporting.summary.charts, reporting.summary.tile_grid;"
        "sys.exit('matplotlib' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}).returncode == 0
    )


def test_the_report_draws_what_changed_since_the_last_period() -> None:
    data = table_of_2011_2012()
    figures = tuple(PreviousFigure(i.code, None, None, 20) for i in data.form.indicators)
    past = Previous("c", "kỳ trước", date(2009, 1, 1), date(2010, 12, 31), 63, 50, figures)

    def pictures(data: SummaryData) -> list[bytes]:
        blocks = [b for s in report_sections(data) if s.code == "changes" for b in s.blocks]
        return [b.draw() for b in blocks if b.kind == "picture" and b.draw is not None]

    assert pictures(data) == []
    (drawn,) = pictures(dataclasses.replace(data, previous=past))
    now = [data.distinct[i.code] for i in data.form.indicators]
    assert drawn == charts.change_by_indicator(
        "Số tỉnh, thành phố có từng nội dung: kỳ trước và kỳ này",
        [i.short_label for i in data.form.indicators],
        Series("Kỳ trước", [20] * len(now)),
        Series("Kỳ này", now),
        unit="tỉnh, thành phố",
    )


# --- tile grids


@pytest.mark.parametrize(("on", "count"), [(date(2012, 12, 31), 63), (date(2025, 12, 31), 34)])
def test_every_province_of_the_day_has_one_tile(on: date, count: int) -> None:
    there = {
        row.text("area_id")
        for row in read_registry().organizations
        if row.text("kind") == "province_committee"
        and row.text("valid_from") <= on.isoformat()
        and (not row.text("valid_to") or on.isoformat() < row.text("valid_to"))
    }
    file = tile_grid.FOLDER / f"region{count}.csv"
    rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8"))))
    assert len(rows) == len({row["area_id"] for row in rows}) == count
    assert {row["area_id"] for row in rows} == there
    assert len({(row["row"], row["column"]) for row in rows}) == count
    assert set(tile_grid.layout(on)) == there


def offices(on: date) -> list[str]:
    return [
        row.text("organization_id")
        for row in read_registry().organizations
        if row.text("kind") == "province_committee" and row.text("area_id") in tile_grid.layout(on)
        and row.text("valid_from") <= on.isoformat()
        and (not row.text("valid_to") or on.isoformat() < row.text("valid_to"))
    ]  # fmt: skip


@pytest.mark.parametrize("on", [date(2012, 12, 31), date(2025, 12, 31)])
def test_names_and_values_stand_within_their_tiles(on: date) -> None:
    given = offices(on)
    values = {o: Decimal(n * 12345) / 10 for n, o in enumerate(given[1:])}
    drawn = tile_grid.value_tiles(values, TITLE, on=on)
    assert_readable(drawn)
    tiles = [b for b in drawn.boxes if b.width == tile_grid._TILE_WIDTH]
    assert len(tiles) == len(given)
    for box in tiles:
        inside = [
            t for t in drawn.texts
            if box.x <= (t.box[0] + t.box[2]) / 2 <= box.x + box.width and box.y <= t.y <= box.y + box.height
        ]  # fmt: skip
        assert inside
        for text in inside:
            assert box.x <= text.box[0]
            assert text.box[2] <= box.x + box.width
    words = {t.words for t in drawn.texts}
    assert {"Hà Nội", "Cà Mau", "Không có số liệu"} <= words
    assert ("Thừa Thiên Huế" in words) is (on.year == 2012)


def test_states_are_shaded_and_named_and_departments_stand_for_their_province() -> None:
    labels = {"on_time": "Đúng hạn", "late": "Chậm", "missing": "Chưa báo cáo"}
    drawn = tile_grid.state_tiles(
        {"so_tttt_an_giang": "late", "so_tttt_ha_noi": "missing"}, "Tình hình", labels, on=date(2012, 12, 31)
    )
    assert_readable(drawn)
    assert {*labels.values(), "Không có số liệu"} <= {t.words for t in drawn.texts}
    shades = {b.fill for b in drawn.boxes if b.width == tile_grid._TILE_WIDTH}
    assert len(shades) == 3, "two states and no value"
    assert tile_grid.province_states(
        {"so_tttt_an_giang": "late"}, "", labels, on=date(2012, 12, 31)
    ) == tile_grid.province_states({"so_tttt_an_giang": "late"}, "", labels, on=date(2012, 12, 31))


def test_offices_without_a_tile_of_their_own_are_refused() -> None:
    day = date(2012, 12, 31)
    with pytest.raises(ValueError, match="no tile of its own"):
        tile_grid.province_tiles({"bo_cong_an": 1}, "", on=day)
    with pytest.raises(ValueError, match="no tile of its own"):
        tile_grid.province_tiles({"ubnd_an_giang": 1, "so_tttt_an_giang": 2}, "", on=day)
    with pytest.raises(ValueError, match="have no label"):
        tile_grid.province_states({"ubnd_an_giang": "x"}, "", {"y": "Y"}, on=day)


def test_a_tile_grid_is_a_picture() -> None:
    png = tile_grid.province_tiles({"ubnd_ha_noi": 3, "ubnd_ca_mau": None}, "Số lớp", on=date(2012, 12, 31))
    height, width, _ = imread(io.BytesIO(png)).shape
    assert 800 < width < 1300
    assert height > width


def test_points_of_the_offices_are_drawn_where_enough_of_them_have_a_tile() -> None:
    data = table_of_2011_2012(silent=["Hà Giang"])
    assert score_picture(data) is None, "these offices are no known ones"
    known = {
        row.text("short_name"): row.text("organization_id")
        for row in read_registry().names
        if row.text("organization_id").startswith("so_tttt_")
    }
    offices = tuple(dataclasses.replace(o, organization_id=known[o.short_name]) for o in data.offices)
    drawn = score_picture(dataclasses.replace(data, offices=offices))
    assert drawn is not None
    fewer = score_picture(dataclasses.replace(data, offices=offices[1:]))
    assert fewer is not None
    assert fewer != drawn

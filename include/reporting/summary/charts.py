"""Charts of a report, drawn for print: 16 cm wide, 200 dpi, one hue that also reads in black and white.

Titles, names and units are given by the caller; numbers are written at the bars. The same values give the
same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from reporting.summary.drawing import (
    FAINT,
    GREY,
    PAPER,
    Drawing,
    balanced,
    line_height,
    width_of,
    wrapped,
)
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import number

WIDTH = 16.0
"""Centimetres: the text width of a page by Decree 30/2020."""
_LEFT, _RIGHT = 0.04, WIDTH - 0.08
Value = int | float | Decimal | None
_SHADES = {1: ("#2f5d8a",), 2: ("#c3d0dd", "#2f5d8a"), 3: ("#dde4ec", "#8fa9c3", "#2f5d8a")}
EDGE = "#56708a"
_TITLE, _LABEL, _NUMBER = 10.5, 9.0, 8.5
_SMALL_LABEL, _SMALL_NUMBER = 7.5, 7.5
_MOST_LABEL = 6.2
_GAP = 0.2
_TALL = 13.0
"""Beyond this height the bars of a label stand beside each other, a column for each year."""
_CROWDED = 20
"""From so many labels on, small type."""


@dataclass(frozen=True)
class Series:
    """Values under one name, such as a year; as many as there are labels. None: no figure."""

    name: str
    values: Sequence[Value]


def bar_by_indicator(
    title: str, labels: Sequence[str], series: Sequence[Series], *, unit: str = "", with_total: bool = False
) -> bytes:
    """Bars for each label (an indicator, a source of money), one of each series (a year), as PNG.

    One to three series, the earliest first; the last is the darkest. `unit` is written under the title
    unless it is empty; `with_total` adds the sum of each series. At most 40 labels fit on one page. Raises
    ValueError for no label, another number of series, or a series of another length.
    """
    return bars(title, labels, series, unit=unit, with_total=with_total).png()


def budget_by_source(title: str, sources: Sequence[str], series: Sequence[Series], *, unit: str) -> bytes:
    """Money by source with its total, one bar of each series (a year), as PNG; raises as bar_by_indicator."""
    return bars(title, sources, series, unit=unit, with_total=True).png()


def change_by_indicator(
    title: str, labels: Sequence[str], before: Series, after: Series, *, unit: str = ""
) -> bytes:
    """Last period's and this period's values and the change between them, as PNG.

    The change is left open where either value is missing. Raises as bar_by_indicator.
    """
    return bars(title, labels, (before, after), unit=unit, with_change=True).png()


def rate_by_region(
    title: str, regions: Sequence[str], reported: Sequence[int], asked: Sequence[int]
) -> bytes:
    """How many of the offices asked in each region reported, with the share, as PNG.

    Raises ValueError for no region, lists of other lengths, or more that reported than were asked.
    """
    return rates(title, regions, reported, asked).png()


def rates(title: str, regions: Sequence[str], reported: Sequence[int], asked: Sequence[int]) -> Drawing:
    """The layout of rate_by_region."""
    if not regions or not len(regions) == len(reported) == len(asked):
        raise ValueError(
            f"{title!r}: {len(regions)} regions, {len(reported)} counts of reports and {len(asked)} of "
            "requests; give one of each for every region."
        )
    if wrong := [r for r, n, m in zip(regions, reported, asked, strict=True) if not 0 <= n <= m]:
        raise ValueError(f"{title!r}: more reported than were asked, or fewer than none, in {wrong}.")
    written = [_rate(n, m) for n, m in zip(reported, asked, strict=True)]
    sheet = _Sheet(title, regions)
    number_width = max(width_of(w, sheet.number_size) for w in written)
    left = sheet.label_width + _GAP
    length = _RIGHT - left - number_width - _GAP
    thickness = 0.42
    top = sheet.top
    for place, (done, of) in enumerate(zip(reported, asked, strict=True)):
        height = sheet.row_height(place, thickness)
        middle = top + height / 2
        sheet.label(place, middle)
        sheet.drawing.box(left, middle - thickness / 2, length, thickness, PAPER, FAINT)
        if done:
            sheet.drawing.box(left, middle - thickness / 2, length * done / of, thickness, _SHADES[1][0])
        sheet.drawing.lines(_RIGHT, middle, [written[place]], sheet.number_size, "right")
        top += height
    return sheet.finished(top)


def bars(
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    unit: str = "",
    with_total: bool = False,
    with_change: bool = False,
) -> Drawing:
    """The layout of bar_by_indicator, budget_by_source and change_by_indicator."""
    if not labels or len(series) not in _SHADES or any(len(s.values) != len(labels) for s in series):
        raise ValueError(
            f"{title!r}: {len(labels)} labels and series of {[len(s.values) for s in series]} values; give "
            "at least one label and one to three series with a value for each."
        )
    values = [list(s.values) for s in series]
    if with_total:
        labels = [*labels, text("charts.total")]
        for column in values:
            column.append(_total(column))
    sheet = _Sheet(title, labels, unit=unit, last_is_total=with_total)
    thickness = 0.36 if len(labels) < _CROWDED else 0.3
    stacked = sum(sheet.row_height(place, thickness * len(series)) for place in range(len(labels)))
    if with_change or len(series) == 1 or stacked <= _TALL:
        return _under_each_other(sheet, series, values, thickness, with_change)
    return _side_by_side(sheet, series, values, thickness)


def _under_each_other(
    sheet: _Sheet, series: Sequence[Series], values: list[list[Value]], thickness: float, with_change: bool
) -> Drawing:
    size = sheet.number_size
    changes = [_change(*pair) for pair in zip(*values, strict=True)] if with_change else []
    change_width = 0.0
    if with_change:
        head = text("charts.change")
        change_width = max(width_of(w, size, is_bold=True) for w in [head, *changes]) + _GAP
    left = sheet.label_width + _GAP
    numbers = [[_written(v) for v in column] for column in values]
    number_width = max(width_of(w, size, is_bold=True) for column in numbers for w in column)
    length = _RIGHT - left - number_width - 2 * _GAP - change_width
    scale = length / _largest(values)
    shades = _SHADES[len(series)]
    top = sheet.top
    if len(series) > 1:
        entries = [(s.name, shade) for s, shade in zip(series, shades, strict=True)]
        top = legend(sheet.drawing, _LEFT, top, _RIGHT - change_width, entries, size)
    if with_change:
        sheet.drawing.lines(
            _RIGHT, top - 0.12 - line_height(size) / 2, [text("charts.change")], size, "right"
        )
    first = top
    for place in range(len(sheet.labels)):
        height = sheet.row_height(place, thickness * len(series))
        middle = top + height / 2
        sheet.label(place, middle)
        is_total = sheet.is_total(place)
        if is_total:
            sheet.drawing.box(0.0, top, WIDTH, 0.015, GREY)
        bar_top = middle - thickness * len(series) / 2
        for column, written, shade in zip(values, numbers, shades, strict=True):
            end = left + _bar(sheet.drawing, left, bar_top, column[place], scale, thickness, shade)
            sheet.drawing.lines(
                end + _GAP / 2, bar_top + thickness / 2, [written[place]], size, is_bold=is_total
            )
            bar_top += thickness
        if with_change:
            sheet.drawing.lines(_RIGHT, middle, [changes[place]], size, "right", is_bold=True)
        top += height
    sheet.drawing.box(left - 0.01, first, 0.02, top - first, GREY)
    return sheet.finished(top)


def _side_by_side(
    sheet: _Sheet, series: Sequence[Series], values: list[list[Value]], thickness: float
) -> Drawing:
    size = sheet.number_size
    left = sheet.label_width + _GAP
    room = (_RIGHT - left - _GAP * (len(series) - 1)) / len(series)
    numbers = [[_written(v) for v in column] for column in values]
    number_width = max(width_of(w, size, is_bold=True) for column in numbers for w in column)
    scale = max(room - number_width - _GAP, 0.3) / _largest(values)
    starts = [left + place * (room + _GAP) for place in range(len(series))]
    heads = [wrapped(s.name, room, size, is_bold=True) for s in series]
    head = line_height(size) * max(map(len, heads))
    for start, lines in zip(starts, heads, strict=True):
        sheet.drawing.lines(start, sheet.top + head / 2, lines, size, is_bold=True)
    first = top = sheet.top + head + 0.1
    for place in range(len(sheet.labels)):
        height = sheet.row_height(place, thickness)
        middle = top + height / 2
        sheet.label(place, middle)
        if sheet.is_total(place):
            sheet.drawing.box(0.0, top, WIDTH, 0.015, GREY)
        for start, column, written in zip(starts, values, numbers, strict=True):
            end = start + _bar(
                sheet.drawing, start, middle - thickness / 2, column[place], scale, thickness, _SHADES[1][0]
            )
            sheet.drawing.lines(end + _GAP / 2, middle, [written[place]], size, is_bold=sheet.is_total(place))
        top += height
    for start in starts:
        sheet.drawing.box(start - 0.01, first, 0.02, top - first, GREY)
    return sheet.finished(top)


class _Sheet:
    """Title, unit, labels and legend of a chart; the rows are the chart's own."""

    def __init__(
        self, title: str, labels: Sequence[str], *, unit: str = "", last_is_total: bool = False
    ) -> None:
        self.drawing = Drawing(WIDTH, 0.0)
        self.labels = labels
        self.last_is_total = last_is_total
        is_crowded = len(labels) >= _CROWDED
        self.label_size = _SMALL_LABEL if is_crowded else _LABEL
        self.number_size = _SMALL_NUMBER if is_crowded else _NUMBER
        widest = max(width_of(label, self.label_size, is_bold=True) for label in labels)
        self.wrapped = [balanced(label, min(widest, _MOST_LABEL), self.label_size, True) for label in labels]
        self.label_width = max(
            (width_of(line, self.label_size, True) for lines in self.wrapped for line in lines), default=0.0
        )
        self.top = 0.0
        for words, size, is_bold in (
            (title, _TITLE, True),
            (unit and text("charts.unit", unit=unit), 9.0, False),
        ):
            lines = balanced(words, _RIGHT, size, is_bold)
            height = line_height(size) * len(lines)
            self.drawing.lines(WIDTH / 2, self.top + height / 2, lines, size, "center", is_bold=is_bold)
            self.top += height
        self.top += 0.25 if self.top else 0.1

    def is_total(self, place: int) -> bool:
        return self.last_is_total and place == len(self.labels) - 1

    def row_height(self, place: int, bars_height: float) -> float:
        gap = 0.08 if len(self.labels) >= _CROWDED else 0.2
        return max(bars_height, line_height(self.label_size) * len(self.wrapped[place])) + gap

    def label(self, place: int, middle: float) -> None:
        self.drawing.lines(
            self.label_width,
            middle,
            self.wrapped[place],
            self.label_size,
            "right",
            is_bold=self.is_total(place),
        )

    def finished(self, bottom: float) -> Drawing:
        self.drawing.height = bottom + 0.1
        return self.drawing


def legend(
    drawing: Drawing,
    left: float,
    top: float,
    right: float,
    entries: Sequence[tuple[str, str]],
    size: float,
) -> float:
    """Squares of these colours with their names between `left` and `right`, in as many lines as they need.

    Returns the height at which what follows may begin, in centimetres.
    """
    square, apart = 0.28, 0.6
    x = left
    step = max(line_height(size), square) + 0.06
    height = step
    for name, color in entries:
        lines = wrapped(name, right - left - square - 0.12, size)
        width = square + 0.12 + max(width_of(line, size) for line in lines)
        if x > left and x + width > right:
            x, top, height = left, top + height, step
        drawing.box(x, top + (step - square) / 2, square, square, color, EDGE)
        block = line_height(size) * len(lines)
        first = top + (step - line_height(size)) / 2
        drawing.lines(x + square + 0.12, first + block / 2, lines, size)
        height = max(height, block + step - line_height(size))
        x += width + apart
    return top + height + 0.12


def _bar(
    drawing: Drawing, left: float, top: float, value: Value, scale: float, thickness: float, shade: str
) -> float:
    """Draw the bar of a value, none for nothing; returns its length."""
    length = max(0.0, float(value or 0) * scale)
    if length:
        drawing.box(left, top + 0.03, length, thickness - 0.06, shade, EDGE)
    return length


def _largest(values: list[list[Value]]) -> float:
    return max((float(v) for column in values for v in column if v), default=0.0) or 1.0


def _total(values: Sequence[Value]) -> Value:
    known = [Decimal(str(v)) for v in values if v is not None]
    return sum(known, Decimal(0)) if known else None


def _written(value: Value) -> str:
    return text("charts.no_value") if value is None else number(value)


def _change(before: Value, after: Value) -> str:
    if before is None or after is None:
        return text("charts.no_value")
    change = Decimal(str(after)) - Decimal(str(before))
    if not change:
        return number(0)
    return text("charts.increase" if change > 0 else "charts.decrease", number=number(abs(change)))


def _rate(reported: int, asked: int) -> str:
    if not asked:
        return text("charts.no_value")
    share = (Decimal(100 * reported) / asked).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return text(
        "charts.rate", reported=number(reported), asked=number(asked), percent=number(share.normalize())
    )

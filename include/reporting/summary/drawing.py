"""A picture laid out in centimetres with measured text: what charts and tile grids are drawn with.

The layout is plain data, so that it can be looked over before it is painted; painting it gives the same bytes
for the same layout. matplotlib is imported when a text is first measured or painted.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

DPI = 200
CM_PER_INCH = 2.54
POINTS_PER_CM = 72 / CM_PER_INCH
LINE = 1.18
"""Height of a line of text, in its font size."""
INK, GREY, FAINT, PAPER = "#1a1a1a", "#6b6b6b", "#b5b5b5", "#ffffff"
_FAMILIES = ("Times New Roman", "Liberation Serif", "Tinos", "TeX Gyre Termes", "DejaVu Serif")
"""In this order; the last is matplotlib's own. One without Vietnamese letters is passed over."""
_VIETNAMESE = "ẬậẴẵĐđỆệỖỗƠơỮữỲỹỊị"

Align = Literal["left", "center", "right"]


@dataclass(frozen=True)
class Text:
    """One line of text; `x` is its left end, middle or right end by `align`, `y` the middle of its height."""

    x: float
    y: float
    words: str
    size: float
    align: Align = "left"
    color: str = INK
    is_bold: bool = False

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom, in centimetres from the upper left corner."""
        width, height = width_of(self.words, self.size, self.is_bold), line_height(self.size)
        left = self.x - {"left": 0.0, "center": width / 2, "right": width}[self.align]
        return left, self.y - height / 2, left + width, self.y + height / 2


@dataclass(frozen=True)
class Box:
    """A rectangle, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    edge: str | None = None


@dataclass
class Drawing:
    """A picture, in centimetres from its upper left corner; boxes lie under texts."""

    width: float
    height: float
    boxes: list[Box] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)

    def box(
        self, x: float, y: float, width: float, height: float, fill: str, edge: str | None = None
    ) -> None:
        """Add a rectangle; a line is a thin one."""
        self.boxes.append(Box(x, y, width, height, fill, edge))

    def lines(
        self,
        x: float,
        middle: float,
        lines: Sequence[str],
        size: float,
        align: Align = "left",
        *,
        color: str = INK,
        is_bold: bool = False,
    ) -> None:
        """Add lines of text under each other, their block's middle at the height `middle`."""
        step = line_height(size)
        first = middle - step * (len(lines) - 1) / 2
        for place, words in enumerate(lines):
            self.texts.append(Text(x, first + place * step, words, size, align, color, is_bold))

    def png(self) -> bytes:
        """The picture as PNG at 200 dpi, without date or maker."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.font_manager import FontProperties
        from matplotlib.patches import Rectangle

        figure = Figure(
            figsize=(
                round(self.width / CM_PER_INCH * DPI) / DPI,
                round(self.height / CM_PER_INCH * DPI) / DPI,
            ),
            dpi=DPI,
            facecolor=PAPER,
        )

        def across(x: float) -> float:
            return x / self.width

        def up(y: float) -> float:
            return 1 - y / self.height

        for box in self.boxes:
            figure.add_artist(
                Rectangle(
                    (across(box.x), up(box.y + box.height)),
                    box.width / self.width,
                    box.height / self.height,
                    facecolor=box.fill,
                    edgecolor=box.edge or "none",
                    linewidth=0.5 if box.edge else 0.0,
                )
            )
        for line in self.texts:
            figure.text(
                across(line.x),
                up(line.y + _rise(line.size)),
                line.words,
                horizontalalignment=line.align,
                verticalalignment="baseline",
                color=line.color,
                fontproperties=FontProperties(fname=_font(line.is_bold), size=line.size),
                parse_math=False,
            )
        written = io.BytesIO()
        canvas: Any = FigureCanvasAgg(figure)
        canvas.print_png(written, metadata={"Software": None})
        return written.getvalue()


def line_height(size: float) -> float:
    """Height of a line of text of this size in points, in centimetres."""
    return size * LINE / POINTS_PER_CM


def width_of(words: str, size: float, is_bold: bool = False) -> float:
    """Width of a line of text of this size in points, in centimetres."""
    return _width_at_10(words, is_bold) * size / 10 / POINTS_PER_CM


def wrapped(words: str, width: float, size: float, is_bold: bool = False) -> list[str]:
    """`words` in lines no wider than `width` centimetres, broken between words; a longer word is broken."""
    lines: list[str] = []
    line = ""
    for word in words.split():
        longer = f"{line} {word}" if line else word
        if width_of(longer, size, is_bold) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        line = word
        while width_of(line, size, is_bold) > width and len(line) > 1:
            fitting = next(
                (n for n in range(len(line) - 1, 1, -1) if width_of(line[:n], size, is_bold) <= width), 1
            )
            lines.append(line[:fitting])
            line = line[fitting:]
    return [*lines, line] if line else lines


def balanced(words: str, width: float, size: float, is_bold: bool = False) -> list[str]:
    """`words` in as few lines as `wrapped` needs, of about the same length."""
    lines = wrapped(words, width, size, is_bold)
    if len(lines) < 2:
        return lines
    narrower = width
    while narrower > width / 2:
        narrower -= 0.15
        tried = wrapped(words, narrower, size, is_bold)
        if len(tried) > len(lines):
            break
        lines = tried
    return lines


def _rise(size: float) -> float:
    """How far below the middle of a line its base line lies, in centimetres."""
    return size * 0.32 / POINTS_PER_CM


@lru_cache(maxsize=8192)
def _width_at_10(words: str, is_bold: bool) -> float:
    from matplotlib.ft2font import LoadFlags

    font = _measure(is_bold)
    font.set_text(words, 0.0, flags=LoadFlags.NO_HINTING)
    width, _ = font.get_width_height()
    return float(width) / 64 * 1.01  # hinting on paper makes some letters a little wider


@lru_cache(maxsize=2)
def _measure(is_bold: bool) -> Any:
    from matplotlib.ft2font import FT2Font

    font = FT2Font(_font(is_bold))
    font.set_size(10, 72)
    return font


@lru_cache(maxsize=2)
def _font(is_bold: bool) -> str:
    """File of the first family that is there and has every Vietnamese letter."""
    from matplotlib.font_manager import FontProperties, fontManager
    from matplotlib.ft2font import FT2Font

    for family in _FAMILIES:
        wanted = FontProperties(family=family, weight="bold" if is_bold else "normal")
        try:
            path = fontManager.findfont(wanted, fallback_to_default=False)
        except ValueError:
            continue
        if Path(path).is_file() and set(map(ord, _VIETNAMESE)) <= FT2Font(path).get_charmap().keys():
            return str(path)
    raise LookupError(
        f"None of the fonts {', '.join(_FAMILIES)} is there with Vietnamese letters; matplotlib brings "
        "the last of them: install matplotlib anew."
    )

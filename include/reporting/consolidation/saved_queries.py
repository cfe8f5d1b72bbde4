"""Questions that are asked again and again: include/sql/analysis, with their parameters and pictures."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, text

from reporting.database import SQL
from reporting.wording.catalogue import catalogue
from reporting.wording.catalogue import text as words
from reporting.wording.vietnamese import number

FOLDER = SQL / "analysis"
PLOTS = FOLDER / "plots.yaml"

_PARAMETER = re.compile(r"-- parameter (\w+)(?: (required)| = (.+?))?: (.+)")
_FONTS = ["Liberation Serif", "Tinos", "DejaVu Serif"]
_GREYS = ["#303030", "#8c8c8c", "#c4c4c4", "#5c5c5c", "#a8a8a8", "#e0e0e0"]
_MOST_CATEGORIES, _MOST_SERIES = 70, 6


class QueryError(LookupError):
    """There is no such query, its parameters are wrong, or it has no picture; the message says the remedy."""


@dataclass(frozen=True)
class Parameter:
    """What a query asks to be told; `default` is None where it may be left out or must be given."""

    name: str
    is_required: bool
    default: str | None
    meaning: str


class Plot(BaseModel):
    """How an answer is drawn; `category`, `series`, `value` and `panel` name columns of it. Bars of one
    `panel` (such as a unit) share an axis of their own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["bars", "columns", "line", "matrix"]
    category: str
    value: str
    series: str | None = None
    panel: str | None = None
    percent: bool = False


@dataclass(frozen=True)
class SavedQuery:
    """A question with its SELECT."""

    name: str
    question: str
    parameters: tuple[Parameter, ...]
    statement: str
    plot: Plot | None

    def values(self, given: Mapping[str, str]) -> dict[str, str | None]:
        """A value for each parameter. Raises QueryError for an unknown one or one that is missing."""
        known = {parameter.name for parameter in self.parameters}
        strays = sorted(given.keys() - known)
        missing = [p.name for p in self.parameters if p.is_required and not given.get(p.name)]
        if strays or missing:
            listed = "; ".join(
                f"{p.name}{' (required)' if p.is_required else ''}: {p.meaning}" for p in self.parameters
            )
            wrong = [f"knows no {name}" for name in strays] + [f"needs {name}" for name in missing]
            raise QueryError(f"{self.name} {', '.join(wrong)}. Its parameters: {listed or 'none'}.")
        return {p.name: given.get(p.name) or p.default for p in self.parameters}


@dataclass(frozen=True)
class Answer:
    """What a query found."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def column(self, name: str) -> list[Any]:
        """The values of one column, in order."""
        place = self.columns.index(name)
        return [row[place] for row in self.rows]


@lru_cache(maxsize=1)
def saved_queries() -> dict[str, SavedQuery]:
    """All saved queries by name. Raises QueryError naming a file that opens otherwise than it should."""
    plots = yaml.safe_load(PLOTS.read_text(encoding="utf-8"))
    found = {}
    for file in sorted(FOLDER.glob("*.sql")):
        plot = plots.pop(file.stem, None)
        found[file.stem] = _read(file, None if plot is None else Plot.model_validate(plot))
    if plots:
        raise QueryError(f"{PLOTS}: {', '.join(plots)}: there is no such query beside it; remove it")
    return found


def find(name: str) -> SavedQuery:
    """The query of this name. Raises QueryError naming those there are."""
    known = saved_queries()
    if name not in known:
        raise QueryError(f"{name!r} is no saved query; there are: {', '.join(known)}.")
    return known[name]


def ask(connection: Connection, name: str, given: Mapping[str, str]) -> Answer:
    """The answer to a saved query. Raises QueryError as `find` and `SavedQuery.values` do."""
    asked = find(name)
    result = connection.execute(text(asked.statement), asked.values(given))
    return Answer(tuple(result.keys()), tuple(tuple(row) for row in result))


def title(name: str) -> str:
    """The question in Vietnamese, as a heading."""
    return words(f"analysis.query.{name}")


def heading(column: str) -> str:
    """A column's heading in Vietnamese."""
    return words(f"analysis.column.{column}")


def label(column: str, value: object) -> str:
    """A value as people read it: codes that have a name by that, numbers with a decimal comma."""
    known = catalogue().get(f"analysis.value.{column}.{value}")
    if known is not None:
        return known
    if value is None:
        return ""
    return number(value) if isinstance(value, Decimal | float) else str(value)


def picture(name: str, answer: Answer, given: Mapping[str, str], kind: Literal["png", "svg"]) -> bytes:
    """The answer drawn, in greys that print; the same bytes for the same answer.

    Raises QueryError for a query without a picture, an empty answer, or one too large to be read.
    """
    plot = find(name).plot
    if plot is None:
        drawn = ", ".join(q.name for q in saved_queries().values() if q.plot)
        raise QueryError(f"{name} has no picture; those with one: {drawn}.")
    if not answer.rows:
        raise QueryError(f"{name} found nothing that could be drawn.")
    import matplotlib

    with matplotlib.rc_context({"font.family": _FONTS, "svg.hashsalt": name, "svg.fonttype": "path"}):
        return _drawn(name, plot, answer, given, kind)


def _drawn(name: str, plot: Plot, answer: Answer, given: Mapping[str, str], kind: str) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    categories = list(dict.fromkeys(answer.column(plot.category)))
    series = list(dict.fromkeys(answer.column(plot.series))) if plot.series else [None]
    if len(categories) > _MOST_CATEGORIES or (plot.kind != "matrix" and len(series) > _MOST_SERIES):
        raise QueryError(
            f"{len(categories)} × {len(series)} values are too many for one picture; narrow the question by "
            "its parameters, or write a table with --out"
        )
    names = answer.column(plot.series) if plot.series else [None] * len(answer.rows)
    held = dict(
        zip(zip(answer.column(plot.category), names, strict=True), answer.column(plot.value), strict=True)
    )
    panels = _panels(plot, answer)
    size = {
        "bars": (17, 2 + 1.7 * len(panels) + len(categories) * max(0.6, 0.42 * len(series))),
        "matrix": (17, 5 + 0.42 * len(categories)),
    }.get(plot.kind, (17, 10))
    figure = Figure(figsize=(size[0] / 2.54, size[1] / 2.54), dpi=200, layout="constrained")
    told = ", ".join(label(parameter, value) for parameter, value in given.items() if value)
    figure.suptitle("\n".join(filter(None, (title(name), told))), fontsize=12)
    draw = {"bars": _bars, "columns": _columns, "line": _line, "matrix": _matrix}[plot.kind]
    heights = [len(members) for members in panels.values()]
    drawn: Any = figure.subplots(len(panels), squeeze=False, height_ratios=heights)
    for axes, (panel, members) in zip(drawn[:, 0], panels.items(), strict=True):
        values = [[_float(held.get((category, one))) for category in members] for one in series]
        draw(axes, plot, members, series, values)
        if panel is not None:
            axes.set_xlabel(label(str(plot.panel), panel), fontsize=10)
    if plot.kind != "matrix" and plot.series:
        handles, labels = drawn[0, 0].get_legend_handles_labels()
        figure.legend(
            handles,
            labels,
            loc="outside lower center",
            ncols=3,
            frameon=False,
            title=heading(plot.series),
            fontsize=9,
        )
    written = io.BytesIO()
    canvas: Any = FigureCanvasAgg(figure) if kind == "png" else FigureCanvasSVG(figure)
    if kind == "png":
        canvas.print_png(written, metadata={"Software": None})
    else:
        canvas.print_svg(written, metadata={"Date": None, "Creator": None})
    return written.getvalue()


def _panels(plot: Plot, answer: Answer) -> dict[object, list[Any]]:
    """The categories of each panel, in order; one panel where the plot has no others."""
    if plot.panel is None:
        return {None: list(dict.fromkeys(answer.column(plot.category)))}
    found: dict[object, list[Any]] = {}
    for panel, category in zip(answer.column(plot.panel), answer.column(plot.category), strict=True):
        members = found.setdefault(panel or words("analysis.no_unit"), [])
        if category not in members:
            members.append(category)
    return found


def _float(value: object) -> float:
    """A value to be drawn; what is not known is no number."""
    return float(value) if isinstance(value, Decimal | float | int) else math.nan


def _most(values: Sequence[Sequence[float]], plot: Plot) -> float:
    known = [value for row in values for value in row if not math.isnan(value)]
    return 100.0 if plot.percent else max(known, default=0.0) or 1.0


def _plain(axes: Any, numbers: Literal["x", "y"], values: Sequence[Sequence[float]]) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=9)
    axis = axes.xaxis if numbers == "x" else axes.yaxis
    are_whole = all(math.isnan(value) or value.is_integer() for row in values for value in row)
    axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=are_whole))
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(Decimal(str(round(value, 6))))))


def _value_words(value: float, plot: Plot) -> str:
    if math.isnan(value):
        return ""
    return number(Decimal(str(round(value, 1)))) + ("%" if plot.percent else "")


def _bars(axes: Any, plot: Plot, categories: Sequence[Any], series: Sequence[Any], values: Any) -> None:
    height = 0.8 / len(series)
    for place, one in enumerate(series):
        middles = [n + (place - (len(series) - 1) / 2) * height for n in range(len(categories))]
        bars = axes.barh(
            middles, values[place], height * 0.92, color=_GREYS[place % len(_GREYS)], label=_series(plot, one)
        )
        axes.bar_label(bars, [_value_words(v, plot) for v in values[place]], padding=3, fontsize=8)
    axes.set_yticks(range(len(categories)), [label(plot.category, c) for c in categories])
    axes.invert_yaxis()
    axes.set_xlabel(heading(plot.value), fontsize=10)
    axes.set_xlim(0, _most(values, plot) * 1.15)
    _plain(axes, "x", values)


def _columns(axes: Any, plot: Plot, categories: Sequence[Any], series: Sequence[Any], values: Any) -> None:
    width = 0.8 / len(series)
    for place, one in enumerate(series):
        middles = [n + (place - (len(series) - 1) / 2) * width for n in range(len(categories))]
        bars = axes.bar(
            middles,
            values[place],
            min(width * 0.92, 0.45),
            color=_GREYS[place % len(_GREYS)],
            label=_series(plot, one),
        )
        axes.bar_label(bars, [_value_words(v, plot) for v in values[place]], padding=2, fontsize=9)
    turned = sum(len(label(plot.category, c)) for c in categories) > 80
    axes.set_xticks(
        range(len(categories)),
        [label(plot.category, c) for c in categories],
        rotation=30 if turned else 0,
        ha="right" if turned else "center",
    )
    axes.set_ylabel(heading(plot.value), fontsize=10)
    axes.set_ylim(0, _most(values, plot) * 1.15)
    axes.set_xlim(-0.7, len(categories) - 0.3)
    _plain(axes, "y", values)


def _line(axes: Any, plot: Plot, categories: Sequence[Any], series: Sequence[Any], values: Any) -> None:
    for place, one in enumerate(series):
        axes.plot(
            range(len(categories)), values[place], marker="o", color=_GREYS[place], label=_series(plot, one)
        )
        for n, value in enumerate(values[place]):
            axes.annotate(
                _value_words(value, plot),
                (n, value),
                (0, 6),
                textcoords="offset points",
                ha="center",
                fontsize=9,
            )
    axes.set_xticks(range(len(categories)), [label(plot.category, c) for c in categories])
    axes.set_xlabel(heading(plot.category), fontsize=10)
    axes.set_ylabel(heading(plot.value), fontsize=10)
    axes.set_ylim(0, _most(values, plot) * 1.2)
    _plain(axes, "y", values)


def _matrix(axes: Any, plot: Plot, categories: Sequence[Any], series: Sequence[Any], values: Any) -> None:
    cells = [[column[n] for column in values] for n in range(len(categories))]
    axes.imshow(cells, cmap="Greys", vmin=0, vmax=1.6, aspect="auto")
    axes.set_yticks(range(len(categories)), [label(plot.category, c) for c in categories], fontsize=8)
    axes.set_xticks(
        range(len(series)),
        [_series(plot, one) for one in series],
        rotation=60,
        ha="left",
        rotation_mode="anchor",
        fontsize=8,
    )
    axes.xaxis.tick_top()
    axes.set_xticks([n - 0.5 for n in range(1, len(series))], minor=True)
    axes.set_yticks([n - 0.5 for n in range(1, len(categories))], minor=True)
    axes.grid(which="minor", color="#b0b0b0", linewidth=0.4)
    axes.tick_params(which="both", length=0)
    unknown = [(x, y) for y, row in enumerate(cells) for x, value in enumerate(row) if math.isnan(value)]
    for x, y in unknown:
        axes.text(x, y, "–", ha="center", va="center", color="#707070", fontsize=9)
    if unknown:
        axes.set_xlabel(words("analysis.unknown_cells"), fontsize=9)


def _series(plot: Plot, one: object) -> str:
    return "" if plot.series is None else label(plot.series, one)


def _read(file: Path, plot: Plot | None) -> SavedQuery:
    content = file.read_text(encoding="utf-8")
    lines = content.splitlines()
    comments = [line for line in lines if line.startswith("--")]
    if not comments or not comments[0].rstrip().endswith(("?", ".")):
        raise QueryError(f"{file}, line 1: it must open with the question it answers, as -- Who …?")
    parameters = []
    for place, line in enumerate(comments[1:], start=2):
        read = _PARAMETER.fullmatch(line.strip())
        if read is None:
            raise QueryError(
                f"{file}, line {place}: write -- parameter <name> [required| = default]: <meaning>"
            )
        parameters.append(Parameter(read[1], read[2] is not None, read[3], read[4]))
    statement = "\n".join(line for line in lines if not line.startswith("--")).strip().removesuffix(";")
    return SavedQuery(file.stem, comments[0].removeprefix("--").strip(), tuple(parameters), statement, plot)

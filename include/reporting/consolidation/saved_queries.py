"""Questions that are asked again and again: include/sql/analysis, with their parameters and pictures."""

from __future__ import annotations

import io
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, text

from reporting import plain_yaml
from reporting.database import SQL
from reporting.wording.catalogue import catalogue
from reporting.wording.catalogue import text as words
from reporting.wording.vietnamese import moment, number, short_date

FOLDER = SQL / "analysis"
PLOTS = FOLDER / "plots.yaml"

_PARAMETER = re.compile(r"-- parameter (\w+)(?: (required)| = (.+?))?: (.+)")
_REMINDER = re.compile(r"reminder__(i_plus|t_minus|t_plus)_(\d+)")
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
    `panel` (such as a unit) share an axis of their own. `before` is a column drawn beside the value: what it
    was. `names` says by which columns the values of a column are called, such as an office's id by its kind
    and name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["bars", "columns", "line", "matrix"]
    category: str
    value: str
    series: str | None = None
    panel: str | None = None
    before: str | None = None
    names: dict[str, tuple[str, ...]] = {}
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
    plots = plain_yaml.load(PLOTS.read_text(encoding="utf-8"))
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


def heading(column: str, query: str = "") -> str:
    """A column's heading in Vietnamese; some mean something else in one query."""
    own = catalogue().get(f"analysis.of_query.{query}.{column}")
    return own if own is not None else words(f"analysis.column.{column}")


def label(column: str, value: object) -> str:
    """A value as people read it: codes that have a name by that, rules by their title, numbers with a decimal
    comma, days and moments in Viet Nam's time.
    """
    known = catalogue().get(f"analysis.value.{column}.{value}")
    if known is None and column == "rule":
        known = catalogue().get(f"findings.rule.{value}.title")
    if known is not None:
        return known
    step = _REMINDER.fullmatch(str(value)) if column == "step" else None
    if step is not None:
        return words(f"analysis.reminder_step.{step[1]}", days=step[2])
    if value is None:
        return ""
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return short_date(value)
    return number(value) if isinstance(value, Decimal | float) else str(value)


def picture(name: str, answer: Answer, given: Mapping[str, str], kind: Literal["png", "svg"]) -> bytes:
    """The answer drawn, in greys that print; the same bytes for the same answer.

    Raises QueryError for a query without a picture, an empty answer, one too large to be read, or one with
    several values for the same place.
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
    held = _held(plot, answer)
    series = list(dict.fromkeys(one for _, _, one in held))
    if len(categories) > _MOST_CATEGORIES or (plot.kind != "matrix" and len(series) > _MOST_SERIES):
        raise QueryError(
            f"{len(categories)} × {len(series)} values are too many for one picture; narrow the question by "
            "its parameters, or write a table with --out"
        )
    panels = _panels(plot, answer)
    called = _called(plot, answer)
    legend = [called(plot.series or "", one) for one in series]
    size = {
        "bars": (17, 2 + 1.7 * len(panels) + len(categories) * max(0.6, 0.42 * len(series))),
        "matrix": (17, 5 + 0.42 * len(categories)),
    }.get(plot.kind, (17, 10))
    figure = Figure(figsize=(size[0] / 2.54, size[1] / 2.54), dpi=200, layout="constrained")
    told = ", ".join(_told(plot, answer, parameter, value) for parameter, value in given.items() if value)
    figure.suptitle("\n".join(filter(None, (title(name), told))), fontsize=12)
    draw = {"bars": _bars, "columns": _columns, "line": _line, "matrix": _matrix}[plot.kind]
    heights = [len(members) for members in panels.values()]
    drawn: Any = figure.subplots(len(panels), squeeze=False, height_ratios=heights)
    for axes, (panel, members) in zip(drawn[:, 0], panels.items(), strict=True):
        values = [[_float(held.get((panel, category, one))) for category in members] for one in series]
        draw(axes, plot, [called(plot.category, member) for member in members], legend, values)
        if panel is not None:
            axes.set_xlabel(label(str(plot.panel), panel), fontsize=10)
    if plot.kind != "matrix" and len(series) > 1:
        handles, labels = drawn[0, 0].get_legend_handles_labels()
        figure.legend(
            handles,
            labels,
            loc="outside lower center",
            ncols=3,
            frameon=False,
            title=heading(plot.series) if plot.series else None,
            fontsize=9,
        )
    written = io.BytesIO()
    canvas: Any = FigureCanvasAgg(figure) if kind == "png" else FigureCanvasSVG(figure)
    if kind == "png":
        canvas.print_png(written, metadata={"Software": None})
    else:
        canvas.print_svg(written, metadata={"Date": None, "Creator": None})
    return written.getvalue()


@dataclass(frozen=True)
class _Before:
    """The series of what the values of another one were before."""

    of: object


def _held(plot: Plot, answer: Answer) -> dict[tuple[object, object, object], object]:
    """The value at each panel, category and series. Raises QueryError where there are several."""
    held: dict[tuple[object, object, object], object] = {}
    panels = _panel_of_rows(plot, answer)
    series = answer.column(plot.series) if plot.series else [None] * len(answer.rows)
    befores = answer.column(plot.before) if plot.before else [None] * len(answer.rows)
    values, categories = answer.column(plot.value), answer.column(plot.category)
    for panel, category, one, before, value in zip(panels, categories, series, befores, values, strict=True):
        if (panel, category, one) in held:
            raise QueryError(
                f"{plot.category} {category!r} has several values; narrow the question by its parameters, or "
                "write a table with --out"
            )
        if any(known is not None for known in befores):
            held[panel, category, _Before(one)] = before
        held[panel, category, one] = value
    return held


def _called(plot: Plot, answer: Answer) -> Callable[[str, object], str]:
    """How the values of a column are called: by the columns that name it; one of several that would be called
    the same has its code beside it.
    """
    called: dict[str, dict[object, str]] = {}
    for column, naming in plot.names.items():
        if column in answer.columns:
            parts = zip(*(answer.column(name) for name in naming), strict=True)
            called[column] = {
                value: _joined([label(name, part) for name, part in zip(naming, row, strict=True)])
                for value, row in zip(answer.column(column), parts, strict=True)
            }
            often = Counter(called[column].values())
            called[column] = {
                value: name if often[name] == 1 else f"{name} ({value})"
                for value, name in called[column].items()
            }

    def call(column: str, value: object) -> str:
        if isinstance(value, _Before):
            now = call(column, value.of)
            return ", ".join(filter(None, (now, heading(str(plot.before)))))
        found = called.get(column, {}).get(value) or (label(column, value) if column else "")
        return found or (heading(plot.value) if plot.before else "")

    return call


def _joined(parts: Sequence[str]) -> str:
    """The parts as one name; a kind of office that the name says already is not said twice."""
    kind, name = parts if len(parts) == 2 else ("", " ".join(parts))
    return name if not kind or name.casefold().startswith(kind.casefold()) else f"{kind} {name}"


def _told(plot: Plot, answer: Answer, parameter: str, value: str) -> str:
    """A parameter as the heading of a picture says it: by what the answer calls it, if it is one name."""
    naming = plot.names.get(parameter, ())
    if len(naming) == 1 and naming[0] in answer.columns:
        named = set(answer.column(naming[0]))
        if len(named) == 1:
            return label(naming[0], named.pop())
    return label(parameter, value)


def _panel_of_rows(plot: Plot, answer: Answer) -> list[Any]:
    if plot.panel is None:
        return [None] * len(answer.rows)
    return [panel or words("analysis.no_unit") for panel in answer.column(plot.panel)]


def _panels(plot: Plot, answer: Answer) -> dict[object, list[Any]]:
    """The categories of each panel, in order; one panel where the plot has no others."""
    found: dict[object, list[Any]] = {}
    for panel, category in zip(_panel_of_rows(plot, answer), answer.column(plot.category), strict=True):
        members = found.setdefault(panel, [])
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


def _bars(axes: Any, plot: Plot, categories: Sequence[str], series: Sequence[str], values: Any) -> None:
    height = 0.8 / len(series)
    for place, one in enumerate(series):
        middles = [n + (place - (len(series) - 1) / 2) * height for n in range(len(categories))]
        bars = axes.barh(middles, values[place], height * 0.92, color=_GREYS[place % len(_GREYS)], label=one)
        axes.bar_label(bars, [_value_words(v, plot) for v in values[place]], padding=3, fontsize=8)
    axes.set_yticks(range(len(categories)), categories)
    axes.invert_yaxis()
    axes.set_xlabel(heading(plot.value), fontsize=10)
    axes.set_xlim(0, _most(values, plot) * 1.15)
    _plain(axes, "x", values)


def _columns(axes: Any, plot: Plot, categories: Sequence[str], series: Sequence[str], values: Any) -> None:
    width = 0.8 / len(series)
    for place, one in enumerate(series):
        middles = [n + (place - (len(series) - 1) / 2) * width for n in range(len(categories))]
        bars = axes.bar(
            middles,
            values[place],
            min(width * 0.92, 0.45),
            color=_GREYS[place % len(_GREYS)],
            label=one,
        )
        axes.bar_label(bars, [_value_words(v, plot) for v in values[place]], padding=2, fontsize=9)
    turned = sum(map(len, categories)) > 80
    axes.set_xticks(
        range(len(categories)),
        categories,
        rotation=30 if turned else 0,
        ha="right" if turned else "center",
    )
    axes.set_ylabel(heading(plot.value), fontsize=10)
    axes.set_ylim(0, _most(values, plot) * 1.15)
    axes.set_xlim(-0.7, len(categories) - 0.3)
    _plain(axes, "y", values)


def _line(axes: Any, plot: Plot, categories: Sequence[str], series: Sequence[str], values: Any) -> None:
    for place, one in enumerate(series):
        axes.plot(range(len(categories)), values[place], marker="o", color=_GREYS[place], label=one)
        for n, value in enumerate(values[place]):
            axes.annotate(
                _value_words(value, plot),
                (n, value),
                (0, 6),
                textcoords="offset points",
                ha="center",
                fontsize=9,
            )
    axes.set_xticks(range(len(categories)), categories)
    axes.set_xlabel(heading(plot.category), fontsize=10)
    axes.set_ylabel(heading(plot.value), fontsize=10)
    axes.set_ylim(0, _most(values, plot) * 1.2)
    _plain(axes, "y", values)


def _matrix(axes: Any, plot: Plot, categories: Sequence[str], series: Sequence[str], values: Any) -> None:
    cells = [[column[n] for column in values] for n in range(len(categories))]
    axes.imshow(cells, cmap="Greys", vmin=0, vmax=1.6, aspect="auto")
    axes.set_yticks(range(len(categories)), categories, fontsize=8)
    axes.set_xticks(
        range(len(series)),
        series,
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

"""The provinces as tiles of one size in rough geographic position, for internal sheets; never in a report.

The positions stand in include/tile_grids, a file for each division into provinces (registry.region_scheme).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from reporting.data_files import derived
from reporting.registry.load import read_registry
from reporting.settings import INCLUDE
from reporting.summary.charts import EDGE, Value, legend
from reporting.summary.drawing import INK, PAPER, Drawing, balanced, line_height, width_of
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import number

FOLDER = INCLUDE / "tile_grids"
_SHADES = ("#eef2f6", "#c3d0dd", "#8fa9c3", "#5f83a8", "#2f5d8a", "#17334f")
_LIGHT_INK_FROM = 3
_TILE_WIDTH, _TILE_HEIGHT, _BETWEEN = 1.75, 0.98, 0.05
_TITLE, _NAME = 10.5, 7.0
_CLASSES = 5
_LEGEND_TOP, _LEGEND_COLUMNS = 0.42, 3.6
"""Where the legend begins (share of the height) and how many tiles it is wide: west of the narrow centre."""


_V = TypeVar("_V")


@dataclass(frozen=True)
class _Place:
    name: str
    row: int
    column: int


def province_tiles(values: Mapping[str, Value], title: str, *, on: date) -> bytes:
    """A value for each province as the shade of its tile and a number on it, with the legend, as PNG.

    `values` are keyed by organization_id (a committee or a department of the province); None, or no value: an
    empty tile. `on` decides between 63 and 34 provinces. Raises ValueError for an office without a tile on
    that day, or two of one province.
    """
    return value_tiles(values, title, on=on).png()


def province_states(states: Mapping[str, str], title: str, labels: Mapping[str, str], *, on: date) -> bytes:
    """A state for each province as the shade of its tile, with the legend, as PNG.

    `labels` are the names of the states, from the lightest shade to the darkest, at most six. Raises as
    province_tiles, and ValueError for a state without a label.
    """
    return state_tiles(states, title, labels, on=on).png()


def value_tiles(values: Mapping[str, Value], title: str, *, on: date) -> Drawing:
    """The layout of province_tiles."""
    by_area = _by_area(values, on)
    classes = _classes([Decimal(str(v)) for v in by_area.values() if v is not None])
    step = (len(_SHADES) - 1) / max(len(classes) - 1, 1)
    tiles: dict[str, tuple[int, str]] = {}
    for area, value in by_area.items():
        if value is not None:
            place = next(n for n, (_, high) in enumerate(classes) if Decimal(str(value)) <= high)
            tiles[area] = (int(place * step), number(value))
    entries = [
        (
            text(
                "charts.tiles.one" if low == high else "charts.tiles.up_to",
                low=number(low),
                high=number(high),
            ),
            _SHADES[int(place * step)],
        )
        for place, (low, high) in enumerate(classes)
    ]
    return _tiles(tiles, title, entries, on)


def state_tiles(states: Mapping[str, str], title: str, labels: Mapping[str, str], *, on: date) -> Drawing:
    """The layout of province_states."""
    by_area = _by_area(states, on)
    if unknown := sorted(set(by_area.values()) - set(labels)):
        raise ValueError(f"{title!r}: the states {unknown} have no label; name them in `labels`.")
    if len(labels) > len(_SHADES):
        raise ValueError(f"{title!r}: {len(labels)} states; at most {len(_SHADES)} can be told apart.")
    step = (len(_SHADES) - 1) / max(len(labels) - 1, 1)
    shades = {state: int(place * step) for place, state in enumerate(labels)}
    return _tiles(
        {area: (shades[state], "") for area, state in by_area.items()},
        title,
        [(label, _SHADES[shades[state]]) for state, label in labels.items()],
        on,
    )


def _tiles(
    tiles: Mapping[str, tuple[int, str]], title: str, entries: Sequence[tuple[str, str]], on: date
) -> Drawing:
    places = layout(on)
    columns = max(p.column for p in places.values())
    rows = max(p.row for p in places.values())
    drawing = Drawing(columns * (_TILE_WIDTH + _BETWEEN), 0.0)
    lines = balanced(title, drawing.width, _TITLE, True)
    top = line_height(_TITLE) * len(lines)
    drawing.lines(drawing.width / 2, top / 2, lines, _TITLE, "center", is_bold=True)
    top += 0.2
    height = rows * (_TILE_HEIGHT + _BETWEEN)
    drawing.height = top + height + 0.05
    for area, place in places.items():
        shade, written = tiles.get(area, (-1, ""))
        x = (place.column - 1) * (_TILE_WIDTH + _BETWEEN) + _BETWEEN / 2
        y = top + (place.row - 1) * (_TILE_HEIGHT + _BETWEEN)
        drawing.box(x, y, _TILE_WIDTH, _TILE_HEIGHT, _SHADES[shade] if shade >= 0 else PAPER, EDGE)
        name = balanced(place.name, _TILE_WIDTH - 0.1, _NAME)
        widest = width_of(written, _NAME)
        drawing.lines(
            x + _TILE_WIDTH / 2,
            y + _TILE_HEIGHT / 2,
            [*name, written] if written else name,
            _NAME * min(1.0, (_TILE_WIDTH - 0.1) / widest) if widest else _NAME,
            "center",
            color=PAPER if shade >= _LIGHT_INK_FROM else INK,
        )
    if len(tiles) < len(places):
        entries = [*entries, (text("charts.tiles.no_value"), PAPER)]
    below = top + height * _LEGEND_TOP
    for entry in entries:  # one under the other
        below = legend(drawing, 0.1, below, _LEGEND_COLUMNS * _TILE_WIDTH, [entry], 8.0) - 0.06
    return drawing


def with_tiles(organization_ids: Iterable[str], on: date) -> list[str]:
    """Those of the offices that have a tile of their own on that day, the first of each province; none where
    no division into provinces is in force.
    """
    try:
        places = layout(on)
    except LookupError:
        return []
    first: dict[str, str] = {}
    areas = _areas()
    for organization_id in organization_ids:
        area = areas.get(organization_id, "")
        if area in places:
            first.setdefault(area, organization_id)
    return list(first.values())


def layout(on: date) -> Mapping[str, _Place]:
    """The tile of each province of that day: area_id → its short name then, row and column from 1.

    Raises LookupError when no division is in force on that day, or an area of its file is unknown then.
    """
    kept = derived(f"tile_grids/layout_{on.isoformat()}", lambda: _layout_of_today(on))
    return {area: _Place(*place) for area, place in json.loads(kept).items()}


@lru_cache(maxsize=64)
def _layout_of_today(on: date) -> bytes:
    registry = read_registry()
    schemes = [
        row.text("region_scheme")
        for row in registry.region_schemes
        if _holds(row.text("valid_from"), row.text("valid_to"), on)
    ]
    if not schemes:
        raise LookupError(f"No division into provinces is in force on {on:%d/%m/%Y}; see region_schemes.csv.")
    file = FOLDER / f"{schemes[0]}.csv"
    names = {
        row.text("organization_id"): row.text("short_name")
        for row in registry.names
        if _holds(row.text("valid_from"), row.text("valid_to"), on)
    }
    by_area = {
        row.text("area_id"): names[row.text("organization_id")]
        for row in registry.organizations
        if row.text("kind") == "province_committee" and row.text("organization_id") in names
    }
    places: dict[str, _Place] = {}
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["area_id"] not in by_area:
                raise LookupError(f"{file}: {row['area_id']!r} is no province on {on:%d/%m/%Y}.")
            places[row["area_id"]] = _Place(by_area[row["area_id"]], int(row["row"]), int(row["column"]))
    return _json({area: astuple(place) for area, place in places.items()})


def _areas() -> Mapping[str, str]:
    found: dict[str, str] = json.loads(derived("tile_grids/areas", _areas_of_today))
    return found


@lru_cache(maxsize=1)
def _areas_of_today() -> bytes:
    return _json(
        {
            row.text("organization_id"): row.text("area_id")
            for row in read_registry().organizations
            if row.text("area_id")
        }
    )


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()


def _by_area(values: Mapping[str, _V], on: date) -> dict[str, _V]:
    places = layout(on)
    found: dict[str, _V] = {}
    areas = _areas()
    for organization_id, value in values.items():
        area = areas.get(organization_id, "")
        if area not in places or area in found:
            raise ValueError(
                f"{organization_id!r} has no tile of its own among the {len(places)} provinces of "
                f"{on:%d/%m/%Y}; give one office of each province of that day."
            )
        found[area] = value
    return found


def _classes(values: Sequence[Decimal]) -> list[tuple[Decimal, Decimal]]:
    """Lowest and highest value of up to five classes, none of them empty: few values have one each."""
    distinct = sorted(set(values))
    if len(distinct) <= _CLASSES:
        return [(v, v) for v in distinct]
    width = (distinct[-1] - distinct[0]) / _CLASSES
    classes: list[list[Decimal]] = [[] for _ in range(_CLASSES)]
    for value in distinct:
        classes[min(int((value - distinct[0]) / width), _CLASSES - 1)].append(value)
    return [(c[0], c[-1]) for c in classes if c]


def _holds(valid_from: str, valid_to: str, on: date) -> bool:
    day = on.isoformat()
    return valid_from <= day and (not valid_to or day < valid_to)

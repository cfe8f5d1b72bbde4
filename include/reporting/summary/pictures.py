"""Pictures of how the offices answered, for the ministry's own sheets; never in a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from reporting.summary.charts import rate_by_region
from reporting.summary.data import Office, SummaryData
from reporting.summary.tile_grid import province_states, with_tiles
from reporting.wording.catalogue import text

_STATES = ("waived", "confidential", "not_due", "in_time", "late", "missing")
"""From the lightest shade to the darkest: what needs a look stands out."""
_FEW_PROVINCES = 10
"""Of fewer provinces no map is drawn."""


def by_region(offices: Sequence[Office]) -> Mapping[str, list[Office]]:
    """The offices of each region, in the order in which their list first names the regions; those that lie in
    none stand last, under "".
    """
    found: dict[str, list[Office]] = {}
    for office in offices:
        found.setdefault(office.region, []).append(office)
    outside = found.pop("", None)
    return found | ({"": outside} if outside else {})


def region_name(region: str) -> str:
    """How a region is called; "" is that of offices that lie in none."""
    return region or text("scorecard.outside_regions")


def region_picture(data: SummaryData) -> bytes | None:
    """How many offices of each region gave figures, as PNG; None where the offices lie in fewer than two."""
    regions = by_region(data.offices)
    if len(regions) < 2:  # one bar is no picture
        return None
    return rate_by_region(
        text("scorecard.pictures.regions"),
        [region_name(region) for region in regions],
        [sum(o.has_figures for o in offices) for offices in regions.values()],
        [len(offices) for offices in regions.values()],
    )


def province_picture(data: SummaryData) -> bytes | None:
    """How the office of each province answered, as tiles (PNG); None where hardly any has a tile."""
    day = place_day(data)
    placed = set(with_tiles((o.organization_id for o in data.offices), day))
    if len(placed) < _FEW_PROVINCES:
        return None
    states = {o.organization_id: _state(o) for o in data.offices if o.organization_id in placed}
    labels = {
        state: text(f"scorecard.pictures.states.{state}") for state in _STATES if state in states.values()
    }
    return province_states(states, text("scorecard.pictures.provinces"), labels, on=day)


def place_day(data: SummaryData) -> date:
    """The day whose provinces and regions hold for the cycle: that of the request, else its cut-off."""
    return data.request_on or data.cutoff_on


def _state(office: Office) -> str:
    if office.timeliness in {"on_time", "extended_on_time"}:
        return "in_time"
    if office.timeliness in _STATES:
        return office.timeliness
    return "not_due"

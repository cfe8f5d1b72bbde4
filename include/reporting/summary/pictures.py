"""Pictures of how the offices answered, for the ministry's own sheets; never in a report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from reporting.registry.load import region_places
from reporting.summary.charts import rate_by_region
from reporting.summary.data import Office, SummaryData
from reporting.summary.scorecard import ANSWER_STATES, answer_state, score
from reporting.summary.tile_grid import province_states, province_tiles, with_tiles
from reporting.wording.catalogue import text

_SHOWN_AS = {"confidential": "waived", "not_asked": "waived"}
"""States that share a shade, as none of them needs a look."""
_FEW_PROVINCES = 10
"""Of fewer provinces no map is drawn."""


def by_region(data: SummaryData) -> Mapping[str, list[Office]]:
    """The offices of each region, in the official order of the regions; those that lie in none, by their
    parts of the list, before the regions where their list begins with them.
    """
    within: dict[str, list[Office]] = {}
    outside: dict[str, list[Office]] = {}
    for office in data.offices:
        if office.region:
            within.setdefault(office.region, []).append(office)
        else:
            name = data.groups.get(office.group_code) or text("scorecard.outside_regions")
            outside.setdefault(name, []).append(office)
    places = region_places(place_day(data))
    ordered = {region: within[region] for region in sorted(within, key=lambda r: places.get(r, len(places)))}
    return outside | ordered if data.offices and not data.offices[0].region else ordered | outside


def region_picture(data: SummaryData) -> bytes | None:
    """How many offices of each region gave figures, as PNG; None where the offices lie in fewer than two."""
    regions = by_region(data)
    if len(regions) < 2:  # one bar is no picture
        return None
    return rate_by_region(
        text("scorecard.pictures.regions"),
        list(regions),
        [sum(o.has_figures for o in offices) for offices in regions.values()],
        [len(offices) for offices in regions.values()],
    )


def province_picture(data: SummaryData, title: str) -> bytes | None:
    """How the office of each province answered, as tiles (PNG); None where hardly any has a tile."""
    day = place_day(data)
    placed = set(with_tiles((o.organization_id for o in data.offices), day))
    if len(placed) < _FEW_PROVINCES:
        return None
    states = {o.organization_id: _shade(o) for o in data.offices if o.organization_id in placed}
    labels = {
        state: text(f"scorecard.pictures.states.{state}")
        for state in ANSWER_STATES
        if state in states.values()
    }
    return province_states(states, title, labels, on=day)


def score_picture(data: SummaryData) -> bytes | None:
    """The points of the office of each province, as tiles (PNG); None where hardly any is scored."""
    day = place_day(data)
    placed = set(with_tiles((o.organization_id for o in data.offices), day))
    points = {o.organization_id: score(o).points for o in data.offices if o.organization_id in placed}
    if sum(one is not None for one in points.values()) < _FEW_PROVINCES:
        return None
    return province_tiles(points, text("scorecard.pictures.points"), on=day)


def place_day(data: SummaryData) -> date:
    """The day whose provinces and regions hold for the cycle: that of the request, else its cut-off."""
    return data.request_on or data.cutoff_on


def _shade(office: Office) -> str:
    state = answer_state(office)
    return _SHOWN_AS.get(state, state)

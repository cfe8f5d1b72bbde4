"""The scorecard as sheets of the reconciliation sheet: by office, by region, and how it is computed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from reporting.summary.data import Office, SummaryData
from reporting.summary.pictures import by_region
from reporting.summary.scorecard import Criterion, Score, load_scorecard, mean, ranks, score
from reporting.summary.workbook import Workbook, headings
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import number as in_vietnamese

_TENTH = Decimal("0.1")


def scorecard_sheets(book: Workbook, data: SummaryData, *, note: str) -> None:
    """Points and place of every office, the means of the regions, and what is scored."""
    scores = [score(office) for office in data.offices]
    _offices(book, data, scores, note)
    _regions(book, data, scores, note)
    _criteria(book, note)


def _criterion_columns() -> list[tuple[str, float]]:
    return [
        (text("scorecard.criterion", label=c.label, weight=c.weight), 16.0) for c in load_scorecard().criteria
    ]


def _offices(book: Workbook, data: SummaryData, scores: list[Score], note: str) -> None:
    criteria = load_scorecard().criteria

    def rows() -> Iterator[list[object]]:
        listed = zip(data.offices, scores, ranks([s.points for s in scores]), strict=True)
        for number, (office, scored, place) in enumerate(listed, 1):
            before = data.previous_scores.get(office.organization_id)
            yield [
                number,
                office.short_name,
                office.region,
                *(_points(c, m) for c, m in zip(criteria, scored.measures, strict=True)),
                _shown(scored.points),
                place,
                _shown(before),
                _change(scored.points, before),
                text(f"scorecard.reasons.{scored.reason}") if scored.reason else "",
            ]

    first = headings("scorecard", (("position", 6), ("office", 24), ("region", 36)))
    last = headings(
        "scorecard", (("points", 10), ("rank", 10), ("previous", 12), ("change", 12), ("reason", 34))
    )
    book.table(
        text("scorecard.sheets.offices"),
        text("scorecard.title"),
        [*first, *_criterion_columns(), *last],
        rows(),
        note=note,
    )


def _regions(book: Workbook, data: SummaryData, scores: list[Score], note: str) -> None:
    of_office = {o.organization_id: s for o, s in zip(data.offices, scores, strict=True)}
    regions = list(by_region(data).items())
    means = [mean(of_office[o.organization_id].points for o in offices) for _, offices in regions]
    places = ranks(means)

    def row(number: object, name: str, offices: list[Office], place: object) -> list[object]:
        scored = [of_office[o.organization_id] for o in offices]
        before = mean(data.previous_scores.get(o.organization_id) for o in offices)
        now = mean(s.points for s in scored)
        return [
            number,
            name,
            len(offices),
            sum(s.points is not None for s in scored),
            *(
                _points(criterion, _mean_measure([s.measures[n] for s in scored]))
                for n, criterion in enumerate(load_scorecard().criteria)
            ),
            _shown(now),
            place,
            _shown(before),
            _change(now, before),
        ]

    book.table(
        text("scorecard.sheets.regions"),
        text("scorecard.title_of_regions"),
        [
            *headings("scorecard", (("position", 6), ("region", 40), ("asked", 12), ("scored", 12))),
            *_criterion_columns(),
            *headings("scorecard", (("points", 10), ("rank", 10), ("previous", 12), ("change", 12))),
        ],
        (
            row(number, region, offices, places[number - 1])
            for number, (region, offices) in enumerate(regions, 1)
        ),
        note=note,
        totals=lambda *_: [row("", text("scorecard.all"), list(data.offices), "")],
    )


def _criteria(book: Workbook, note: str) -> None:
    book.table(
        text("scorecard.sheets.criteria"),
        text("scorecard.title_of_criteria"),
        headings("scorecard", (("position", 6), ("criterion", 34), ("weight", 12), ("how", 90))),
        (
            [
                number,
                c.label,
                c.weight,
                text(
                    f"scorecard.how.{c.measure}",
                    per_day=in_vietnamese(Decimal(str(c.per_day_late)) * c.weight),
                    partial=in_vietnamese(Decimal(str(c.partial)) * c.weight),
                    weight=c.weight,
                ),
            ]
            for number, c in enumerate(load_scorecard().criteria, 1)
        ),
        note=note,
        totals=lambda *_: [["", text("scorecard.remark"), "", text("scorecard.unsaid")]],
    )


def _points(criterion: Criterion, measure: Decimal | None) -> object:
    return text("scorecard.says_nothing") if measure is None else _shown(measure * criterion.weight)


def _mean_measure(measures: list[Decimal | None]) -> Decimal | None:
    said = [m for m in measures if m is not None]
    return sum(said, Decimal(0)) / len(said) if said else None


def _shown(points: Decimal | None) -> object:
    return "" if points is None else points.quantize(_TENTH)


def _change(now: Decimal | None, before: Decimal | None) -> object:
    return "" if now is None or before is None else now - before

"""The page that goes to the ministry's leadership with a summary report.

Where it stands, five figures against last time, what is to be decided. Internal; never more than one page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from reporting.forms.models import Form
from reporting.letters.blocks import Align, Block, Blocks, Cell, Row, Table, heading_cells
from reporting.letters.leadership import shortened
from reporting.letters.official import heading_context, render
from reporting.letters.text import document_date, unbroken
from reporting.summary.appendix import SUMMED
from reporting.summary.data import Office, SummaryData
from reporting.summary.pictures import by_region, province_picture
from reporting.summary.scorecard import ANSWER_STATES, answer_state, mean, score
from reporting.wording.catalogue import text
from reporting.wording.vietnamese import join_names, number, short_date

ROLE = "leadership_page"
FIGURES = 5
_NAMED, _NAMED_OF_DECISIONS = 24, 6
_FOLLOW_UPS = 2
_MOST_DECISIONS = 6
_DECISION_LENGTH, _SOURCE_LENGTH = 190, 60
_COUNTED = ("in_time", "late", "missing")
"""States that have a column; the others share one."""
_TILES_CM, _SMALL = 7.2, 9.0
_MOST_REGIONS = 8
_REGION_WIDTHS, _FIGURE_WIDTHS = (3.4, 1.2, 1.2, 1.2, 1.2, 1.2), (4.45, 1.6, 1.7, 1.7)
_WITHOUT_TILES = 17.5
"""Centimetres that the tables take where there are no tiles beside them."""


@dataclass(frozen=True)
class KeyFigure:
    """A figure of this period and of the last (None: there is none)."""

    label: str
    now: Decimal
    before: Decimal | None


def render_leadership_page(data: SummaryData) -> bytes:
    """The page as docx; the same bytes for the same data.

    Raises LookupError when the regime's key_figures name what the form has not.
    """
    context = heading_context(
        data.regime, mode=data.mode, year=data.report_year, is_reconstruction=False, is_report=True
    )
    if data.mode == "live":
        context["watermark"] = text("letters.watermark.internal")
    picture = province_picture(data, text("leadership_page.tiles"))
    has_tiles = picture is not None
    tiles = [] if picture is None else [
        Block("picture", text("leadership_page.tiles"), draw=lambda: picture, width_cm=_TILES_CM)
    ]  # fmt: skip
    context |= {
        "title": text("leadership_page.title"),
        "subject": unbroken(
            text("leadership_page.subject", addressee=data.report.addressee, subject=data.report.subject)
        ),
        "as_of": text("leadership_page.as_of", cutoff=document_date(data.cutoff_on)),
        "facts": list(_facts(data)),
        "tables": Blocks([*_regions(data, has_tiles=has_tiles), *_figures(data, has_tiles=has_tiles)]),
        "tiles": Blocks(tiles),
        "decisions": [shortened(d, _DECISION_LENGTH) for d in _decisions(data)][:_MOST_DECISIONS],
    }
    return render("report/leadership_page.docx", context)


# --- where it stands ----------------------------------------------------------------------------------


def _facts(data: SummaryData) -> Iterator[str]:
    def fact(key: str, **values: object) -> str:
        return text(f"leadership_page.facts.{key}", **values)

    offices = data.offices
    count = sum(o.has_figures for o in offices)
    before = ""
    if data.previous is not None:
        past = data.previous
        before = fact(
            "before",
            count=past.answered_count,
            office_count=past.office_count,
            percent=_percent(past.answered_count, past.office_count),
        )
    nil = sum(o.data_form_state == "nil" for o in offices)
    yield fact(
        "answered",
        count=count,
        nil=fact("nil", count=nil) if nil else "",
        office_count=len(offices),
        noun=text(f"report.nouns.{data.words}"),
        percent=_percent(count, len(offices)),
        before=before,
    )
    states = Counter(map(answer_state, offices))
    yield fact(
        "times",
        **{state: states[state] for state in _COUNTED},
        others="".join(
            fact(f"others.{state}", count=states[state])
            for state in reversed(ANSWER_STATES)
            if states[state] and state not in _COUNTED
        ),
    )
    if any(o.signed_report_state not in {None, "waived", "optional"} for o in offices):
        yield fact("signed", count=sum(o.has_signed_report for o in offices))
    points = mean(score(o).points for o in offices)
    if points is not None:
        past_points = mean(data.previous_scores.values())
        past_words = "" if past_points is None else fact("score_before", score=number(past_points))
        yield fact("score", score=number(points), before=past_words)
    names = [o.short_name for o in offices if answer_state(o) == "missing"]
    if not names:
        yield fact("complete")
    elif len(names) <= _NAMED:
        yield fact("missing", names=join_names(names))
    else:
        listed = fact("missing_more", names=", ".join(names[:_NAMED]), count=len(names) - _NAMED)
        yield fact("missing", names=listed)


def _percent(part: int, whole: int) -> str:
    share = Decimal(100 * part) / whole if whole else Decimal(0)
    return number(share.quantize(Decimal("0.1"), ROUND_HALF_UP).normalize())


def _regions(data: SummaryData, *, has_tiles: bool) -> list[Block]:
    regions = by_region(data)
    if not 1 < len(regions) <= _MOST_REGIONS:
        return []

    def row(name: str, offices: Sequence[Office], *, is_bold: bool = False) -> Row:
        states = Counter(map(answer_state, offices))
        counted = [states[state] for state in _COUNTED]
        counts = (len(offices), *counted, len(offices) - sum(counted))
        cells = [Cell(number(n), is_bold=is_bold, align="center") for n in counts]
        return (Cell(name, is_bold=is_bold), *cells)

    columns = ("region", "asked", *_COUNTED, "others")
    return _table(
        "regions",
        columns,
        [
            *(row(name, offices) for name, offices in regions.items()),
            row(text("leadership_page.regions.total"), data.offices, is_bold=True),
        ],
        _REGION_WIDTHS,
        has_tiles=has_tiles,
    )


def _figures(data: SummaryData, *, has_tiles: bool) -> list[Block]:
    figures = key_figures(data)
    if not figures:
        return []
    nothing = text("leadership_page.nothing")

    def row(figure: KeyFigure) -> Row:
        shown = (
            number(figure.now),
            nothing if figure.before is None else number(figure.before),
            nothing if figure.before is None else _change(figure.now - figure.before),
        )
        right: Align = "right"
        return (
            Cell(figure.label),
            *(Cell(words, align=right) for words in shown),
        )

    columns = ("figure", "now", "before", "change")
    return _table("figures", columns, [row(f) for f in figures], _FIGURE_WIDTHS, has_tiles=has_tiles)


def _table(
    key: str, columns: Sequence[str], rows: Sequence[Row], widths: Sequence[float], *, has_tiles: bool
) -> list[Block]:
    stretch = 1.0 if has_tiles else _WITHOUT_TILES / sum(widths)
    headings = heading_cells(text(f"leadership_page.{key}.columns.{name}") for name in columns)
    return [
        Block("caption", text(f"leadership_page.{key}.title")),
        Block(
            "table",
            table=Table(tuple(w * stretch for w in widths), (headings, *rows), size=_SMALL),
        ),
    ]


def _change(difference: Decimal) -> str:
    if not difference:
        return number(0)
    key = "increase" if difference > 0 else "decrease"
    return text(f"leadership_page.{key}", number=number(abs(difference)))


# --- five figures -------------------------------------------------------------------------------------


def key_figures(data: SummaryData) -> list[KeyFigure]:
    """The regime's key figures, or the first five that the form has, of this period and of the last.

    Raises LookupError naming the regime's file when one of them is not in the form.
    """
    wanted = data.report.key_figures or _first_figures(data.form)
    return [_figure(data, wish) for wish in wanted[:FIGURES]]


def _first_figures(form: Form) -> list[str]:
    """Marks in the order of the ministry's claims, then numbers (no percentages), then open tables; of forms
    with all of them two marks, two numbers and a table.
    """
    kind = "distinct" if len(form.years) > 1 else "total"
    claims = sorted(form.indicators, key=lambda i: (i.claim_order is None, i.claim_order or 0))
    marks = [f"{kind}:{i.code}" for i in claims]
    sums = [f"sum:{q.code}" for q in form.quantity_rows if q.kind in SUMMED]
    rows = [f"rows:{table.code}" for table in form.lists]
    kept_rows = rows[: max(1, FIGURES - len(marks) - len(sums))]
    kept_sums = sums[: max(2, FIGURES - len(marks) - len(kept_rows))]
    return [*marks[: FIGURES - len(kept_sums) - len(kept_rows)], *kept_sums, *kept_rows]


def _figure(data: SummaryData, wish: str) -> KeyFigure:
    kind, _, code = wish.partition(":")
    form, year = data.form, data.form.years[-1]
    label_key = f"leadership_page.figures.{kind}"
    known = {
        "sum": {q.code for q in form.quantity_rows},
        "rows": {table.code for table in form.lists},
    }.get(kind, {i.code for i in form.indicators})
    if code not in known:
        raise LookupError(
            f"include/regimes/{data.regime.code}.yaml: report.key_figures names {wish}, but form "
            f"{form.code}@{form.version} has no such {kind}; it has: {', '.join(sorted(known)) or 'none'}."
        )
    past = {(f.indicator, f.year): f for f in data.previous.figures} if data.previous else {}
    if kind == "sum":
        quantity = form.quantity(code)
        values = (n.value for n in data.numbers if (n.indicator, n.year) == (code, year) and n.value)
        figure = past.get((code, year))
        return KeyFigure(
            text(label_key, label=quantity.short_label, year=year, unit=quantity.unit),
            sum(values, Decimal(0)),
            figure.total if figure else None,
        )
    if kind == "rows":
        title = next(table.title for table in form.lists if table.code == code)
        rows = Decimal(sum(row.list == code for row in data.list_rows))
        past_rows = None if data.previous is None else data.previous.row_counts.get(code)
        return KeyFigure(
            text(label_key, label=title), rows, None if past_rows is None else Decimal(past_rows)
        )
    label = form.indicator(code).short_label
    figure = past.get((code, None if kind == "distinct" else year))
    before = None if figure is None else Decimal(figure.office_count)
    if kind == "distinct":
        return KeyFigure(text(label_key, label=label), Decimal(data.distinct.get(code, 0)), before)
    if len(form.years) == 1:
        label_key += "_single"
    return KeyFigure(
        text(label_key, label=label, year=year), Decimal(data.totals.get((code, year), 0)), before
    )


# --- what is to be decided ----------------------------------------------------------------------------


def _decisions(data: SummaryData) -> list[str]:
    found = [
        *_about_offices(data),
        *_about_discrepancies(data),
        *_about_words(data),
        *_about_follow_ups(data),
    ]
    return found or [_say("none")]


def _say(key: str, **values: object) -> str:
    return text(f"leadership_page.decisions.{key}", **values)


def _about_offices(data: SummaryData) -> Iterator[str]:
    missing = sum(answer_state(o) == "missing" for o in data.offices)
    if missing:
        yield _say("missing", count=missing)
    open_conflicts = [c.organization_id for c in data.intake.conflicts if c.kept_version is None]
    if open_conflicts:
        yield _say("conflicts", count=len(open_conflicts), names=_names(data.names(set(open_conflicts))))
    unexplained = [o for o in data.offices if o.warning_count > o.explained_count]
    if unexplained:
        yield _say(
            "unexplained",
            count=sum(o.warning_count - o.explained_count for o in unexplained),
            office_count=len(unexplained),
            names=_names([o.short_name for o in unexplained]),
        )


def _about_discrepancies(data: SummaryData) -> Iterator[str]:
    if not data.discrepancies:
        return
    labels = data.short_labels
    first = data.discrepancies[0]
    yield _say(
        "discrepancies",
        count=len(data.discrepancies),
        first=_say(
            "discrepancy",
            label=labels.get(first.indicator, first.indicator),
            year=_say("discrepancy_year", year=first.year) if first.year else "",
            stated=number(first.stated),
            source=shortened(first.source, _SOURCE_LENGTH),
            computed=number(first.computed),
        ),
    )


def _about_words(data: SummaryData) -> Iterator[str]:
    not_used = sum(not c.is_citable for c in data.intake.contributions)
    if not_used:
        yield _say("not_used", count=not_used)


def _about_follow_ups(data: SummaryData) -> Iterator[str]:
    for item in data.follow_ups[:_FOLLOW_UPS]:
        yield _say(
            "follow_up",
            number=_say("follow_up_number", number=item.number) if item.number else "",
            due=_say("follow_up_due", due=short_date(item.due_on)) if item.due_on else "",
            wording=item.wording.rstrip(" ."),
        )


def _names(names: Sequence[str]) -> str:
    if len(names) <= _NAMED_OF_DECISIONS:
        return join_names(names)
    rest = _say("more", count=len(names) - _NAMED_OF_DECISIONS)
    return f"{', '.join(names[:_NAMED_OF_DECISIONS])} {rest}"

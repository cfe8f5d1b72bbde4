"""The follow-up letter written from the tracking table, with the table attached, such as letter 212/2013."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import Connection

from reporting.consolidation.stated import StatedFigures
from reporting.database import query
from reporting.documents.lifecycle import Draft
from reporting.forms.models import Form
from reporting.letters.cycle import LetterCycle, list_values, load_letter_cycle, office_words, tracking_table
from reporting.letters.official import letter_draft
from reporting.letters.text import escape
from reporting.letters.totals import check_totals
from reporting.wording.catalogue import text


def claims_sentence(form: Form, words: str, claims: Mapping[str, int], office_count: int) -> str:
    """ "8/63 tỉnh, thành phố ban hành Quy chế…; 30/63 …": the claims of the form, in the order of the letter.

    Indicators without a place among the claims, or without a figure, are left out.
    """
    noun = text(f"report.nouns.{words}")
    claimed = sorted(
        (i for i in form.indicators if i.claim_order is not None and i.code in claims),
        key=lambda i: i.claim_order or 0,
    )
    return text("letters.follow_up.between_claims").join(
        text(
            "letters.follow_up.claim",
            count=claims[i.code],
            office_count=office_count,
            noun=noun,
            claim=i.claim.strip(),
        )
        for i in claimed
    )


def render_follow_up_letter(connection: Connection, cycle_id: str, stated: StatedFigures | None) -> Draft:
    """The follow-up letter as a draft, with the tracking table attached on landscape pages.

    With `stated`, the claims and the totals are those of the document that stated them; without, those
    computed from the accepted facts. The marks are always ours. Raises LookupError when there is no
    such cycle, or when its regime has no follow-up letter.
    """
    cycle = load_letter_cycle(connection, cycle_id)
    regime, letter = cycle.regime, cycle.regime.follow_up_letter
    if letter is None:
        raise LookupError(
            f"Regime {regime.code} of {cycle_id} has no follow_up_letter; "
            f"write it in include/regimes/{regime.code}.yaml."
        )
    if cycle.form is None:
        raise LookupError(
            f"{cycle_id} asks for no data form, so there is no table to write its follow-up letter from. "
            "Write to the offices through a cycle of its own."
        )
    key = {"cycle_id": cycle_id}
    marked = {
        (r.organization_id, r.indicator, r.year): bool(r.is_marked)
        for r in connection.execute(query("letters/marks"), key)
    }
    totals: Mapping[tuple[str, int], int | None]
    claims: Mapping[str, int]
    if stated is None:
        computed = {
            (r.indicator, r.year): r.office_count for r in connection.execute(query("letters/totals"), key)
        }
        claims = {r.indicator: r.office_count for r in connection.execute(query("letters/distinct"), key)}
        _check(cycle, marked, computed, claims)
        totals = dict(computed)
    else:
        totals, claims = stated.totals, stated.claims
    words = office_words([a.kind for a in cycle.owing])
    values = list_values(connection, cycle, letter) | {
        "claims": claims_sentence(cycle.form, words, claims, len(cycle.owing))
    }
    table = tracking_table(
        cycle.form,
        words,
        [(a.organization_id, a.short_name) for a in cycle.owing],
        marked,
        totals,
    )
    footnotes = list(regime.period(cycle.period).footnotes)
    return letter_draft(
        cycle,
        letter,
        values,
        name="follow_up",
        template="letter/follow_up.docx",
        year=cycle.report_year,
        context={"table_title": cycle.form.title.upper(), "footnotes": footnotes},
        tracking=table,
        after=[escape(f"* {note}") for note in footnotes],
    )


def _check(
    cycle: LetterCycle,
    marked: Mapping[tuple[str, str, int], bool],
    totals: Mapping[tuple[str, int], int],
    claims: Mapping[str, int],
) -> None:
    """Hold the totals and claims of the letter against the rows of the table that it attaches; those of a
    letter that was issued as it is are left as they are. Raises TotalsError.
    """
    listed = {a.organization_id for a in cycle.owing}
    told = [key for key, is_marked in marked.items() if is_marked and key[0] in listed]
    assert cycle.form is not None  # there is no table without
    codes = [i.code for i in cycle.form.indicators]
    printed = Counter((code, year) for _, code, year in told)
    with_any = Counter(code for _, code in {(office, code) for office, code, _ in told})
    check_totals(
        text("letters.table.total"), {(c, y): printed[c, y] for c in codes for y in cycle.form.years}, totals
    )
    check_totals(
        text("appendix.tracking.distinct"),
        {(code, ""): with_any[code] for code in codes},
        {(code, ""): n for code, n in claims.items()},
    )

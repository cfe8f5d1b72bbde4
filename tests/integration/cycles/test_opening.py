"""Opening a cycle: who is asked, for what, by when; once, whoever asks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text

from reporting.calendar.periods import Schedule
from reporting.cycles import keeping, opening
from reporting.cycles.opening import Mode, open_cycle, regime_of
from reporting.regimes.models import Addressees, load_regime
from tests.integration.rehearsed import PERIOD, REGIME, Rehearsed, vn
from tests.unit.summary.sample import rows

CYCLE = "ttdn_dia_phuong__2011_2012__dien_tap_1"


@pytest.fixture
def whole(registered: Engine) -> Rehearsed:
    """The cycle with all its 63 departments."""
    from tests.factories import SampleCycle

    cycle_id = open_cycle(registered, load_regime(REGIME), PERIOD, "rehearsal")
    return Rehearsed(registered, SampleCycle(cycle_id, f"rehearsal:{cycle_id}", ()))


def test_the_63_departments_are_asked_in_the_order_of_the_letters_table(whole: Rehearsed) -> None:
    found = whole.rows(
        "SELECT position, short_name, reference_code FROM cycle.recipient"
        " WHERE cycle_id = :c ORDER BY position"
    )
    assert [name for _, name, _ in found] == [row["so_tttt"] for row in rows()]
    assert [(n, code) for n, _, code in found] == [(n, f"TTDN12-DT1-{n:02d}") for n in range(1, 64)]


def test_each_department_owes_a_signed_report_and_a_data_form_by_the_same_instant(whole: Rehearsed) -> None:
    assert whole.rows(
        "SELECT deliverable, due_at, count(*) FROM cycle.obligation"
        " WHERE cycle_id = :c GROUP BY 1, 2 ORDER BY 1"
    ) == [("data_form", vn(2013, 1, 1), 63), ("signed_report", vn(2013, 1, 1), 63)]


def test_the_plan_names_every_step_and_its_moment(whole: Rehearsed) -> None:
    assert whole.rows(
        "SELECT step, due_at, is_reminder, done_at FROM cycle.milestone WHERE cycle_id = :c ORDER BY due_at"
    ) == [
        ("request_letter", vn(2012, 12, 3, 8), False, None),
        ("issue", vn(2012, 12, 3, 14), False, None),
        ("reminder__t_minus_7", vn(2012, 12, 20, 9), True, None),
        ("reminder__t_minus_2", vn(2012, 12, 27, 9), True, None),
        ("deadline", vn(2013, 1, 1), False, None),
        ("reminder__t_plus_1", vn(2013, 1, 2, 9), True, None),
        ("urging_letter", vn(2013, 1, 7, 8), False, None),
        ("urging_issue", vn(2013, 1, 7, 14), False, None),
        ("close", vn(2013, 1, 15, 17), False, None),
        ("report", vn(2013, 1, 18, 8), False, None),
        ("publish", vn(2013, 1, 18, 15), False, None),
    ]
    assert whole.rows(
        "SELECT p.step, p.due_at, count(*) FROM cycle.reminder_plan p"
        " JOIN cycle.obligation USING (obligation_id)"
        " WHERE cycle_id = :c GROUP BY 1, 2 ORDER BY 2"
    ) == [
        ("reminder__t_minus_7", vn(2012, 12, 20, 9), 126),
        ("reminder__t_minus_2", vn(2012, 12, 27, 9), 126),
        ("reminder__t_plus_1", vn(2013, 1, 2, 9), 126),
    ]


def test_opening_again_changes_nothing(small: Rehearsed) -> None:
    counts = (
        "SELECT (SELECT count(*) FROM cycle.recipient), (SELECT count(*) FROM cycle.obligation),"
        " (SELECT count(*) FROM cycle.reminder_plan), (SELECT count(*) FROM audit.event)"
    )
    before = small.rows(counts)
    assert open_cycle(small.engine, load_regime(REGIME), PERIOD, "rehearsal") == small.cycle_id
    assert small.rows(counts) == before


@pytest.mark.parametrize("numbers", [(1, 1), (1, 2)], ids=["one_rehearsal", "two_rehearsals"])
def test_two_openings_at_once_make_each_cycle_once(registered: Engine, numbers: tuple[int, int]) -> None:
    regime = load_regime(REGIME)
    with ThreadPoolExecutor(2) as both:
        opened = list(both.map(lambda n: open_cycle(registered, regime, PERIOD, "rehearsal", n), numbers))
    assert opened == [f"{REGIME}__{PERIOD}__dien_tap_{n}" for n in numbers]
    with registered.connect() as connection:
        found = connection.execute(
            text("SELECT cycle_id, count(*) FROM cycle.recipient GROUP BY 1 ORDER BY 1")
        ).all()
    assert [tuple(row) for row in found] == [(cycle_id, 63) for cycle_id in sorted(set(opened))]


@pytest.mark.parametrize(
    ("mode", "number", "cycle_id", "first_code", "clock_id"),
    [
        ("live", 1, f"{REGIME}__{PERIOD}", "TTDN12-01", "wall"),
        ("rehearsal", 1, CYCLE, "TTDN12-DT1-01", f"rehearsal:{CYCLE}"),
        ("rehearsal", 12, f"{CYCLE[:-1]}12", "TTDN12-DT12-01", f"rehearsal:{CYCLE[:-1]}12"),
    ],
)
def test_a_live_cycle_and_its_rehearsals_never_share_ids(
    registered: Engine, mode: Mode, number: int, cycle_id: str, first_code: str, clock_id: str
) -> None:
    assert open_cycle(registered, load_regime(REGIME), PERIOD, mode, number, is_past_meant=True) == cycle_id
    with registered.connect() as connection:
        found = connection.execute(
            text(
                "SELECT c.clock_id, c.mode, c.opened_late_because IS NOT NULL, r.reference_code"
                " FROM cycle.cycle c JOIN cycle.recipient r USING (cycle_id) WHERE r.position = 1"
            )
        ).one()
    assert tuple(found) == (clock_id, mode, mode == "live", first_code)


def test_a_form_changed_after_its_use_is_refused_and_named(
    small: Rehearsed, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = opening.load_form("theo_doi_ttdn", "2012.1")
    monkeypatch.setattr(opening, "load_form", lambda *_: form.model_copy(update={"title": "Bảng khác"}))
    with pytest.raises(ValueError, match=r"theo_doi_ttdn@2012\.1\.yaml was changed .* new version"):
        open_cycle(small.engine, load_regime(REGIME), PERIOD, "rehearsal", 2)
    assert small.value("SELECT count(*) FROM cycle.cycle") == 1


def test_a_cycle_keeps_the_regime_of_its_opening(small: Rehearsed) -> None:
    changed = load_regime(REGIME).model_copy(update={"title": "Tên mới"})
    open_cycle(small.engine, changed, PERIOD, "rehearsal")
    with small.engine.connect() as connection:
        assert regime_of(connection, small.cycle_id).title == load_regime(REGIME).title
        with pytest.raises(LookupError, match="no cycle 'khong_co'"):
            regime_of(connection, "khong_co")


def test_an_unknown_period_list_or_stated_file_opens_nothing(registered: Engine) -> None:
    regime = load_regime(REGIME)
    (addressees,) = regime.addressees
    unlisted = Addressees(group="nobody", role="owes", salutation=addressees.salutation)
    with pytest.raises(LookupError, match="has no period '2013'; it has: 2011_2012"):
        open_cycle(registered, regime, "2013", "rehearsal")
    with pytest.raises(LookupError, match=r"no group 'nobody' in include/registry/groups\.csv"):
        open_cycle(registered, regime.model_copy(update={"addressees": (unlisted,)}), PERIOD, "rehearsal")
    with pytest.raises(FileNotFoundError, match=r"khong_co\.yaml"):
        open_cycle(registered, regime, PERIOD, "rehearsal", stated_figures="khong_co")
    with registered.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM cycle.cycle")).scalar_one() == 0


def test_a_list_that_was_empty_on_the_day_of_the_request_is_refused(registered: Engine) -> None:
    with registered.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO registry.group_member (group_code, organization_id, position, valid_from)"
                " SELECT 'of_later', organization_id, 1, '2012-12-04' FROM registry.organization LIMIT 1"
            )
        )
    regime = load_regime(REGIME)
    (addressees,) = regime.addressees
    later = Addressees(group="of_later", role="owes", salutation=addressees.salutation)
    with pytest.raises(ValueError, match=r"'of_later' has no member on 03/12/2012"):
        open_cycle(registered, regime.model_copy(update={"addressees": (later,)}), PERIOD, "rehearsal")


def test_a_live_cycle_whose_period_is_over_is_not_opened_by_mistake(registered: Engine) -> None:
    with pytest.raises(ValueError, match="a live cycle would write to every office now"):
        open_cycle(registered, load_regime(REGIME), PERIOD, "live")


def test_a_run_started_from_the_form_is_known_as_the_cycles(small: Rehearsed) -> None:
    keeping.note_run(small.engine, small.cycle_id, "manual__2026-11-21")
    keeping.note_run(small.engine, small.cycle_id, "manual__2026-11-21")
    (cycle,) = keeping.unfinished(small.engine)
    assert cycle.run_ids == ("manual__2026-11-21",)


def test_a_cycle_of_a_schedule_keeps_the_days_of_its_opening(
    registered: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    regime = load_regime("ttdn_dinh_ky_quy")
    wanted = regime.period("2026_q1")
    cycle_id = open_cycle(registered, regime, "2026_q1", "rehearsal")
    monkeypatch.setattr(Schedule, "period", lambda *_: pytest.fail("computed from today's calendar"))
    with registered.connect() as connection:
        assert regime_of(connection, cycle_id).period("2026_q1") == wanted

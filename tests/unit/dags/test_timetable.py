"""The timetable of periodic regimes: Airflow's own serialization, years of runs, a scheduler down."""

from __future__ import annotations

import importlib
import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pendulum
import pytest
from airflow import plugins_manager, settings
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG
from airflow.serialization.decoders import decode_timetable
from airflow.serialization.encoders import encode_timetable
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction
from airflow.utils.types import DagRunType
from reporting_airflow.timetables import ReportingPeriodTimetable, scheduled_period

from reporting import clock
from reporting.calendar import working_days
from reporting.calendar.periods import Schedule
from reporting.calendar.working_days import WorkingCalendar
from reporting.clock import VIETNAM

CLONE = Path(__file__).parents[3]
SCHEDULE = Schedule(calendar="circular_02_2023", frequency="quarter", first_on=date(2023, 6, 1))
TIMETABLE = ReportingPeriodTimetable("bao_cao_quy", SCHEDULE)
LIVE = TimeRestriction(earliest=None, latest=None, catchup=False)
FROM_THE_START = TimeRestriction(earliest=None, latest=None, catchup=True)


class Now:
    """The machine's clock, set by a test."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 1, 9, 0, tzinfo=VIETNAM)

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Now:
    stub = Now()
    monkeypatch.setattr(clock, "wall_now", stub)
    return stub


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Airflow with the plugins folder of the clone, as its processes load it."""
    monkeypatch.setattr(settings, "PLUGINS_FOLDER", str(CLONE / "plugins"))
    cached = [f for f in vars(plugins_manager).values() if hasattr(f, "cache_clear")]
    for function in cached:
        function.cache_clear()
    yield
    for function in cached:
        function.cache_clear()


def runs(timetable: Any, restriction: TimeRestriction, count: int) -> list[DagRunInfo]:
    """The runs that follow one another from the first on."""
    found: list[DagRunInfo] = []
    while len(found) < count:
        last = found[-1].data_interval if found else None
        info = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
        if info is None:
            break
        found.append(info)
    return found


def run_id(info: DagRunInfo, run_type: DagRunType = DagRunType.SCHEDULED) -> str:
    return TIMETABLE.generate_run_id(
        run_type=run_type, run_after=info.run_after, data_interval=info.data_interval, partition_key=None
    )


def test_it_survives_the_way_through_airflows_database(registered: None, now: Now) -> None:
    stored = encode_timetable(TIMETABLE)
    assert stored["__type"] == "reporting_airflow.timetables.ReportingPeriodTimetable"
    read: Any = decode_timetable(stored)
    assert read == TIMETABLE
    assert read is not TIMETABLE
    assert runs(read, LIVE, 3) == runs(TIMETABLE, LIVE, 3)
    assert read.summary == "Hằng quý, theo Thông tư số 02/2023/TT-BTTTT" == read.description


def test_a_dag_read_back_from_the_database_knows_its_next_run(registered: None, now: Now) -> None:
    with DAG("reporting_cycle__bao_cao_quy", schedule=TIMETABLE, catchup=False) as dag:
        EmptyOperator(task_id="open_cycle")
    stored = json.loads(json.dumps(DagSerialization.to_dict(dag)))
    read = DagSerialization.from_dict(stored)
    info = read.next_dagrun_info(last_automated_run_info=None)
    assert info is not None
    assert info.run_after == datetime(2026, 2, 13, 8, 0, tzinfo=VIETNAM)
    following = read.next_dagrun_info(last_automated_run_info=info)
    assert following is not None
    assert following.run_after == datetime(2026, 5, 25, 8, 0, tzinfo=VIETNAM)
    assert read.timetable.summary == SCHEDULE.summary


def test_airflow_lists_the_plugin_without_an_import_error(registered: None) -> None:
    assert "reporting_airflow.timetables.ReportingPeriodTimetable" in plugins_manager.get_timetables_plugins()
    assert plugins_manager.get_import_errors() == {}


def test_four_runs_a_year_each_at_eight_on_its_opening_day() -> None:
    infos = runs(TIMETABLE, FROM_THE_START, 15)
    told = [(run_id(i), i.run_after.in_timezone("Asia/Ho_Chi_Minh").format("D/M/YYYY HH:mm")) for i in infos]
    assert told[:4] == [
        ("bao_cao_quy__2023_q3__theo_lich", "21/8/2023 08:00"),
        ("bao_cao_quy__2023_q4__theo_lich", "22/11/2023 08:00"),
        ("bao_cao_quy__2024_q1__theo_lich", "21/2/2024 08:00"),
        ("bao_cao_quy__2024_q2__theo_lich", "23/5/2024 08:00"),
    ]
    assert [period for name, _ in told if (period := scheduled_period("bao_cao_quy", name))][-1] == "2027_q1"
    assert all(i.logical_date is not None for i in infos)
    assert len({i.logical_date for i in infos}) == len(infos), "Airflow keeps one run per logical date"
    assert all(a.run_after < b.run_after for a, b in itertools.pairwise(infos))


def test_the_data_interval_is_the_cut_off_window() -> None:
    (first,) = runs(TIMETABLE, FROM_THE_START, 1)
    assert first.data_interval == DataInterval(
        pendulum.datetime(2023, 5, 15, tz="Asia/Ho_Chi_Minh"),
        pendulum.datetime(2023, 8, 15, tz="Asia/Ho_Chi_Minh"),
    )


def test_in_a_year_of_two_minute_looks_every_period_is_run_once_and_on_time(now: Now) -> None:
    """Airflow asks for the next run when a DAG file was parsed and when a run was created."""
    now.moment = datetime(2025, 12, 20, 7, 0, tzinfo=VIETNAM)
    last: DataInterval | None = None
    created: list[tuple[str, datetime]] = []
    while now.moment < datetime(2027, 1, 10, tzinfo=VIETNAM):
        info = TIMETABLE.next_dagrun_info(last_automated_data_interval=last, restriction=LIVE)
        assert info is not None
        if info.run_after <= now.moment:
            created.append((run_id(info), now.moment))
            last = info.data_interval
        now.moment += timedelta(minutes=35)
    assert [name for name, _ in created] == [f"bao_cao_quy__2026_q{n}__theo_lich" for n in (1, 2, 3, 4)]
    assert all(at.hour == 8 for _, at in created)


def test_after_months_down_the_next_run_is_the_next_opening_and_the_keeper_has_the_missed(now: Now) -> None:
    now.moment = datetime(2026, 1, 5, 9, 0, tzinfo=VIETNAM)
    (first,) = runs(TIMETABLE, LIVE, 1)
    assert run_id(first) == "bao_cao_quy__2026_q1__theo_lich"
    now.moment = datetime(2026, 10, 1, 3, 30, tzinfo=VIETNAM)  # down since the first run
    info = TIMETABLE.next_dagrun_info(last_automated_data_interval=first.data_interval, restriction=LIVE)
    assert info is not None
    assert run_id(info) == "bao_cao_quy__2026_q4__theo_lich"
    assert info.run_after == datetime(2026, 11, 20, 8, 0, tzinfo=VIETNAM)
    missed = SCHEDULE.periods_between(first.run_after.date() + timedelta(days=1), now.moment.date())
    assert [p.code for p in missed] == ["2026_q2", "2026_q3"]


@pytest.mark.parametrize(
    ("moment", "period"),
    [
        (datetime(2026, 2, 13, 7, 59, tzinfo=VIETNAM), "2026_q1"),
        (datetime(2026, 2, 13, 8, 1, tzinfo=VIETNAM), "2026_q1"),  # parsed again before the run was created
        (datetime(2026, 2, 13, 9, 1, tzinfo=VIETNAM), "2026_q2"),
        (datetime(2026, 2, 13, 1, 30, tzinfo=UTC), "2026_q1"),
        (datetime(2026, 2, 13, 2, 30, tzinfo=UTC), "2026_q2"),
    ],
)
def test_an_opening_within_the_last_hour_is_not_missed(now: Now, moment: datetime, period: str) -> None:
    now.moment = moment
    (info,) = runs(TIMETABLE, LIVE, 1)
    assert scheduled_period("bao_cao_quy", run_id(info)) == period


def test_start_and_end_of_a_dag_are_kept(now: Now) -> None:
    start, end = pendulum.datetime(2026, 6, 1), pendulum.datetime(2026, 11, 20, 0, 59)
    (info,) = runs(TIMETABLE, TimeRestriction(start, end, catchup=False), 1)
    assert scheduled_period("bao_cao_quy", run_id(info)) == "2026_q3"
    assert (
        len(runs(TIMETABLE, TimeRestriction(start, end, catchup=True), 9)) == 1
    )  # q4 opens at 8:00 = 1:00 UTC
    assert len(runs(TIMETABLE, TimeRestriction(start, end.add(minutes=1), catchup=True), 9)) == 2


def test_an_announcement_moves_the_next_run_and_gives_no_period_twice(
    now: Now, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overrides = tmp_path / "working_day_overrides.csv"
    overrides.write_text(working_days.OVERRIDES.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(working_days, "OVERRIDES", overrides)
    now.moment = datetime(2026, 2, 13, 8, 0, tzinfo=VIETNAM)
    (first,) = runs(TIMETABLE, LIVE, 1)
    with overrides.open("a", encoding="utf-8") as handle:
        handle.write("2026-02-28,yes,Làm bù,Thông báo ngày 13/02/2026\n")
        handle.write("2026-06-01,no,Nghỉ bão,Thông báo ngày 14/02/2026\n")
    period = SCHEDULE.period("2026_q1", WorkingCalendar.load())
    assert period is not None
    assert period.opens_on == date(2026, 2, 23)
    info = TIMETABLE.next_dagrun_info(last_automated_data_interval=first.data_interval, restriction=LIVE)
    assert info is not None
    assert (scheduled_period("bao_cao_quy", run_id(info)), info.run_after.date()) == (
        "2026_q2",
        date(2026, 5, 22),
    )


def test_a_persons_run_gets_airflows_own_id_and_no_window(now: Now) -> None:
    moment = pendulum.datetime(2026, 3, 1, 9, 0, tz="Asia/Ho_Chi_Minh")
    interval = TIMETABLE.infer_manual_data_interval(run_after=moment)
    assert interval == DataInterval(moment, moment)
    name = TIMETABLE.generate_run_id(run_type=DagRunType.MANUAL, run_after=moment, data_interval=interval)
    assert name.startswith("manual__")
    assert scheduled_period("bao_cao_quy", name) is None
    assert scheduled_period("bao_cao_quy", "bao_cao_quy__2026_q1") is None


def test_importing_it_loads_no_working_days_and_no_database(tmp_path: Path) -> None:
    program = (
        "import sys, airflow.timetables.base, airflow.sdk\n"
        "before = set(sys.modules)\n"
        "import reporting_airflow.timetables\n"
        "heavy = {'holidays', 'psycopg2', 'alembic', 'pandas', 'babel'}\n"
        "print(sorted(heavy & (set(sys.modules) - before)))"
    )
    module = importlib.import_module("reporting_airflow.timetables")
    folder = Path(str(module.__file__)).parents[1]
    environment = {"PYTHONPATH": f"{folder}:{CLONE / 'include'}", "AIRFLOW_HOME": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    assert ended.stdout.splitlines()[-1] == "[]"

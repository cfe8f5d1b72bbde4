"""The scenario: every office has its part, always the same, in at most 16 moments."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from rehearsal.scenario import FOLDER, MOST_MOMENTS, ScenarioError, load_scenario
from reporting.calendar.working_days import WorkingCalendar
from reporting.clock import VIETNAM

CODE = "tracking_2011_2012"


def test_all_63_offices_have_a_part_and_it_is_always_the_same() -> None:
    scenario = load_scenario(CODE)
    assert len(scenario.behaviours) == 63
    assert scenario.behaviours == load_scenario(CODE).behaviours
    for behaviour in scenario.behaviours.values():
        ways = (behaviour.reply_on, behaviour.after_reminder_of, behaviour.entered_on)
        assert sum(way is not None for way in ways) == 1
        assert not behaviour.is_silent
        assert behaviour.office.address.endswith(".example")


def test_everything_comes_on_at_most_16_working_days_and_corrections_soon() -> None:
    scenario = load_scenario(CODE)
    calendar = WorkingCalendar.load()
    assert len(scenario.moments()) <= MOST_MOMENTS
    assert all(calendar.is_working_day(day) for day in scenario.days)
    for day, following in zip(scenario.days, scenario.days[1:], strict=False):
        assert following <= calendar.shift(day, 2), (
            f"a correction asked for on {day} would come on {following}"
        )


def test_most_answer_in_time_and_each_kind_of_trouble_occurs() -> None:
    behaviours = load_scenario(CODE).behaviours.values()
    in_time = [b for b in behaviours if b.reply_on is not None and b.reply_on <= date(2012, 12, 28)]
    assert len(in_time) >= 45
    assert len({b.reply_on for b in in_time}) == 9
    faults = {b.fault for b in behaviours} - {None}
    assert faults == {"bad_mark", "missing_evidence", "old_form", "workbook_of_another"}
    assert [b.office.short_name for b in behaviours if b.writes_name] == ["Đồng Nai"]
    assert sum(b.reply_on is not None and b.reply_on > date(2012, 12, 31) for b in behaviours) == 3
    assert [b.office.short_name for b in behaviours if b.entered_on] == ["Bắc Giang"]


def test_who_is_dropped_stays_silent() -> None:
    scenario = load_scenario(CODE, drop=["Sở TT&TT An Giang", "Bắc Giang"])
    silent = {b.office.short_name for b in scenario.behaviours.values() if b.is_silent}
    assert silent == {"An Giang", "Bắc Giang"}
    assert all(b.entered_on is None for b in scenario.behaviours.values())
    with pytest.raises(ScenarioError, match=r"drop: no office of the roster is called 'An Gian'.*An Giang"):
        load_scenario(CODE, drop=["An Gian"])


def test_mails_are_told_apart_by_their_subjects() -> None:
    scenario = load_scenario(CODE)
    subjects = {
        "DIỄN TẬP – [TTDN12-DT1-01] Đề nghị báo cáo tình hình – thời hạn đến hết ngày 31/12/2012": "request",
        "[X] Nhắc thời hạn gửi báo cáo tình hình – hết ngày 31/12/2012 (thứ Hai)": "reminder",
        "[X] Đề nghị sớm gửi báo cáo tình hình (đã hết thời hạn)": "reminder",
        "[X] Đề nghị rà soát, hoàn thiện số liệu báo cáo tình hình (01 nội dung)": "completion_request",
        "[X] Đã tiếp nhận báo cáo tình hình của An Giang": "receipt",
        "[X] Lời chúc": None,
    }
    assert {subject: scenario.kind_of(subject) for subject in subjects} == subjects


def test_a_mail_is_written_within_its_day() -> None:
    scenario = load_scenario(CODE)
    office = scenario.behaviours["so_tttt_an_giang"].office
    written_at = scenario.written_at(office, date(2012, 12, 10), "reply")
    assert datetime(2012, 12, 10, 8, 10, tzinfo=VIETNAM) <= written_at < scenario.moment(date(2012, 12, 10))
    assert written_at == scenario.written_at(office, date(2012, 12, 10), "reply")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "office: Cà Mau, reply_on",
            "office: Cà Mua, reply_on",
            "no office of the roster is called 'Cà Mua'",
        ),
        ("office: Trà Vinh, reply_on", "office: Cà Mau, reply_on", "'Cà Mau' is named twice"),
        ('fault: old_form, old_version: "2010.1"', "fault: old_form", "needs old_version"),
        ("reply_on: 2012-12-14, fault", "reply_on: 2012-12-15, fault", "2012-12-15: not among days"),
        ("acts_at:", "act_at:", "acts_at: Field required"),
        ("2013-01-03, 2013-01-04", "2013-01-04, 2013-01-03", "days must ascend"),
    ],
)
def test_a_bad_scenario_is_refused_with_file_and_place(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    good = (FOLDER / f"{CODE}.yaml").read_text(encoding="utf-8")
    assert old in good
    (tmp_path / f"{CODE}.yaml").write_text(good.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ScenarioError, match=words) as refusal:
        load_scenario(CODE, folder=tmp_path)
    assert f"{CODE}.yaml" in str(refusal.value)

"""All gates run again over what a cycle received, after a rule changed."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from reporting.cli.app import app
from reporting.forms.models import load_form
from reporting.intake import replay as replaying
from reporting.intake.channels import collect
from reporting.intake.process import process_arrivals
from reporting.intake.replay import Replay, ReplayRefused, apply_replay, plan_replay
from reporting.intake.replay_report import render_replay
from reporting.validation import suite as suites
from tests.integration.intake.conftest import AskedCycle, reply

AN_GIANG, BAC_GIANG, CA_MAU = "so_tttt_an_giang", "so_tttt_bac_giang", "so_tttt_ca_mau"
FORM = "theo_doi_ttdn"
NEWER = f"{FORM}@2012.2"

FINGERPRINT = "SELECT core.fingerprint_of(cycle_id, 'summary_report') FROM cycle.cycle"


@pytest.fixture
def newer_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A later version of the form, which forgives a plan or a conference without its document."""
    form = load_form(FORM, "2012.1")
    lenient = [
        indicator.model_copy(update={"evidence": indicator.evidence.model_copy(update={"required": False})})
        for indicator in form.indicators
    ]
    newer = form.model_copy(update={"version": "2012.2", "indicators": tuple(lenient)})
    folder = tmp_path / "expectations"
    folder.mkdir()
    monkeypatch.setattr(suites, "FOLDER", folder)
    for one in (form, newer):
        suites.suite_path(one).write_text(suites.dumps(suites.suite_for(one)), encoding="utf-8")

    def load(code: str, version: str) -> object:
        return newer if (code, version) == (FORM, "2012.2") else load_form(code, version)

    monkeypatch.setattr(replaying, "load_form", load)


@pytest.fixture
def answered(asked: AskedCycle) -> AskedCycle:
    """Three offices answered: one well, one with a mark without its document, one with a bad mark."""
    missing, bad = asked.filled(BAC_GIANG), asked.filled(CA_MAU)
    missing.write_mark("quy_che", 2011, {"mark": "X"})
    bad.write_mark("quy_che", 2011, {"mark": "đang làm"})
    for office, workbook in ((AN_GIANG, asked.filled(AN_GIANG)), (BAC_GIANG, missing), (CA_MAU, bad)):
        asked.receive(reply(asked.address(office), ("a.xlsx", workbook.save())))
    collect(asked.engine)
    process_arrivals(asked.engine)
    assert outcomes(asked) == {AN_GIANG: "accepted", BAC_GIANG: "to_complete", CA_MAU: "to_complete"}
    return asked


def outcomes(asked: AskedCycle) -> dict[object, object]:
    found = asked.rows(
        "SELECT r.organization_id, s.outcome FROM intake.submission s"
        " JOIN cycle.recipient r USING (recipient_id) ORDER BY s.version"
    )
    return dict(found)  # type: ignore[arg-type]


def everything(asked: AskedCycle) -> list[list[tuple[object, ...]]]:
    """What the warehouse holds of the answers, and the mails that were written."""
    return [
        asked.rows(f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4, 5")
        for table in ("intake.submission", "intake.finding", "core.fact", "core.narrative", "cycle.message")
    ]


def plan(asked: AskedCycle, form: str | None = NEWER) -> Replay:
    return plan_replay(asked.engine, asked.cycle_id, "Quy tắc đã đổi", "can_bo", form)


def test_without_a_changed_rule_nothing_would_change(answered: AskedCycle) -> None:
    before = everything(answered)
    found = plan(answered, None)
    assert (found.checked_count, found.changes) == (3, ())
    assert found.outcomes == {("accepted", "accepted"): 1, ("to_complete", "to_complete"): 2}
    assert apply_replay(answered.engine, found, "can_bo").changed == 0
    assert everything(answered) == before


@pytest.mark.usefixtures("newer_form")
def test_a_report_tells_what_would_change_and_changes_nothing(answered: AskedCycle) -> None:
    before = everything(answered)
    found = plan(answered)
    assert everything(answered) == before
    (change,) = found.changes
    assert (change.row.reference_code, change.after["outcome"]) == (answered.code(BAC_GIANG), "accepted")
    kinds = [difference.kind for difference in change.differences]
    assert kinds[0] == "finding_gone"
    assert kinds.count("fact") == 12
    gone = change.differences[0]
    assert "đã ghi X nhưng chưa có số, ký hiệu và ngày văn bản" in str(gone.before)
    (kept,) = answered.rows("SELECT before, after, applied_at FROM intake.replay_change")
    assert (kept[0]["outcome"], kept[1]["outcome"], kept[2]) == ("to_complete", "accepted", None)  # type: ignore[index]
    book = openpyxl.load_workbook(io.BytesIO(render_replay(found, "Quy tắc đã đổi")))
    assert book.sheetnames == ["Tổng hợp", "Chi tiết"]
    assert [cell.value for cell in book["Chi tiết"][5]][4:] == [
        "Kết quả kiểm tra",
        "",
        "Cần hoàn thiện",
        "Đạt",
    ]


@pytest.mark.usefixtures("newer_form")
def test_applied_it_holds_lapses_an_approval_and_writes_to_nobody(answered: AskedCycle) -> None:
    fingerprint = answered.scalar(FINGERPRINT)
    mails = answered.scalar("SELECT count(*) FROM cycle.message")
    found = plan(answered)
    applied = apply_replay(answered.engine, found, "can_bo")
    assert (applied.changed, applied.left, applied.answered) == (1, 0, 0)
    assert outcomes(answered) == {AN_GIANG: "accepted", BAC_GIANG: "accepted", CA_MAU: "to_complete"}
    facts = (
        "SELECT count(*) FROM core.fact f JOIN cycle.recipient r USING (recipient_id)"
        " WHERE organization_id = :o"
    )
    assert answered.scalar(facts, o=BAC_GIANG) == 12
    assert answered.scalar(FINGERPRINT) != fingerprint
    assert answered.scalar("SELECT count(*) FROM cycle.message") == mails
    assert answered.scalar("SELECT count(*) FROM intake.replay_change WHERE applied_at IS NULL") == 0
    assert answered.scalar("SELECT count(*) FROM audit.event WHERE kind = 'submission_replayed'") == 1
    assert plan(answered).changes == ()  # applied, there is nothing left to change


@pytest.mark.usefixtures("newer_form")
def test_a_content_that_changes_under_the_same_outcome_lapses_an_approval_too(answered: AskedCycle) -> None:
    apply_replay(answered.engine, plan(answered), "can_bo")
    fingerprint = answered.scalar(FINGERPRINT)
    stricter = plan(answered, None)  # back to the cycle's own rules
    apply_replay(answered.engine, stricter, "can_bo")
    assert outcomes(answered)[BAC_GIANG] == "to_complete"
    assert answered.scalar("SELECT count(DISTINCT recipient_id) FROM core.fact") == 1
    apply_replay(answered.engine, plan(answered), "can_bo")
    assert answered.scalar(FINGERPRINT) != fingerprint


@pytest.mark.usefixtures("newer_form")
def test_answers_go_to_those_whose_answer_turns(answered: AskedCycle) -> None:
    applied = apply_replay(answered.engine, plan(answered), "can_bo", answer=True)
    assert applied.answered == 1
    receipts = answered.rows(
        "SELECT r.organization_id FROM cycle.message m JOIN cycle.recipient r USING (recipient_id)"
        " WHERE m.step = 'receipt' ORDER BY m.message_id"
    )
    assert receipts == [(AN_GIANG,), (BAC_GIANG,)]


@pytest.mark.usefixtures("newer_form")
def test_killed_in_the_middle_another_replay_does_the_rest(
    answered: AskedCycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    third = answered.filled(CA_MAU)
    third.write_mark("quy_che", 2012, {"mark": "X"})
    answered.receive(reply(answered.address(CA_MAU), ("b.xlsx", third.save())))
    collect(answered.engine)
    process_arrivals(answered.engine)
    found = plan(answered)
    assert len(found.changes) == 2
    hold = replaying._hold

    def dying(connection: object, replay: Replay, change: object, by: str) -> None:
        hold(connection, replay, change, by)  # type: ignore[arg-type]
        if change is found.changes[1]:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(replaying, "_hold", dying)
        with pytest.raises(KeyboardInterrupt):
            apply_replay(answered.engine, found, "can_bo")
    assert answered.rows("SELECT count(applied_at), count(*) FROM intake.replay_change") == [(1, 2)]
    assert answered.rows("SELECT count(*) FROM core.fact GROUP BY submission_id") == [(12,), (12,)]

    assert apply_replay(answered.engine, plan(answered), "can_bo").changed == 1
    assert answered.rows("SELECT count(*) FROM core.fact GROUP BY submission_id") == [(12,), (12,), (12,)]
    assert plan(answered).changes == ()


@pytest.mark.usefixtures("newer_form")
def test_a_version_that_changed_meanwhile_is_left(answered: AskedCycle) -> None:
    found = plan(answered)
    with answered.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE intake.finding SET explanation = 'đã hỏi qua điện thoại'")
    assert apply_replay(answered.engine, found, "can_bo").left == 1
    assert outcomes(answered)[BAC_GIANG] == "to_complete"


@pytest.mark.usefixtures("newer_form")
def test_a_replay_after_the_publication_leaves_what_the_report_rests_on(answered: AskedCycle) -> None:
    answered.publish_report()
    said = answered.values_of_report()
    assert said
    assert apply_replay(answered.engine, plan(answered), "can_bo").changed
    assert outcomes(answered)[BAC_GIANG] == "accepted"
    assert answered.values_of_report() == said
    assert (BAC_GIANG, "submission", "new") in answered.after_report()


@pytest.mark.usefixtures("newer_form")
def test_values_replaced_by_a_replay_stay_readable_as_of_the_report(answered: AskedCycle) -> None:
    with answered.engine.begin() as connection:  # as if an older rule had read the first mark otherwise
        connection.exec_driver_sql(
            "UPDATE core.fact SET state = CASE state WHEN 'yes' THEN 'no' ELSE 'yes' END"
            " WHERE (submission_id, indicator, year) = (SELECT submission_id, indicator, year FROM core.fact"
            " WHERE kind = 'mark'"
            " AND state IN ('yes', 'no') ORDER BY 1, 2, 3 LIMIT 1)"
        )
    answered.publish_report()
    said = answered.values_of_report()
    apply_replay(answered.engine, plan(answered), "can_bo")
    now = answered.rows(
        "SELECT r.organization_id, f.indicator, f.year, f.state FROM cycle.document_source d"
        " JOIN core.fact f USING (submission_id) JOIN cycle.recipient r ON r.recipient_id = d.recipient_id"
        " ORDER BY r.position, f.indicator, f.year"
    )
    assert len([pair for pair in zip(said, now, strict=True) if pair[0] != pair[1]]) == 1
    assert answered.values_of_report() == said, "the report still says what it said"
    assert "changed" in [change for _, _, change in answered.after_report()]


def test_another_form_is_refused(answered: AskedCycle) -> None:
    with pytest.raises(ReplayRefused, match="không cùng biểu"):
        plan(answered, "de_xuat@2023.1")


def test_the_command_reports_and_applies(answered: AskedCycle, tmp_path: Path) -> None:
    with answered.engine.begin() as connection:  # as if an older rule had let a bad mark pass
        connection.exec_driver_sql(
            "UPDATE intake.submission SET outcome = 'accepted' WHERE outcome = 'to_complete'"
        )
    words = ["intake", "replay", answered.cycle_id, "--reason", "Quy tắc đã đổi", "--by", "can_bo"]
    shown = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "a.xlsx")])
    assert shown.exit_code == 0, shown.output
    assert "Đã kiểm tra lại 3 tệp" in shown.stdout
    assert (tmp_path / "a.xlsx").stat().st_size > 5000
    told = CliRunner().invoke(app, [*words, "--apply", "--json"])
    assert told.exit_code == 0, told.output
    data = json.loads(told.stdout)
    assert data["applied"] == {"changed": 2, "left": 0, "answered": 0}
    assert set(outcomes(answered).values()) == {"accepted", "to_complete"}
    assert date.fromisoformat(str(answered.scalar("SELECT max(applied_at)::date::text FROM intake.replay")))

"""Files laid into a folder again, two workbooks in one mail, how long a mail that explains is kept."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import text

from reporting.clock import VIETNAM
from reporting.intake.channels import collect
from reporting.intake.channels.folder import Folder
from reporting.intake.process import process_arrivals
from reporting.intake.returns.withdrawal import withdraw
from reporting.retention import _files, load_retention
from tests.integration.intake.conftest import AskedCycle, reply
from tests.integration.intake.test_explanations import REASON, send_with_warnings, take_in, write

AN_GIANG, CA_MAU = "so_tttt_an_giang", "so_tttt_ca_mau"
EVENING = datetime(2012, 12, 12, 17, tzinfo=VIETNAM)
_STATE = (
    "SELECT o.state FROM cycle.obligation_status o JOIN cycle.recipient r USING (recipient_id)"
    f" WHERE o.kind = 'data_form' AND r.organization_id = '{AN_GIANG}'"
)


def _box(tmp_path: Path) -> Path:
    (tmp_path / "box").mkdir()
    return tmp_path / "box"


def test_a_file_laid_into_the_folder_again_is_answered_again(asked: AskedCycle, tmp_path: Path) -> None:
    asked.set_clock(EVENING)
    data = asked.filled(AN_GIANG).save()
    channel = Folder(_box(tmp_path), "folder:box", mode="rehearsal", settle_seconds=0.0)
    (tmp_path / "box" / "a.xlsx").write_bytes(data)
    assert collect(asked.engine, [channel]) == 1
    process_arrivals(asked.engine)
    withdraw(asked.engine, asked.cycle_id, asked.code(AN_GIANG), asked_by="An", reason="nhầm", by="cv")
    before = asked.scalar("SELECT count(*) FROM cycle.message")
    (tmp_path / "box" / "a.xlsx").write_bytes(data)
    assert collect(asked.engine, [channel]) == 1
    process_arrivals(asked.engine)
    assert (asked.scalar("SELECT count(*) FROM cycle.message"), asked.scalar(_STATE)) == (
        before + 1,
        "completed",
    )


def test_a_collector_killed_before_it_moves_a_file_takes_it_over_once(
    asked: AskedCycle, tmp_path: Path
) -> None:
    channel = Folder(_box(tmp_path), "folder:box", mode="rehearsal", settle_seconds=0.0)
    path = tmp_path / "box" / "a.xlsx"
    path.write_bytes(asked.filled(AN_GIANG).save())
    moved = channel.mark_collected
    channel.mark_collected = lambda key: False  # type: ignore[method-assign]
    assert collect(asked.engine, [channel]) == 1
    with asked.engine.begin() as connection:
        connection.execute(text("DELETE FROM intake.channel_item"))  # as if killed before it was noted, too
    channel.mark_collected = moved  # type: ignore[method-assign]
    assert collect(asked.engine, [channel]) == 0
    assert asked.scalar("SELECT count(*) FROM intake.arrival WHERE channel = 'folder'") == 1


def test_two_workbooks_of_one_mail_that_contradict_wait_for_an_officer(asked: AskedCycle) -> None:
    asked.set_clock(EVENING)
    one, other = asked.filled(AN_GIANG).save(), asked.filled(AN_GIANG, answered_by=CA_MAU).save()
    take_in(asked, reply(asked.address(AN_GIANG), ("a.xlsx", one), ("b.xlsx", other)))
    assert asked.scalar("SELECT count(*) FROM intake.open_conflict") == 1


def test_the_mail_that_explains_a_figure_is_kept_with_its_cycle(asked: AskedCycle) -> None:
    write(asked, send_with_warnings(asked), REASON)
    with asked.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE intake.finding SET explanation = :r, explanation_arrival_id ="
                " (SELECT max(arrival_id) FROM intake.arrival)"
            ),
            {"r": REASON},
        )
    sha256 = asked.scalar(
        "SELECT a.raw_sha256 FROM intake.finding f"
        " JOIN intake.arrival a ON a.arrival_id = f.explanation_arrival_id"
    )
    assert sha256 is not None
    with asked.engine.connect() as connection:
        (kept,) = _files(connection, load_retention(), states=(), hashes=[str(sha256)])
    assert asked.cycle_id in kept.cycles

"""A cycle whose regime plans the whole ladder of letters, on a simulated clock, with the real offices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, text

from reporting import clock
from reporting.clock import VIETNAM
from reporting.cycles.opening import open_cycle
from reporting.documents import approval, lifecycle, registration
from reporting.documents.lifecycle import Draft
from reporting.letters.defaults import default_letter
from reporting.letters.request import render_request_letter
from reporting.letters.urging import render_urging_letter
from reporting.regimes.models import Regime, UrgingStep, load_regime
from reporting.registry.load import load
from tests.factories import owner_of


@dataclass(frozen=True)
class Opened:
    """An opened cycle."""

    engine: Engine
    cycle_id: str

    def go_to(self, moment: datetime) -> None:
        """Step its clock."""
        with self.engine.begin() as connection:
            clock_id = connection.execute(text("SELECT clock_id FROM cycle.cycle")).scalar_one()
            clock.step_to(connection, clock_id, moment)

    def run(self, statement: str, **values: object) -> Any:
        """Execute one statement; its first value, if it returns any."""
        with self.engine.begin() as connection:
            result = connection.execute(text(statement), {"c": self.cycle_id, **values})
            return result.scalar() if result.returns_rows else None

    def register(self, kind: str, draft: Draft, number: str, day: date) -> None:
        """Keep, approve and register a draft."""
        with self.engine.begin() as connection:
            version = lifecycle.add_version(connection, self.cycle_id, kind, draft)
            document = lifecycle.find(connection, self.cycle_id, kind)
            assert document is not None
            approval.record_decision(
                connection, self.cycle_id, kind, version, document.content_hash, "approved", "don_vi"
            )
            registration.record_registration(
                connection,
                self.cycle_id,
                kind,
                number=number,
                registered_on=day,
                signer="Đỗ Quý Doãn",
                signed_file_name="da-ky.pdf",
                signed_file=b"%PDF-1.4 signed %%EOF",
                entered_by="van_thu",
            )

    def answered(self, *short_names: str) -> None:
        """These offices need send nothing any more."""
        for name in short_names:
            self.run(
                "INSERT INTO cycle.waiver (obligation_id, asked_how, reason, agreed_by, granted_at)"
                " SELECT obligation_id, 'ministry', 'đã gửi bản giấy', 'lãnh đạo Cục', now()"
                " FROM cycle.obligation JOIN cycle.recipient USING (recipient_id) WHERE short_name = :name",
                name=name,
            )

    def only_outstanding(self, *short_names: str) -> None:
        """All but these need send nothing any more."""
        self.run(
            "INSERT INTO cycle.waiver (obligation_id, asked_how, reason, agreed_by, granted_at)"
            " SELECT obligation_id, 'ministry', 'đã gửi bản giấy', 'lãnh đạo Cục', now()"
            " FROM cycle.obligation JOIN cycle.recipient USING (recipient_id)"
            " WHERE NOT short_name = ANY (:names)",
            names=list(short_names),
        )


def ladder_regime(**changes: object) -> Regime:
    """The tracking regime with the default texts of the letters to those outstanding."""
    tracking = load_regime("ttdn_dia_phuong")
    return tracking.model_copy(
        update={
            "urging": UrgingStep(working_days=2, new_deadline_working_days=2),
            "urging_letter": default_letter("urging_letter"),
            "escalation": UrgingStep(working_days=6, new_deadline_working_days=3),
            "escalation_letter": default_letter("escalation_letter"),
            **changes,
        }
    )


def open_ladder(
    engine: Engine, regime: Regime | None = None, requested_on: date = date(2012, 12, 3)
) -> Opened:
    """Open the cycle and register its request as 3621/BTTTT-TTĐN."""
    load(owner_of(engine))
    regime = regime or ladder_regime()
    opened = Opened(engine, open_cycle(engine, regime, "2011_2012", "rehearsal"))
    if regime.asked_by == "letter":
        with engine.begin() as connection:
            draft = render_request_letter(connection, opened.cycle_id)
        opened.register("request_letter", draft, "3621/BTTTT-TTĐN", requested_on)
    return opened


def urge(opened: Opened) -> Draft:
    """Draft and register the urging letter as 05/BTTTT-TTĐN of 04/01/2013."""
    opened.go_to(datetime(2013, 1, 4, 8, tzinfo=VIETNAM))
    with opened.engine.begin() as connection:
        draft = render_urging_letter(connection, opened.cycle_id)
    opened.register("urging_letter", draft, "05/BTTTT-TTĐN", date(2013, 1, 4))
    return draft

"""A cycle opened from the real regime with few offices, and hands to move it along."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Engine, text

from reporting import clock
from reporting.clock import VIETNAM
from reporting.cycles import work
from reporting.cycles.opening import open_cycle
from reporting.documents import approval, lifecycle, registration
from reporting.documents.lifecycle import Draft, DraftedFile
from reporting.regimes.models import Addressees, Regime, load_regime
from tests.factories import Office, SampleCycle

REGIME, PERIOD = "ttdn_dia_phuong", "2011_2012"


def vn(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment in Viet Nam time."""
    return datetime(year, month, day, hour, minute, tzinfo=VIETNAM)


REQUEST_AT, ISSUE_AT = vn(2012, 12, 3, 8), vn(2012, 12, 3, 14)


def draft(data: str = "same data", body: bytes = b"a letter", name: str = "Cong van.docx") -> Draft:
    """A draft with one file; `data` stands for the data it was made from."""
    file = DraftedFile("letter", name, body, "application/octet-stream")
    return Draft("Đề nghị báo cáo", "Kính gửi", lifecycle.hash_of(data), (file,))


@dataclass(frozen=True)
class Rehearsed:
    """A cycle and its offices, in the order of the list."""

    engine: Engine
    sample: SampleCycle

    @property
    def cycle_id(self) -> str:
        """Its id."""
        return self.sample.cycle_id

    @property
    def offices(self) -> tuple[Office, ...]:
        """The recipients."""
        return self.sample.offices

    def go_to(self, moment: datetime) -> None:
        """Step the simulated clock forward."""
        with self.engine.begin() as connection:
            clock.step_to(connection, self.sample.clock_id, moment)

    def rows(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """Rows from the warehouse, `:c` being the cycle; moments in Viet Nam time."""
        with self.engine.connect() as connection:
            found = connection.execute(text(statement), {"c": self.cycle_id} | values)
            return [tuple(_local(value) for value in row) for row in found]

    def value(self, statement: str, **values: object) -> Any:
        """One value from the warehouse."""
        ((found,),) = self.rows(statement, **values)
        return found

    def run(self, statement: str, **values: object) -> None:
        """Change the warehouse by hand."""
        with self.engine.begin() as connection:
            connection.execute(text(statement), {"c": self.cycle_id} | values)

    def mails(self, step: str) -> list[str]:
        """Short names of the offices that the ledger has mail for at this step, once per mail."""
        return [
            name
            for (name,) in self.rows(
                "SELECT r.short_name FROM cycle.message m JOIN cycle.recipient r USING (recipient_id)"
                " WHERE m.cycle_id = :c AND m.step = :s ORDER BY r.position, m.sequence",
                s=step,
            )
        ]

    def step(self, name: str) -> tuple[datetime, datetime | None]:
        """When a step falls due, and when it was done."""
        ((due_at, done_at),) = self.rows(
            "SELECT due_at, done_at FROM cycle.milestone WHERE cycle_id = :c AND step = :s", s=name
        )
        return cast("datetime", due_at), done_at

    def states(self, deliverable: str = "data_form") -> list[str]:
        """State of each office's obligation, in the order of the list."""
        return [
            state
            for (state,) in self.rows(
                "SELECT o.state FROM cycle.obligation_status o JOIN cycle.recipient r USING (recipient_id)"
                " WHERE o.cycle_id = :c AND o.deliverable = :d ORDER BY r.position",
                d=deliverable,
            )
        ]

    def register(self, kind: str = "request_letter", number: str = "3621/BTTTT-TTĐN") -> None:
        """Draft a document, have it approved and the records office register it today."""
        with self.engine.begin() as connection:
            lifecycle.add_version(connection, self.cycle_id, kind, draft())
            approve(connection, self.cycle_id, kind)
            registration.record_registration(
                connection,
                self.cycle_id,
                kind,
                number=number,
                registered_on=clock.now(connection, self.cycle_id).date(),
                signer="Đỗ Quý Doãn",
                signed_file_name="Da ky.pdf",
                signed_file=b"%PDF-1.4 signed",
                entered_by="van_thu",
            )

    def issue(self) -> None:
        """Register the request letter and send it at its moment."""
        self.register()
        self.go_to(ISSUE_AT)
        work.issue(self.engine, self.cycle_id)


def approve(connection: Connection, cycle_id: str, kind: str, by: str = "chuyen_vien") -> None:
    """Approve the newest draft at every step that is open, at each as another person."""
    while (document := lifecycle.find(connection, cycle_id, kind)) and document.open_step is not None:
        who = by if document.open_step == "unit" else f"{by}__{document.open_step}"
        assert approval.record_decision(
            connection, cycle_id, kind, document.version, document.content_hash, "approved", who
        )


def small_regime(engine: Engine, offices: int = 3, *, is_urging: bool = False) -> Regime:
    """The tracking regime addressed to the first few departments of its list, without an urging letter."""
    regime = load_regime(REGIME)
    (addressees,) = regime.addressees
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO registry.group_member (group_code, organization_id, position, valid_from)"
                " SELECT 'first_few', organization_id, position, valid_from FROM registry.group_member"
                " WHERE group_code = :g ORDER BY position LIMIT :n ON CONFLICT DO NOTHING"
            ),
            {"g": addressees.group, "n": offices},
        )
    few = Addressees(group="first_few", role="owes", salutation=addressees.salutation)
    changes: dict[str, object] = {} if is_urging else {"urging": None, "urging_letter": None}
    return regime.model_copy(update={"addressees": (few,), **changes})


def open_small_cycle(engine: Engine, offices: int = 3, *, is_urging: bool = False) -> Rehearsed:
    """Open the tracking cycle as a rehearsal with few offices; `is_urging` keeps the urging letter."""
    return open_cycle_of(engine, small_regime(engine, offices, is_urging=is_urging))


def open_cycle_of(engine: Engine, regime: Regime) -> Rehearsed:
    """Open the tracking cycle as a rehearsal by this regime."""
    cycle_id = open_cycle(engine, regime, PERIOD, "rehearsal")
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT r.recipient_id, r.organization_id, r.name, r.short_name, r.reference_code,"
                " k.contact_id, k.email FROM cycle.recipient r"
                " JOIN registry.contact k USING (organization_id)"
                " WHERE r.cycle_id = :c AND k.role = 'to' ORDER BY r.position"
            ),
            {"c": cycle_id},
        ).all()
    members = tuple(Office(**row._mapping) for row in found)
    return Rehearsed(engine, SampleCycle(cycle_id, f"rehearsal:{cycle_id}", members))


def _local(value: object) -> object:
    return value.astimezone(VIETNAM) if isinstance(value, datetime) else value

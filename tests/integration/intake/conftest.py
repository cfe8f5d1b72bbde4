"""A rehearsed cycle up to the request, without Airflow: warehouse, capture server, mailboxes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, make_msgid
from itertools import count
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import Engine, text

from local_stack.capture import CaptureHandler, CaptureSMTP, MaildirStore, maildir
from local_stack.ports import free_ports
from local_stack.postgres import EmbeddedPostgres
from rehearsal.answers import OfficeAnswer, read_answers
from rehearsal.scenario import Scenario, load_scenario
from rehearsal.workbooks import CoverEntries, FilledWorkbook
from reporting import clock
from reporting.clock import VIETNAM
from reporting.cycles.opening import open_cycle
from reporting.database import engine as make_engine
from reporting.database import query
from reporting.documents import lifecycle
from reporting.documents.lifecycle import Draft, DraftedFile
from reporting.forms.models import load_form
from reporting.mail.delivery import deliver
from reporting.mail.notices import queue_requests
from reporting.regimes.models import load_regime
from reporting.registry.load import load as load_registry
from reporting.settings import settings
from tests.factories import register_request_letter
from tests.integration.intake import dovecot
from tests.integration.intake.dovecot import Dovecot

TOKEN = "token-of-this-test"
MINISTRY = "baocao@ttdn.bo-chu-tri.example"
TABLE = Path(__file__).parents[2] / "data" / "tracking_2011_2012.csv"
_numbers = count(1)
ISSUED_AT = datetime(2012, 12, 3, 14, tzinfo=VIETNAM)


class _Controller(Controller):
    def factory(self) -> CaptureSMTP:
        return CaptureSMTP(self.handler, data_size_limit=64 * 1024 * 1024, enable_SMTPUTF8=True)


@dataclass(frozen=True)
class _Installation:
    """A folder with archive and mailboxes, and a capture server."""

    folder: Path

    @property
    def mail_root(self) -> Path:
        return self.folder / "mail"

    @contextmanager
    def running(self, warehouse_url: str) -> Iterator[dict[str, str]]:
        """The environment of this installation, while its capture server runs."""
        store = MaildirStore(self.mail_root, stamp_from_date=True)
        (port,) = free_ports(1)
        controller = _Controller(CaptureHandler(store, TOKEN), hostname="127.0.0.1", port=port)
        controller.start()
        environment = {
            "AIRFLOW_CONN_REPORTING_WAREHOUSE": warehouse_url,
            "REPORTING_ARCHIVE": str(self.folder / "archive"),
            "REPORTING_CHANNELS": f"maildir:{maildir(self.mail_root, MINISTRY)}",
            "REPORTING_MAILBOX_MODE": "rehearsal",
            "REPORTING_MINISTRY_ADDRESS": MINISTRY,
            "REPORTING_SIGNING_KEY": "a signing key for tests",
            "REPORTING_CAPTURE_ADDRESS": f"127.0.0.1:{port}",
            "REPORTING_CAPTURE_TOKEN": TOKEN,
        }
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.delenv("AIRFLOW_CONN_REPORTING_SMTP", raising=False)
            settings.cache_clear()
            try:
                yield environment
            finally:
                controller.stop()
        settings.cache_clear()


@dataclass(frozen=True)
class _Prepared:
    """A cycle asked once, to be copied for each test: its database, its files, its id."""

    database: str
    folder: Path
    cycle_id: str


@pytest.fixture(scope="module")
def _prepared(
    postgres: EmbeddedPostgres, _migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> _Prepared:
    """The tracking cycle of 2011-2012, rehearsed up to the request of 3/12/2012 14:00."""
    folder = tmp_path_factory.mktemp("asked")
    database = f"asked_{folder.name}"
    postgres.ensure_database(database, "reporting_owner", template=_migrated_template, workers=("reporting",))
    url = postgres.url(database, "reporting")
    with _Installation(folder).running(url):
        owner = make_engine(postgres.url(database, "reporting_owner"))
        load_registry(owner)
        owner.dispose()
        warehouse = make_engine(url)
        cycle_id = open_cycle(warehouse, load_regime("ttdn_dia_phuong"), "2011_2012", "rehearsal")
        with warehouse.begin() as connection:
            clock.step_to(connection, f"rehearsal:{cycle_id}", ISSUED_AT)
            register_request_letter(connection, cycle_id, ISSUED_AT)
            queue_requests(connection, cycle_id)
        deliver(warehouse, cycle_id)
        warehouse.dispose()
    return _Prepared(database, folder, cycle_id)


@pytest.fixture
def surroundings(
    postgres: EmbeddedPostgres, _prepared: _Prepared, tmp_path: Path
) -> Iterator[dict[str, str]]:
    """The environment of an installation of this test alone, also for processes of the test."""
    database = f"{_prepared.database}_{next(_numbers)}"
    postgres.ensure_database(database, "reporting_owner", template=_prepared.database, workers=("reporting",))
    for part in ("archive", "mail"):
        shutil.copytree(_prepared.folder / part, tmp_path / part)
    with _Installation(tmp_path).running(postgres.url(database, "reporting")) as environment:
        yield environment
    postgres.drop_database(database)


@dataclass(frozen=True)
class AskedCycle:
    """A cycle whose request went out to all 63 departments, and everything needed to answer it."""

    engine: Engine
    cycle_id: str
    mail_root: Path
    scenario: Scenario
    answers: dict[str, OfficeAnswer]

    def address(self, organization_id: str) -> str:
        """The mailbox of an office."""
        return self.scenario.behaviours[organization_id].office.address

    def code(self, organization_id: str) -> str:
        """The look-up code of an office in this cycle."""
        code: str = self.scalar(
            "SELECT reference_code FROM cycle.recipient WHERE cycle_id = :c AND organization_id = :o",
            c=self.cycle_id,
            o=organization_id,
        )
        return code

    def workbook_of(self, organization_id: str) -> FilledWorkbook:
        """The workbook that this office was sent, to be filled."""
        sha256: str = self.scalar(
            "SELECT a->>'sha256' FROM cycle.message m JOIN cycle.recipient r USING (recipient_id),"
            " jsonb_array_elements(m.attachments) a WHERE r.cycle_id = :c AND r.organization_id = :o"
            " AND m.step = 'request' AND a->>'filename' LIKE '%.xlsx' LIMIT 1",
            c=self.cycle_id,
            o=organization_id,
        )
        return FilledWorkbook((settings().archive / sha256[:2] / sha256).read_bytes())

    def filled(self, organization_id: str, answered_by: str | None = None) -> FilledWorkbook:
        """The workbook of an office, filled with its answers (or those of another office)."""
        workbook = self.workbook_of(organization_id)
        office = self.scenario.behaviours[answered_by or organization_id].office
        day = datetime(2012, 12, 12, tzinfo=VIETNAM).date()
        workbook.fill(
            self.answers[office.organization_id],
            CoverEntries("45/BC-STTTT", day, "Nguyễn Văn An", "Trần Thị Bình", office.address, day),
            load_form(self.scenario.form_code, self.scenario.form_version),
        )
        return workbook

    def receive(self, message: EmailMessage) -> None:
        """Let a mail arrive in the ministry's mailbox."""
        store = MaildirStore(self.mail_root, stamp_from_date=True)
        store.keep(message.as_bytes(policy=SMTP_POLICY), "test", str(message["From"]), [str(message["To"])])

    def scalar(self, statement: str, **values: object) -> object:
        """One value from the warehouse."""
        with self.engine.connect() as connection:
            return connection.execute(text(statement), values).scalar()

    def rows(self, statement: str, **values: object) -> list[tuple[object, ...]]:
        """Rows from the warehouse."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    def publish_report(self) -> None:
        """Let the summary report, resting on what counts now, be published as 9/BC-BTTTT of 15/01/2013."""
        draft = Draft("Báo cáo", "…", "h", (DraftedFile("report", "bc.docx", b"x", "text/plain"),))
        with self.engine.begin() as connection:
            lifecycle.add_version(connection, self.cycle_id, "summary_report", draft)
            document = lifecycle.find(connection, self.cycle_id, "summary_report")
            assert document is not None
            connection.execute(
                query("documents/add_registration"),
                {
                    "document_id": document.document_id,
                    "version": 1,
                    "number": "9/BC-BTTTT",
                    "registered_on": date(2013, 1, 15),
                    "signer": "Đỗ Quý Doãn",
                    "signed_file_name": "bc.pdf",
                    "signed_file_sha256": "0" * 64,
                    "text_check": "unread",
                    "text_difference": None,
                    "difference_accepted_because": None,
                    "entered_by": "van_thu",
                    "entered_at": datetime(2013, 1, 15, 15, tzinfo=VIETNAM),
                },
            )
            lifecycle.publish(connection, self.cycle_id, "summary_report", "pipeline")

    def after_report(self) -> list[tuple[object, ...]]:
        """(office, kind, change) of what the published report does not hold."""
        return self.rows(
            "SELECT organization_id, kind, change FROM mart.after_report ORDER BY position, kind"
        )

    def values_of_report(self) -> list[tuple[object, ...]]:
        """(office, indicator, year, state) of the facts on which the published report rests."""
        return self.rows(
            "SELECT r.organization_id, f.indicator, f.year, f.state FROM cycle.published_report p"
            " CROSS JOIN LATERAL core.values_as_of(p.document_id, p.version) f JOIN cycle.recipient r"
            " USING (recipient_id) ORDER BY r.position, f.indicator, f.year"
        )

    def set_clock(self, moment: datetime) -> None:
        """Let the cycle's clock stand at `moment`."""
        with self.engine.begin() as connection:
            connection.execute(
                text("UPDATE cycle.clock SET now_at = :m WHERE kind = 'simulated'"), {"m": moment}
            )


@pytest.fixture
def asked(surroundings: dict[str, str], _prepared: _Prepared, tmp_path: Path) -> Iterator[AskedCycle]:
    """The tracking cycle of 2011-2012, rehearsed up to the request of 3/12/2012 14:00."""
    warehouse = make_engine(surroundings["AIRFLOW_CONN_REPORTING_WAREHOUSE"])
    scenario = load_scenario("tracking_2011_2012")
    form = load_form(scenario.form_code, scenario.form_version)
    answers = read_answers(TABLE, form, scenario.index)
    yield AskedCycle(warehouse, _prepared.cycle_id, tmp_path / "mail", scenario, answers)
    warehouse.dispose()


@pytest.fixture(scope="session")
def server() -> Iterator[Dovecot]:
    """A real IMAP server."""
    if dovecot.executable() is None:
        pytest.skip("Dovecot is not installed: apt-get install dovecot-imapd")
    with dovecot.running() as found:
        yield found


@pytest.fixture
def user(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> str:
    """A user with an empty mailbox, to whom the connection reporting_imap leads."""
    name = server.new_user()
    monkeypatch.setenv("AIRFLOW_CONN_REPORTING_IMAP", server.uri(name))
    return name


def reply(
    sender: str,
    *files: tuple[str, bytes],
    subject: str = "Re: Báo cáo",
    answers: str | None = None,
    at: datetime = datetime(2012, 12, 12, 9, 30, tzinfo=VIETNAM),
) -> EmailMessage:
    """A mail to the ministry as an office writes it."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = MINISTRY
    message["Subject"] = subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    if answers:
        message["In-Reply-To"] = answers
    message.set_content("Kính gửi Quý Cục.")
    for filename, data in files:
        message.add_attachment(
            data,
            maintype="application",
            subtype="vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            filename=filename,
        )
    return message

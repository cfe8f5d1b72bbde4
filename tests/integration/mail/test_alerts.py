"""The operator is told once that a task failed for good."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from reporting.mail.alerts import alert, send_alerts
from reporting.settings import settings
from tests.integration.mail.conftest import Server

OPERATOR = "van-hanh@bo-chu-tri.example"


def tell(warehouse: Engine, key: str = "d/t/r/6") -> bool:
    """Raise the alert of a failed task."""
    return alert(
        warehouse, key=key, dag_id="mail_delivery", run_id="r", task_id="deliver_mail",
        error="máy chủ thư không trả lời", log_url="http://127.0.0.1/log",
    )  # fmt: skip


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch, capture: Server) -> Server:
    """An installation whose operator has an address."""
    monkeypatch.setenv("REPORTING_OPERATOR_ADDRESS", OPERATOR)
    monkeypatch.setenv("REPORTING_MAILBOX_MODE", "rehearsal")
    settings.cache_clear()
    return capture


def test_the_operator_is_told_once_what_failed_and_what_to_do(warehouse: Engine, operator: Server) -> None:
    assert tell(warehouse)
    assert not tell(warehouse), "the same failure is not told again"
    (mail,) = operator.to(OPERATOR)
    assert mail["Subject"] == "Cần xử lý: bước deliver_mail của mail_delivery chưa hoàn thành"
    body = mail.get_body(("plain",))
    assert body is not None
    words = body.get_content()
    assert "Nguyên nhân ghi nhận: máy chủ thư không trả lời" in words
    assert 'chọn "Clear"' in words
    assert tell(warehouse, key="d/t/another/1")


def test_an_alert_is_kept_when_the_mail_server_is_down(
    warehouse: Engine, operator: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORTING_CAPTURE_ADDRESS", "127.0.0.1:1")
    settings.cache_clear()
    assert not tell(warehouse)
    with warehouse.connect() as connection:
        kept = connection.execute(text("SELECT subject, sent_at FROM audit.alert")).one()
    assert kept.subject.startswith("Cần xử lý")
    assert kept.sent_at is None

    monkeypatch.setenv("REPORTING_CAPTURE_ADDRESS", f"127.0.0.1:{operator.port}")
    settings.cache_clear()
    assert send_alerts(warehouse) == ["d/t/r/6"], "sent when the server is back"
    assert send_alerts(warehouse) == []
    assert len(operator.to(OPERATOR)) == 1

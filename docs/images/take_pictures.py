"""Takes the pictures of the Vietnamese handbook: ``make handbook``.

Rehearses the cycle of 2011–2012 in a stack of its own, photographs the pages of Airflow that an officer meets
(a second rehearsal waits for its approver and for the records office meanwhile) and the first pages of the
documents that the rehearsal leaves, writes them to docs/images/so-tay and ends the stack. Chromium,
LibreOffice and pdftoppm must be installed (Debian: chromium, libreoffice-writer, libreoffice-calc,
poppler-utils), and the package playwright (requirements-handbook.lock).
"""

from __future__ import annotations

import argparse
import contextlib
import email
import mailbox
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default as policy
from pathlib import Path
from typing import Any

import httpx
from PIL import Image, ImageChops
from playwright.sync_api import Page, sync_playwright

from local_stack.stack import Stack

CLONE = Path(__file__).resolve().parents[2]
PICTURES = Path(__file__).resolve().parent / "so-tay"
CYCLE_DAG = "reporting_cycle__ttdn_dia_phuong"
DONE_RUN = "ttdn_dia_phuong__2011_2012__dien_tap_1"
WAITING_NUMBER = 2
SIZE = {"width": 1360, "height": 850}
PAGE_DPI = 70
BORDER = 15  # pixels left around what is printed
PATIENCE_SECONDS = 180.0
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


_ANYWHERE = """([here, there]) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    node.textContent = node.textContent.replaceAll(here, there);
}"""
"""Shows a folder of this machine as it is called in an office."""


class PictureError(RuntimeError):
    """A picture could not be taken; the message says what was waited for or is not installed."""


class Airflow:
    """What the pictures need of Airflow's interface: a run that waits for people."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.base_url = environment["REPORTING_AIRFLOW_URL"]
        self.client = httpx.Client(base_url=self.base_url, timeout=30, trust_env=False)
        user = {
            "username": environment["REPORTING_DEMO_USER"],
            "password": environment["REPORTING_DEMO_PASSWORD"],
        }
        token = self.client.post("/auth/token", json=user).raise_for_status().json()["access_token"]
        self.client.headers["Authorization"] = f"Bearer {token}"

    def start_waiting_run(self) -> None:
        """Start the second rehearsal, which nobody carries on; nothing when it was started before."""
        conf = {"period": "2011_2012", "mode": "rehearsal", "rehearsal_number": WAITING_NUMBER}
        body = {
            "dag_run_id": f"ttdn_dia_phuong__2011_2012__dien_tap_{WAITING_NUMBER}",
            "conf": conf,
            "logical_date": None,
        }
        answer = self.client.post(f"/api/v2/dags/{CYCLE_DAG}/dagRuns", json=body)
        if answer.status_code != httpx.codes.CONFLICT:
            answer.raise_for_status()

    def waiting_task(self, task: str) -> dict[str, Any]:
        """The task instance of an approval run that waits for a person, once it is there."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            found = self.client.get(
                "/api/v2/dags/~/dagRuns/~/hitlDetails", params={"response_received": "false"}
            )
            for detail in found.raise_for_status().json()["hitl_details"]:
                instance = detail["task_instance"]
                if instance["task_id"] == task and f"dien_tap_{WAITING_NUMBER}" in instance["dag_run_id"]:
                    return dict(instance)
            time.sleep(1)
        raise PictureError(f"no task {task} waited for a person within {PATIENCE_SECONDS:.0f} s")

    def approve(self, instance: dict[str, Any]) -> None:
        """Answer with the first option, as the unit does."""
        path = (
            f"/api/v2/dags/{instance['dag_id']}/dagRuns/{instance['dag_run_id']}"
            f"/taskInstances/{instance['task_id']}/{instance['map_index']}/hitlDetails"
        )
        options = self.client.get(path).raise_for_status().json()["options"]
        time.sleep(3)  # an answer that comes at once may be asked for again
        body = {"chosen_options": options[:1], "params_input": {}}
        self.client.patch(path, json=body).raise_for_status()


class Camera:
    """One page of a browser, logged in."""

    def __init__(self, page: Page, base_url: str, out: Path, hidden: Path) -> None:
        self.page, self.base_url, self.out, self.hidden = page, base_url, out, str(hidden)

    def log_in(self, username: str, password: str) -> None:
        self.page.goto(f"{self.base_url}/auth/login/")
        self.page.locator("input[name=username]").fill(username)
        self.page.locator("input[name=password]").fill(password)
        self.page.locator("button[type=submit]").click()
        self.page.wait_for_load_state("networkidle")

    def take(self, name: str, path: str, *, click: str | None = None, then: str | None = None) -> None:
        """Photograph a page of Airflow, after clicks on the button and the text named, where they are."""
        self.page.goto(self.base_url + path)
        self.page.wait_for_load_state("networkidle")
        if click is not None:
            self.page.get_by_role("button", name=click).first.click()
        if then is not None:
            self.page.get_by_text(then).first.click()
        self.page.wait_for_timeout(2500)
        self.page.evaluate(_ANYWHERE, [self.hidden, "/srv/reporting"])
        self.page.screenshot(path=self.out / f"{name}.png", animations="disabled")

    def take_html(self, name: str, html: str) -> None:
        """Photograph a mail as its receiver sees it."""
        self.page.set_viewport_size({"width": 860, "height": 600})
        self.page.set_content(html)
        self.page.wait_for_timeout(300)
        self.page.screenshot(path=self.out / f"{name}.png", full_page=True)
        self.page.set_viewport_size(SIZE)


def photograph_airflow(stack: Stack, demo: Path, out: Path) -> None:
    """The pages an officer meets, in the state that the rehearsal left and while the second one waits."""
    environment = stack.environment()
    airflow = Airflow(environment)
    browser_path = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser_path is None:
        raise PictureError("Chromium is not installed (Debian: apt install chromium)")
    airflow.start_waiting_run()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh")
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        camera = Camera(page, airflow.base_url, out, stack.layout.root)
        camera.log_in("can_bo", stack.layout.secrets().can_bo_password)
        camera.take("danh-sach", "/dags?limit=50")
        camera.take("luoi-dot-bao-cao", f"/dags/{CYCLE_DAG}/runs/{DONE_RUN}")
        camera.take("mo-dot", f"/dags/{CYCLE_DAG}", click="Trigger")
        camera.take("bieu-mau-dot-xuat", "/dags/reporting_cycle__ad_hoc", click="Trigger", then="1. Nội dung")
        camera.take("thay-doi", "/dags/cycle_change", click="Trigger", then="1. Thay đổi")
        camera.take("van-hanh-tiep-nhan", "/dags/submission_intake")
        asked = airflow.waiting_task("approve")
        camera.take("duyet-du-thao", _page_of(asked))
        airflow.approve(asked)
        camera.take("cap-so", _page_of(airflow.waiting_task("register")))
        mail = next(m for m in mails(demo) if "Đề nghị" in str(m["Subject"]) and m.get_body(("html",)))
        body = mail.get_body(("html",))
        assert body is not None
        camera.take_html("thu-de-nghi", body.get_content())
        browser.close()


def _page_of(instance: dict[str, Any]) -> str:
    run = f"/dags/{instance['dag_id']}/runs/{instance['dag_run_id']}"
    return f"{run}/tasks/{instance['task_id']}/required_actions"


def mails(demo: Path) -> Iterator[EmailMessage]:
    """Every captured mail of the rehearsal, mailbox by mailbox."""
    for folder in sorted((demo / "mail").iterdir()):
        if (folder / "new").is_dir() or (folder / "cur").is_dir():
            box = mailbox.Maildir(folder, create=False)
            for key in sorted(box.keys()):
                message = email.message_from_bytes(box.get_bytes(key), policy=policy)
                assert isinstance(message, EmailMessage)
                yield message


def attachment(demo: Path, subject: str, suffix: str) -> bytes:
    """The first attachment of this kind in a mail whose subject contains these words."""
    for message in mails(demo):
        if subject in str(message["Subject"]):
            for part in message.iter_attachments():
                if str(part.get_filename() or "").endswith(suffix):
                    content = part.get_content()
                    assert isinstance(content, bytes)
                    return content
    raise PictureError(f"no mail about '{subject}' with a file {suffix} in {demo}")


def photograph_documents(demo: Path, out: Path) -> None:
    """First pages of what the rehearsal left."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name, source in (
            ("cong-van", demo / "cong-van-de-nghi.docx"),
            ("bao-cao", demo / "bao-cao-tong-hop.docx"),
            ("phieu-doi-chieu", demo / "phieu-doi-chieu.xlsx"),
        ):
            _first_page(source, out / f"{name}.png", folder)
        for name, subject in (("bieu-so-lieu", "Đề nghị báo cáo"), ("de-nghi-hoan-thien", "hoàn thiện")):
            book = folder / f"{name}.xlsx"
            book.write_bytes(attachment(demo, subject, ".xlsx"))
            _first_page(book, out / f"{name}.png", folder, page=2 if name == "bieu-so-lieu" else 1)


def _first_page(source: Path, picture: Path, folder: Path, page: int = 1) -> None:
    soffice, pdftoppm = shutil.which("soffice"), shutil.which("pdftoppm")
    if soffice is None or pdftoppm is None:
        raise PictureError(
            "LibreOffice and pdftoppm are needed (Debian: libreoffice-writer libreoffice-calc poppler-utils)"
        )
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [soffice, profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    pdf = folder / f"{source.stem}.pdf"
    prefix = folder / picture.stem
    pages = ["-f", str(page), "-l", str(page)]
    subprocess.run(
        [pdftoppm, "-r", str(PAGE_DPI), "-png", *pages, "-singlefile", str(pdf), str(prefix)], check=True
    )
    _trim(prefix.with_suffix(".png"), picture)


def _trim(source: Path, picture: Path) -> None:
    """Cut the white border away but for a little."""
    with Image.open(source) as image:
        whole = image.convert("RGB")
        ink = ImageChops.difference(whole, Image.new("RGB", whole.size, "white")).getbbox()
        if ink is not None:
            left, top, right, bottom = ink
            whole = whole.crop(
                (
                    max(0, left - 15),
                    max(0, top - 15),
                    min(whole.width, right + 15),
                    min(whole.height, bottom + 15),
                )
            )
        whole.quantize(colors=128).save(picture, optimize=True)


def squeeze(out: Path) -> None:
    """Store every picture with a palette: a fifth of the size, and nobody sees the difference."""
    for picture in out.glob("*.png"):
        with Image.open(picture) as image:
            squeezed = image.convert("RGB").quantize(colors=192)
        squeezed.save(picture, optimize=True)


@contextlib.contextmanager
def rehearsed(directory: Path | None, demo: Path) -> Iterator[Stack]:
    """The stack of a rehearsal that was kept running, or of one made for the pictures and then ended."""
    if directory is not None:
        yield Stack(directory)
        return
    own = CLONE / ".local" / "handbook"
    command = [
        sys.executable,
        "-m",
        "rehearsal",
        "demo",
        "--directory",
        str(own),
        "--out",
        str(demo),
        "--keep-running",
    ]
    try:
        subprocess.run(command, check=True, cwd=CLONE)
        yield Stack(own)
    finally:
        Stack(own).down(print)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--directory", type=Path, help="stack of a rehearsal kept running (make demo KEEP=1)")
    parser.add_argument("--demo", type=Path, default=CLONE / "out" / "demo", help="what that rehearsal left")
    parser.add_argument("--out", type=Path, default=PICTURES)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with rehearsed(options.directory, options.demo) as stack:
        photograph_airflow(stack, options.demo, options.out)
    photograph_documents(options.demo, options.out)
    squeeze(options.out)
    sys.stdout.write(f"{len(list(options.out.glob('*.png')))} pictures in {options.out}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

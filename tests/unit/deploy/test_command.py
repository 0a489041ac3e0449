"""The command line as people and scripts meet it."""

import io
import json
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from rich.console import Console as Screen
from typer.testing import CliRunner

from deploy import amounts, command, rows, sheets
from deploy.console import Console
from deploy.conversation import show
from deploy.errors import CommandFailed
from deploy.presentation import show_report
from deploy.report import Report, RowReport
from deploy.secrets import ensure_secrets
from deploy.wording import REASONS
from services.kit import quantity
from services.kit.errors import InvalidInput
from services.stock.domain import catalogues, openings

RUNNER = CliRunner()
COMMANDS = [
    "up",
    "chat",
    "ask",
    "inbox",
    "tap",
    "verify",
    "backup",
    "restore",
    "import items",
    "import opening-stock",
    "import people",
    "import warehouses",
    "import rules",
    "events parked",
    "events show",
    "events retry",
    "events republish",
    "events announce",
]


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("KUGUAN_URL", "KUGUAN_CLIENT_SECRET_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KUGUAN_DATA", str(tmp_path / "data"))


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_explains_itself_with_an_example(words: str) -> None:
    result = RUNNER.invoke(command.application, [*words.split(), "--help"])
    assert result.exit_code == 0
    assert f"Example: kuguan {words}" in result.output


def test_the_help_of_import_tells_the_order_of_the_tables() -> None:
    shown = RUNNER.invoke(command.application, ["import", "--help"]).output
    order = ["warehouses", "items", "people", "identities", "rules", "opening-stock"]
    assert f"{', '.join(order)}." in shown
    listed = [shown.index(f"  {name} ") for name in order]
    assert listed == sorted(listed)


def test_wrong_use_is_exit_code_2_and_failure_is_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert RUNNER.invoke(command.application, ["ask", "hello"]).exit_code == 2
    monkeypatch.setattr("sys.argv", ["kuguan", "ask", "--as", "zhangsan", "--json", "hello"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "kuguan up" in captured.err


def test_a_system_that_does_not_run_is_said_to_be_so(tmp_path: Path) -> None:
    ensure_secrets(tmp_path / "data" / "secrets")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(CommandFailed, match="not running"):
        Console("zhangsan", f"http://127.0.0.1:{port}").inbox()
    people = tmp_path / "people.csv"
    people.write_text("id,name\nzhangsan,张三\n", encoding="utf-8")
    with pytest.raises(CommandFailed, match="not running"):
        RUNNER.invoke(command.application, ["import", "people", str(people)], catch_exceptions=False)


class _Other(BaseHTTPRequestHandler):
    """Something else that speaks HTTP on the port."""

    def do_GET(self) -> None:
        body = b"<html>hello</html>"
        self.send_response(404 if self.path.endswith("404") else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
        return None


@pytest.fixture
def other() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Other)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_something_else_on_the_port_is_not_mistaken_for_kuguan(other: str) -> None:
    with pytest.raises(CommandFailed, match="not Kuguan"):
        Console("zhangsan", other, "secret").inbox()


def test_cards_are_drawn_with_numbered_buttons_that_can_be_tapped() -> None:
    card = {
        "id": "c1",
        "title": "领用 · 请确认",
        "lines": [{"label": "A4打印纸", "value": "−5 包", "change": {"before": "320", "after": "315"}}],
        "buttons": [
            {"action": "confirm", "label": "确认"},
            {"action": "cancel", "label": "[取消]", "asks": "原因"},
        ],
        "state": "open",
        "fallback": "回复「撤销 1007」可以撤回",
    }
    screen = Screen(file=io.StringIO(), width=80, record=True)
    choices = show(screen, [{"text": "好的", "card": None}, {"text": "", "card": card}])
    drawn = screen.export_text()
    assert [(choice.card, choice.action) for choice in choices] == [("c1", "confirm"), ("c1", "cancel")]
    assert [choice.asks for choice in choices] == ["", "原因"]
    for words in ("好的", "320 → 315", "[1] 确认", "[2] [取消]", "c1", "回复「撤销 1007」可以撤回"):
        assert words in drawn


def test_an_import_that_changed_nothing_does_not_say_that_it_wrote() -> None:
    for outcome, words in (("unchanged", "nothing new to write"), ("taken", "written")):
        screen = Screen(file=io.StringIO(), width=80, record=True)
        row = RowReport(2, "A", outcome)  # type: ignore[arg-type]
        show_report(screen, Report("x.csv", "items", [row], written=True), all_rows=False)
        assert words in screen.export_text().splitlines()[-1]


def test_a_table_imported_again_does_not_ask_for_its_refused_rows_as_if_nothing_had_been_taken() -> None:
    kept, refused = RowReport(2, "A", "unchanged"), RowReport(3, "B")
    refused.refuse("NAME_MISSING")
    for was_written, words in ((True, "nothing new to write"), (False, "mend the refused rows")):
        screen = Screen(file=io.StringIO(), width=200, record=True)
        show_report(screen, Report("x.csv", "items", [kept, refused], written=was_written), all_rows=False)
        assert words in screen.export_text()


def test_a_report_counts_every_row_once() -> None:
    reports = [RowReport(2, "A"), RowReport(3, "B"), RowReport(4, "C"), RowReport(5, "D")]
    reports[1].mend("CODE_NORMALISED")
    reports[2].refuse("NAME_MISSING")
    reports[2].mend("BLANKS_JOINED")
    reports[3].outcome = "unchanged"
    told = Report("x.csv", "items", reports).as_json()
    assert told["totals"] == {"rows": 4, "taken": 1, "mended": 1, "unchanged": 1, "refused": 1}
    assert json.loads(json.dumps(told))["rows"][2]["verdict"] == "refused"


def test_every_reason_an_import_can_give_has_words_in_both_languages() -> None:
    refusals = [
        one
        for module in (amounts, catalogues, openings, quantity)
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, InvalidInput) and one is not InvalidInput
    ]
    reasons = {one.reason.fget(one.__new__(one)) for one in refusals}  # type: ignore[attr-defined]
    for path in (Path(rows.__file__), Path(sheets.__file__), Path(amounts.__file__)):
        reasons |= set(re.findall(r'"([A-Z]{3,}(?:_[A-Z]+)+)"', path.read_text(encoding="utf-8")))
    assert len(reasons) > 30
    assert sorted(reasons - set(REASONS)) == []

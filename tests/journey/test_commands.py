"""The `kuguan` command against the running system: help, sentences, imports, copies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from deploy.command import application
from tests.journey.system import System, eventually

SAMPLES = Path(__file__).parents[1] / "data" / "utterances-sample.jsonl"
DEMO = Path(__file__).parents[2] / "deploy" / "demo"


def words_of(command: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every word, and words of words, of the command."""
    yield before
    for name, one in getattr(command, "commands", {}).items():
        yield from words_of(one, (*before, name))


WORDS = list(words_of(typer.main.get_command(application)))
GROUPS = {words[:count] for words in WORDS for count in range(len(words))}


@pytest.mark.parametrize("words", WORDS, ids=lambda words: "-".join(words) or "kuguan")
def test_every_word_explains_itself(words: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(application, [*words, "--help"])
    assert shown.exit_code == 0
    assert "Usage:" in shown.stdout
    if words not in GROUPS:
        assert "Example:" in shown.stdout, "each word shows how it is used"


def test_the_command_lists_all_its_words(system: System) -> None:
    shown = system.command("--help").stdout
    for word in ("up", "chat", "ask", "inbox", "tap", "verify", "import", "events", "backup", "restore"):
        assert f" {word} " in shown, word


def test_the_company_is_known_when_the_system_says_that_it_runs(system: System) -> None:
    assert system.knew_at_once, "a sentence said right after the start was not understood"


def test_every_sample_sentence_means_what_it_should(system: System) -> None:
    samples: list[dict[str, Any]] = [
        json.loads(line) for line in SAMPLES.read_text(encoding="utf-8").splitlines() if line
    ]
    assert len(samples) > 30

    zhangsan = system.person("zhangsan")
    before = zhangsan.sees()
    misses = [meaning for one in samples if (meaning := zhangsan.meaning(one["text"])) != one]
    assert misses == []
    # The command prints what the bot's door answers; a few show that nothing is lost on the way.
    for sample in samples[::12]:
        told = system.command("ask", "--as", "zhangsan", "--dry-run", "--json", sample["text"])
        assert json.loads(told.stdout) == sample
    assert zhangsan.sees() == before, "a dry run says nothing"


def test_a_journey_by_command_only(system: System) -> None:
    def run(*words: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = json.loads(system.command(*words, "--json").stdout)["messages"]
        return messages

    def card(person: str, action: str, order: str) -> str | None:
        for message in reversed(run("inbox", "--as", person)):
            told = message["card"]
            if told and told.get("number") == order and action in [b["action"] for b in told["buttons"]]:
                return str(told["id"])
        return None

    asked = run("ask", "--as", "张三", "领5包A4纸 用于投标")[-1]["card"]
    assert {"id", "title", "lines", "buttons", "state"} <= set(asked)
    placed = run("tap", "--as", "zhangsan", asked["id"], "confirm")
    order = next(message["card"]["number"] for message in placed if message["card"])
    for person, action in (("lixia", "approve"), ("zhaoliu", "hand_over")):
        found = eventually(lambda: card(person, action, order), f"{action} for {person}")  # noqa: B023
        run("tap", "--as", person, found, action)
    system.reaches(order, "FULFILLED")
    assert system.moved(order) == -5
    system.person("zhangsan").waits(order, "done", "已发料")
    shown = system.command("inbox", "--as", "zhangsan").stdout
    assert order in shown
    assert "已发料" in shown


def test_what_goes_wrong_is_said_in_both_languages_and_by_the_exit_code(
    system: System, tmp_path: Path
) -> None:
    for words in (
        ("ask", "--as", "nobody", "A4纸还有多少"),
        ("verify", "--data", str(tmp_path / "nothing-here")),
        ("import", "items", str(tmp_path / "missing.csv")),
        ("restore", str(tmp_path), "--data", str(tmp_path / "new")),
        ("up", "--data", str(system.data), "--port", str(system.port)),
    ):
        done = system.command(*words, check=False)
        told = done.stdout + done.stderr
        assert done.returncode != 0, words
        assert "Traceback" not in told, told
        assert any("一" <= sign <= "鿿" for sign in told), told
        assert any(sign.isascii() and sign.isalpha() for sign in told)


@pytest.mark.parametrize(("kind", "file"), [("items", "items.csv"), ("opening-stock", "opening-stock.csv")])
def test_a_dry_run_of_an_import_reports_every_row_and_writes_nothing(
    system: System, kind: str, file: str
) -> None:
    before = system.stock("BG-001"), len(system.orders_of("zhangsan"))
    done = system.command("import", kind, str(DEMO / file), "--dry-run", "--json", check=False)
    report = json.loads(done.stdout)
    rows = len((DEMO / file).read_text(encoding="utf-8").splitlines()) - 1
    assert (report["dry_run"], report["written"], report["totals"]["rows"]) == (True, False, rows)
    assert len(report["rows"]) == rows
    if kind == "items":
        assert report["totals"]["unchanged"] == rows, "they are there already"
    else:
        assert report["totals"]["refused"] == rows, "opening stock is recorded once"
    assert (system.stock("BG-001"), len(system.orders_of("zhangsan"))) == before


def test_dirty_rows_are_mended_or_refused_with_their_reason(system: System, tmp_path: Path) -> None:
    table = tmp_path / "items.csv"
    rows = [
        "编码,名称,单位,类别,成本",
        "  ZX-001 ,透明文件袋,个,办公用品,２.５",
        "ZX-002,,个,办公用品,1",
        "ZX-001,重复的编码,个,办公用品,1",
        "ZX-003,会议桌牌,个,办公用品,不知道",
    ]
    table.write_bytes("\r\n".join(rows).encode("gb18030"))
    done = system.command("import", "items", str(table), "--json", check=False)
    report = json.loads(done.stdout)
    verdicts = {row["row"]: row["verdict"] for row in report["rows"]}
    assert sorted(verdicts.values()).count("refused") >= 2
    assert all(row["reasons"] for row in report["rows"] if row["verdict"] in ("mended", "refused"))
    assert report["written"]
    person = system.person("zhangsan")
    eventually(
        lambda: person.meaning("透明文件袋 库存")["expect"].get("items") == ["ZX-001"], "the item is known"
    )


def test_people_who_are_imported_can_talk_at_once(system: System, tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    table.write_text(
        "id,name,department,roles,manager,language\n"
        "guwei,顾伟,市场部,employee,lixia,zh\n"
        "maria,Maria Rossi,市场部,employee,lixia,en\n",
        encoding="utf-8",
    )
    dry = json.loads(system.command("import", "people", str(table), "--dry-run", "--json").stdout)
    assert (dry["written"], dry["totals"]["taken"]) == (False, 2)
    assert system.command("ask", "--as", "guwei", "帮助", check=False).returncode != 0
    assert json.loads(system.command("import", "people", str(table), "--json").stdout)["written"]
    eventually(lambda: "顾伟" in _asked(system, "guwei", "A4纸还有多少"), "顾伟 is known to the bot")
    assert "in stock" in _asked(system, "maria", "A4 paper stock").lower() or "available" in _asked(
        system, "maria", "A4 paper stock"
    )


def _asked(system: System, person: str, sentence: str) -> str:
    """Everything the command prints for a sentence; a marker of the person when it succeeds."""
    done = system.command("ask", "--as", person, sentence, check=False)
    return done.stdout + (" 顾伟" if done.returncode == 0 else "")


@pytest.mark.slow
def test_a_copy_made_under_load_is_whole_and_goes_on_elsewhere(
    system: System, new_system: Callable[[str], System], tmp_path: Path
) -> None:
    hefeng, zhaoliu = system.people("hefeng", "zhaoliu")
    stop = Event()

    def busy() -> list[str]:
        orders = []
        while not stop.is_set():
            orders.append(hefeng.orders("领1支红笔"))
        return orders

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(busy)
        try:
            eventually(lambda: hefeng.heard("已批准"), "orders are being placed")
            system.command("backup", str(tmp_path / "copy"), "--data", str(system.data))
        finally:
            stop.set()
        orders = working.result()
    restored = new_system("restored")
    system.command("restore", str(tmp_path / "copy"), "--data", str(restored.data))
    restored.start()
    there = restored.orders_of("hefeng")
    order = there[0]
    assert order in system.orders_of("hefeng")
    restored.reaches(order, "APPROVED")
    keeper = restored.person("zhaoliu")
    keeper.taps(keeper.gets(order, "hand_over"), "hand_over")
    restored.reaches(order, "FULFILLED")
    assert restored.moved(order) == -1
    restored.stop()
    restored.verify()
    for name in orders:
        zhaoliu.taps(zhaoliu.gets(name, "hand_over"), "hand_over")
        system.reaches(name, "FULFILLED")

"""What is deployed fits the code: the image, the compose file, the broker, the dashboard, the example."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.metrics import MetricWrapperBase

from bot import measures
from deploy.broker import MAXIMUM_PAYLOAD, MAXIMUM_STORE, find_server
from deploy.declarations import PARTS
from services.kit import telemetry
from tests.architecture.manifests import DEPLOY, PRODUCTION, VARIABLE, Document, documents, is_read, runs
from tests.architecture.tree import ROOT, files, name

# For the compose file itself, not for a program.
OF_COMPOSE = {"KUGUAN_VERSION"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

FIGURES = [*vars(telemetry).values(), *vars(measures).values()]


# ---------------------------------------------------------------- the image


def dockerfile() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (DEPLOY / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(word, rest.strip()) for word, _, rest in (line.strip().partition(" ") for line in lines) if word]


def test_the_image_copies_only_what_is_there_and_not_ignored() -> None:
    allowed = [
        line[1:]
        for line in (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    ]
    sources = [
        source
        for word, rest in dockerfile()
        if word == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    ]
    assert sorted(sources) == sorted(allowed)
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_the_image_is_built_from_hashed_wheels_and_runs_as_nobody() -> None:
    instructions = dockerfile()
    installs = [rest for word, rest in instructions if word == "RUN" and re.search(r"\bpip\b", rest)]
    assert len(installs) == 3
    assert "--require-hashes" in installs[0]
    assert "--only-binary :all:" in installs[0]
    assert all("--no-index" in one for one in installs[1:])
    last = max(number for number, (word, _) in enumerate(instructions) if word == "FROM")
    final = instructions[last:]
    assert ("USER", "10001:10001") in final
    assert [rest for word, rest in final if word in {"ADD", "ARG"}] == []
    (started,) = [json.loads(rest) for word, rest in final if word == "CMD"]
    assert runs(started) == ""
    assert {rest.split()[0] for word, rest in instructions if word == "FROM"} == {"python:3.11-slim"}


def test_only_what_is_published_without_a_wheel_is_packed_from_source() -> None:
    command = next(rest for word, rest in dockerfile() if word == "RUN" and "--no-binary" in rest)
    words = shlex.split(command)
    assert [words[n + 1] for n, word in enumerate(words) if word == "--no-binary"] == ["nkeys"]


def test_no_secret_and_no_data_can_get_into_the_image() -> None:
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {"deploy/secrets", "deploy/kubernetes", "**/*.pem", "**/*.nkey", "**/*.secret"} <= set(rules)


# ---------------------------------------------------------------- compose


@pytest.fixture(scope="module")
def compose() -> Document:
    """The compose file."""
    (told,) = documents(DEPLOY / "compose.yaml")
    return dict(told)


def ours(compose: Document) -> dict[str, Document]:
    """The services that run our image."""
    return {name: one for name, one in compose["services"].items() if one["image"].startswith("kuguan:")}


def test_compose_runs_every_part_and_commands_that_exist(compose: Document) -> None:
    assert set(PARTS) | {"nats", "postgres", "keys"} <= set(compose["services"])
    wrong = {name: runs(one["command"]) for name, one in ours(compose).items()}
    assert {name: problem for name, problem in wrong.items() if problem} == {}
    assert {one["command"][2] for name, one in ours(compose).items() if name in PARTS} == set(PARTS.values())


def test_compose_uses_the_version_of_the_project_and_pinned_images(compose: Document) -> None:
    images = {one["image"] for one in compose["services"].values()}
    assert f"kuguan:${{KUGUAN_VERSION:-{PROJECT['version']}}}" in images
    assert [image for image in images if ":" not in image or image.endswith(":latest")] == []


def test_every_setting_of_compose_is_read_by_the_code(compose: Document) -> None:
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    assert [one for one in sorted(set(VARIABLE.findall(text)) - OF_COMPOSE) if not is_read(one)] == []


def test_compose_gives_each_container_the_files_it_is_told_of(compose: Document, secrets: Path) -> None:
    for one in compose["services"].values():
        for secret in one.get("secrets", []):
            path = compose["secrets"][secret["source"]]["file"]
            assert path.startswith("./secrets/")
            assert (secrets / path.removeprefix("./secrets/")).is_file(), path
    for part, one in compose["services"].items():
        given = {secret["target"] for secret in one.get("secrets", [])}
        told = [value for value in (one.get("environment") or {}).values() if "/run/secrets/" in str(value)]
        assert {Path(value).name for value in told} <= given, part
    used = {secret["source"] for one in compose["services"].values() for secret in one.get("secrets", [])}
    assert used == set(compose["secrets"])


def test_no_part_sees_the_keys_of_another(compose: Document) -> None:
    shared = {"authority", "access-public"}
    seen: dict[str, list[str]] = {}
    for part in PARTS:
        for secret in compose["services"][part]["secrets"]:
            seen.setdefault(secret["source"], []).append(part)
    assert {secret: parts for secret, parts in seen.items() if len(parts) > 1 and secret not in shared} == {}
    assert seen["access-private"] == ["approvals"]


def test_compose_waits_for_what_must_be_there_and_names_what_exists(compose: Document) -> None:
    services = compose["services"]
    for one in services.values():
        for other, condition in one.get("depends_on", {}).items():
            assert other in services
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in services[other]
        assert set(one.get("networks", [])) <= set(compose["networks"])
        for volume in one.get("volumes", []):
            source = volume.split(":")[0]
            there = source in compose["volumes"] or (DEPLOY / source).exists() or source == "./secrets"
            assert there, volume
    for part in PARTS:
        assert {"prepare-databases", "prepare-streams"} <= set(services[part]["depends_on"])
        assert services[part]["healthcheck"]["test"][0] == "CMD"


def test_compose_containers_can_write_nothing_and_gain_nothing(compose: Document) -> None:
    for part, one in ours(compose).items():
        assert one["read_only"] is True, part
        assert one["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in one["security_opt"]
        assert one["user"] == "10001:10001" or part == "broker-directory"
    assert compose["networks"]["inside"]["internal"] is True
    published = {part: one["ports"] for part, one in compose["services"].items() if "ports" in one}
    assert published == {"bot": ["127.0.0.1:8088:8088"]}


# ---------------------------------------------------------------- the broker, the dashboard, the example


def brokers(secrets: Path) -> Iterator[tuple[Path, str]]:
    """The broker's configurations with the places of this machine."""
    for path, there in (
        (DEPLOY / "nats" / "single.conf", "/run/secrets/"),
        (PRODUCTION / "nats.conf", "/etc/nats/"),
    ):
        text = path.read_text("utf-8")
        for file in re.findall(rf'"{there}([a-z.-]+)"', text):
            prepared = {"tls.pem": "nats.pem", "tls-key.pem": "nats-key.pem", "tls-ca.pem": "authority.pem"}
            text = text.replace(f"{there}{file}", str(secrets / prepared[file]))
        yield path, text


def test_the_broker_takes_its_configurations(secrets: Path, tmp_path: Path) -> None:
    for path, text in brokers(secrets):
        placed = tmp_path / path.name
        placed.write_text(text.replace("/var/lib/kuguan-broker", str(tmp_path)))
        shutil.copy(secrets / "broker-users.conf", tmp_path)
        environment = {**os.environ, "POD_NAME": "nats-0"}
        done = subprocess.run(
            [find_server(), "-t", "-c", str(placed)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{name(path)}: {done.stderr}"


def test_the_broker_is_set_up_alike_wherever_it_runs() -> None:
    for path in (DEPLOY / "nats" / "single.conf", PRODUCTION / "nats.conf"):
        text = path.read_text("utf-8")
        assert "sync_interval: always" in text
        assert f"max_payload: {MAXIMUM_PAYLOAD}\n" in text
        assert f"max_file_store: {MAXIMUM_STORE}\n" in text
        assert text.count("verify: true") == text.count("tls {")
        assert 'include "broker-users.conf"' in text


def test_the_dashboard_shows_figures_that_exist_and_all_that_must_be_watched() -> None:
    board = json.loads((DEPLOY / "grafana" / "kuguan.json").read_text("utf-8"))
    shown = {
        word
        for panel in board["panels"]
        for target in panel.get("targets", [])
        for word in re.findall(r"\bkuguan_\w+", target["expr"])
    }
    made = [one for one in FIGURES if isinstance(one, MetricWrapperBase)]
    known = {
        metric.name + {"counter": "_total", "histogram": "_bucket"}.get(metric.type, "")
        for one in made
        for metric in one.describe()
    }
    assert shown == known
    numbers = [panel["id"] for panel in board["panels"]]
    assert len(numbers) == len(set(numbers))


def test_the_example_of_an_environment_names_settings_that_are_read() -> None:
    text = (DEPLOY / "environment.example").read_text("utf-8")
    assert [one for one in sorted(set(VARIABLE.findall(text))) if not is_read(one)] == []


def test_secrets_of_deployments_are_never_tracked() -> None:
    for place in ("deploy/secrets/stock.password", f"{name(PRODUCTION)}/secrets/clients.json"):
        done = subprocess.run(["git", "check-ignore", "--quiet", place], cwd=ROOT, check=False)
        assert done.returncode == 0, place
    assert [name(path) for path in files() if stat.S_IMODE(path.stat().st_mode) & 0o022] == []

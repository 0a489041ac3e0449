"""Deployment files as the tests beside this module read them: containers, kustomizations, policies."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer
import yaml

from deploy.command import application
from deploy.declarations import PARTS
from tests.architecture.tree import ROOT, files, name

DEPLOY = ROOT / "deploy"
BASE = DEPLOY / "kubernetes" / "base"
PRODUCTION = DEPLOY / "kubernetes" / "overlays" / "production"
MONITORING = DEPLOY / "kubernetes" / "components" / "monitoring"
SERVICES = ("stock", "orders", "approvals")
VARIABLE = re.compile(r"\bKUGUAN_[A-Z_]+[A-Z]\b")

Document = dict[str, Any]


@cache
def code() -> str:
    """All code that reads settings."""
    folders = (ROOT / "services", ROOT / "bot", DEPLOY)
    paths = [path for path in files() if path.suffix == ".py" and set(folders) & set(path.parents)]
    return "\n".join(path.read_text("utf-8") for path in paths)


def is_read(variable: str) -> bool:
    """Whether a program reads a setting, whole or by its last part."""
    plain = re.sub(r"^KUGUAN_(STOCK|ORDERS|APPROVALS|BOT)_", "KUGUAN_", variable)
    if plain == "KUGUAN_ADDRESS":
        return True
    return f'"{variable}"' in code() or f'"{plain.removeprefix("KUGUAN_")}"' in code()


def runs(command: list[str]) -> str:
    """What is wrong with a command that a container of our image is started with; empty if nothing is."""
    if command[:2] == ["python", "-m"]:
        return (
            "" if command[2] in PARTS.values() and find_spec(f"{command[2]}.__main__") else "no such module"
        )
    if command[0] != "kuguan":
        return "" if command[0] in {"chown", "python"} else "no such program"
    known: Any = typer.main.get_command(application)
    typed = command[1:]
    while hasattr(known, "commands"):
        if not typed or typed[0].startswith("-"):
            return "" if typed in (["--help"], ["-h"]) else "no word"
        if typed[0] not in known.commands:
            return f"no word {typed[0]}"
        known = known.commands[typed.pop(0)]
    options = {option for parameter in known.params for option in parameter.opts}
    return next((f"no option {word}" for word in typed if word.startswith("--") and word not in options), "")


def documents(path: Path) -> list[Document]:
    """The YAML documents of a file."""
    return [one for one in yaml.safe_load_all(path.read_text("utf-8")) if one is not None]


def kustomization(folder: Path) -> Document:
    """A folder's kustomization."""
    (told,) = documents(folder / "kustomization.yaml")
    return dict(told)


def resources(folder: Path) -> list[Document]:
    """Every resource that a kustomization brings in, before its patches; each reference must exist."""
    found: list[Document] = []
    for entry in [*kustomization(folder).get("resources", []), *kustomization(folder).get("components", [])]:
        path = (folder / entry).resolve()
        assert path.exists(), f"{name(folder)} names {entry}"
        found.extend(resources(path) if path.is_dir() else documents(path))
    return found


def targets(patch: Document, among: list[Document]) -> list[Document]:
    """The resources that a patch changes."""
    wanted = patch["target"]
    label, _, value = wanted.get("labelSelector", "").partition("=")
    return [
        one
        for one in among
        if one["kind"] == wanted["kind"]
        and wanted.get("name", one["metadata"]["name"]) == one["metadata"]["name"]
        and (not label or one["metadata"].get("labels", {}).get(label) == value)
    ]


def patched(folder: Path) -> list[Document]:
    """The resources of a kustomization with its patches and replica counts."""
    built = copy.deepcopy(resources(folder))
    told = kustomization(folder)
    for patch in told.get("patches", []):
        content: Any = yaml.safe_load((folder / patch["path"]).read_text("utf-8"))
        hit = targets(patch, built)
        assert hit, f"{patch['path']} changes nothing"
        for one in hit:
            if isinstance(content, list):
                for step in content:
                    apply_step(one, step)
            else:
                merge(one, {"spec": content["spec"]})
    for entry in told.get("replicas", []):
        hit = [one for one in built if one["metadata"]["name"] == entry["name"] and "replicas" in one["spec"]]
        assert hit, f"replicas of {entry['name']} changes nothing"
        for one in hit:
            one["spec"]["replicas"] = entry["count"]
    return built


def apply_step(document: Any, step: Document) -> None:
    """One step of a JSON patch; its place must be there."""
    *way, last = step["path"].strip("/").split("/")
    place = document
    for word in way:
        place = place[int(word)] if isinstance(place, list) else place[word]
    if isinstance(place, list):
        assert (step["op"], last) == ("add", "-")
        place.append(copy.deepcopy(step["value"]))
    else:
        assert step["op"] == "add" or last in place
        place[last] = copy.deepcopy(step["value"])


def merge(document: Document, change: Mapping[str, Any]) -> None:
    """A merge of mappings; lists are taken as they are."""
    for key, value in change.items():
        if isinstance(value, dict) and isinstance(document.get(key), dict):
            merge(document[key], value)
        else:
            document[key] = copy.deepcopy(value)


def workloads(among: list[Document]) -> dict[str, Document]:
    """Everything that makes pods, by name."""
    kinds = {"Deployment", "StatefulSet", "Job"}
    return {one["metadata"]["name"]: one for one in among if one["kind"] in kinds}


def containers(workload: Document) -> list[Document]:
    """The containers of a workload."""
    return list(workload["spec"]["template"]["spec"]["containers"])


def selected(selector: Document, labels: Mapping[str, str]) -> bool:
    """Whether a selector means a pod with these labels."""
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    return all(labels.get(one["key"]) in one["values"] for one in selector.get("matchExpressions", []))


def allows(built: list[Document], source: Mapping[str, str], target: Mapping[str, str], port: int) -> bool:
    """Whether policies let one pod of the namespace reach another: out of the one and into the other."""

    def open_(direction: str, own: Mapping[str, str], other: Mapping[str, str]) -> bool:
        side = {"egress": "to", "ingress": "from"}[direction]
        return any(
            selected(policy["spec"]["podSelector"], own)
            and any(entry["port"] == port for entry in rule.get("ports", []))
            and (
                side not in rule
                or any(
                    "podSelector" in peer
                    and "namespaceSelector" not in peer
                    and selected(peer["podSelector"], other)
                    for peer in rule[side]
                )
            )
            for policy in built
            if policy["kind"] == "NetworkPolicy"
            for rule in policy["spec"].get(direction, [])
        )

    return open_("egress", source, target) and open_("ingress", target, source)

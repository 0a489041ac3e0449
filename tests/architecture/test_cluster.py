"""The manifests of a cluster: whole, valid, bounded, and open to nobody who is not named."""

from __future__ import annotations

import copy
import os
import shutil
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from deploy.declarations import PARTS
from tests.architecture.manifests import (
    BASE,
    DEPLOY,
    MONITORING,
    PRODUCTION,
    SERVICES,
    Document,
    allows,
    containers,
    is_read,
    kustomization,
    patched,
    runs,
    selected,
    workloads,
)
from tests.architecture.tree import files

KUBERNETES = "1.34"
# Kept by operators whose schemas are not Kubernetes' own.
CUSTOM = {"Cluster", "Database", "ServiceMonitor"}


def problems(among: list[Document]) -> list[str]:
    """What the schemas of Kubernetes say about resources."""
    found = []
    for one in among:
        if one["kind"] in CUSTOM:
            continue
        try:
            kubernetes_validate.validate(one, KUBERNETES, strict=True)
        except kubernetes_validate.ValidationError as error:
            found.append(f"{one['kind']} {one['metadata']['name']}: {error}")
    return found


@pytest.mark.parametrize("folder", [BASE, PRODUCTION, MONITORING], ids=lambda folder: folder.name)
def test_every_resource_satisfies_the_schemas_of_kubernetes(folder: Path) -> None:
    assert problems(patched(folder)) == []


def test_a_wrong_resource_does_not_satisfy_them() -> None:
    broken = copy.deepcopy(workloads(patched(BASE))["stock"])
    broken["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
    assert len(problems([broken])) == 1


def test_every_file_of_the_folder_is_used() -> None:
    for folder in (BASE, PRODUCTION, MONITORING):
        told = kustomization(folder)
        listed = {*told.get("resources", []), *(patch["path"] for patch in told.get("patches", []))}
        listed |= {entry for one in told.get("configMapGenerator", []) for entry in one.get("files", [])}
        there = {path.name for path in files() if path.parent == folder} - {"kustomization.yaml"}
        assert there - listed == set()


def test_names_are_unique_and_every_document_is_of_this_system() -> None:
    names = [(one["kind"], one["metadata"]["name"]) for one in [*patched(PRODUCTION), *patched(MONITORING)]]
    assert len(names) == len(set(names))


def test_parts_in_the_cluster_run_commands_and_settings_that_the_code_knows() -> None:
    told = {
        line.partition("=")[0]
        for generator in kustomization(BASE)["configMapGenerator"]
        for line in generator["literals"]
    }
    among = workloads(patched(PRODUCTION))
    assert set(PARTS) | {"nats", "prepare-streams"} == set(among)
    for workload in among.values():
        (container,) = containers(workload)
        told |= {entry["name"] for entry in container.get("env", []) if entry["name"].startswith("KUGUAN_")}
        if container["image"] == "kuguan":
            assert runs(container["command"]) == "", workload["metadata"]["name"]
    assert [one for one in sorted(told) if not is_read(one)] == []


def test_parts_find_the_files_their_settings_name() -> None:
    generated = {one["name"]: one["files"] for one in kustomization(PRODUCTION)["secretGenerator"]}
    common = dict(
        line.partition("=")[::2] for line in kustomization(BASE)["configMapGenerator"][0]["literals"]
    )
    for part, workload in workloads(patched(PRODUCTION)).items():
        (container,) = containers(workload)
        if container["image"] != "kuguan":
            continue
        (secret,) = [
            one["secret"]["secretName"]
            for one in workload["spec"]["template"]["spec"]["volumes"]
            if one["name"] == "secrets"
        ]
        given = {entry.partition("=")[0] for entry in generated[secret]}
        own = {entry["name"]: entry["value"] for entry in container.get("env", [])}
        used = (
            common | own
            if part in PARTS
            else {k: v for k, v in common.items() if "BROKER" in k or "TLS" in k}
        )
        paths = {Path(value) for value in used.values() if value.startswith("/etc/kuguan/")}
        assert {path.name for path in paths} == given, part


def test_the_secrets_of_the_overlay_are_the_ones_that_are_prepared(secrets: Path) -> None:
    told = kustomization(PRODUCTION)["secretGenerator"]
    sources = {entry.partition("=")[2].removeprefix("secrets/") for one in told for entry in one["files"]}
    assert {source for source in sources if not (secrets / source).is_file()} == set()
    private = [one["name"] for one in told if any("access-private" in entry for entry in one["files"])]
    assert private == ["approvals"]


def test_reflection_is_off_and_nothing_of_the_demo_is_on_in_production() -> None:
    literals = kustomization(BASE)["configMapGenerator"][0]["literals"]
    assert "KUGUAN_REFLECTION=off" in literals
    assert "KUGUAN_DEMO" not in (DEPLOY / "compose.yaml").read_text("utf-8")
    assert not any("KUGUAN_DEMO" in path.read_text("utf-8") for path in BASE.glob("*.yaml"))


def test_every_container_is_bounded_probed_and_powerless() -> None:
    for part, workload in workloads(patched(PRODUCTION)).items():
        pod = workload["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        for container in pod["containers"]:
            guarded = container["securityContext"]
            assert guarded["readOnlyRootFilesystem"] is True
            assert guarded["allowPrivilegeEscalation"] is False
            assert guarded["capabilities"] == {"drop": ["ALL"]}
            assert set(container["resources"]) == {"requests", "limits"}
            if workload["kind"] != "Job":
                probes = {"startupProbe", "livenessProbe", "readinessProbe"}
                assert probes <= set(container), part
                asked = {container[probe].get("httpGet", {}).get("port", "metrics") for probe in probes}
                assert asked <= {port["name"] for port in container["ports"]} | {"metrics"}


def test_parts_have_two_replicas_and_budgets_and_the_broker_three_nodes_apart() -> None:
    built = patched(PRODUCTION)
    among = workloads(built)
    assert {among[part]["spec"]["replicas"] for part in PARTS} == {2}
    budgets = {one["metadata"]["name"] for one in built if one["kind"] == "PodDisruptionBudget"}
    assert {*PARTS, "nats"} == budgets
    broker = among["nats"]["spec"]
    assert broker["replicas"] == 3
    apart = broker["template"]["spec"]["affinity"]["podAntiAffinity"]
    assert (
        apart["requiredDuringSchedulingIgnoredDuringExecution"][0]["topologyKey"] == "kubernetes.io/hostname"
    )
    assert containers(among["prepare-streams"])[0]["command"][-2:] == ["--replicas", "3"]
    (database,) = [one for one in built if one["kind"] == "Cluster"]
    assert database["spec"]["instances"] == 3
    roles = {role["name"] for role in database["spec"]["managed"]["roles"]}
    assert roles == set(PARTS) == {one["spec"]["owner"] for one in built if one["kind"] == "Database"}


def test_every_selector_means_something() -> None:
    built = [*patched(PRODUCTION), *patched(MONITORING)]
    pods = [one["spec"]["template"]["metadata"]["labels"] for one in workloads(built).values()]
    pods.append({"cnpg.io/cluster": "postgres"})
    for one in built:
        selector = one.get("spec", {}).get("selector", {})
        if one["kind"] == "Service":
            selector = {"matchLabels": selector}
        if one["kind"] == "NetworkPolicy":
            selector = one["spec"]["podSelector"]
        if one["kind"] in {"Service", "NetworkPolicy", "PodDisruptionBudget", "Deployment", "StatefulSet"}:
            assert any(selected(selector, labels) for labels in pods), one["metadata"]["name"]


def test_who_may_talk_to_whom_is_exactly_what_the_design_says() -> None:
    built = patched(PRODUCTION)
    labels = {
        part: one["spec"]["template"]["metadata"]["labels"] for part, one in workloads(built).items()
    } | {"postgres": {"cnpg.io/cluster": "postgres"}, "stranger": {}}
    denied = next(one for one in built if one["metadata"]["name"] == "deny-by-default")["spec"]
    assert denied == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    ports = {"stock": 9000, "orders": 9000, "approvals": 9000, "bot": 8088, "nats": 4222, "postgres": 5432}
    talk = {
        (source, target)
        for source in labels
        for target, port in ports.items()
        if source != target and allows(built, labels[source], labels[target], port)
    }
    assert talk == {
        *(("bot", service) for service in SERVICES),
        *((part, "nats") for part in (*PARTS, "prepare-streams")),
        *((part, "postgres") for part in PARTS),
    }


@pytest.fixture
def production(secrets: Path, tmp_path: Path) -> Path:
    """The overlay as a deployer has it, with secrets."""
    shutil.copytree(DEPLOY / "kubernetes", tmp_path / "kubernetes", ignore=shutil.ignore_patterns("secrets"))
    folder = tmp_path / "kubernetes" / "overlays" / "production"
    shutil.copytree(secrets, folder / "secrets")
    return folder


def test_the_real_tool_builds_the_overlay_and_the_schemas_agree(production: Path) -> None:
    tool = shutil.which("kustomize") or shutil.which("kubectl")
    if tool is None:
        pytest.skip(
            "neither kustomize nor kubectl is here; the tests beside this one read the files themselves"
        )
    word = "build" if Path(tool).name == "kustomize" else "kustomize"
    environment = {**os.environ, "KUBECONFIG": os.devnull}
    done = subprocess.run(
        [tool, word, str(production)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    built = [one for one in yaml.safe_load_all(done.stdout) if one]
    assert problems(built) == []
    ignored = {"Secret", "ConfigMap"}
    mine = {(one["kind"], one["metadata"]["name"]) for one in patched(PRODUCTION)}
    theirs = {(one["kind"], one["metadata"]["name"]) for one in built if one["kind"] not in ignored}
    assert mine == theirs

"""The contract keeps its promises: permissions, request ids, pages, no type to choose, fresh code."""

import importlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor, MethodDescriptor
from kuguan.type.v1 import options_pb2

from tests.architecture.tree import ROOT

PROTOS = ROOT / "protos"
BUF = Path(sys.executable).parent / "buf"
GENERATE = [sys.executable, str(PROTOS / "generate.py")]

READS = re.compile(r"^(Get|List|Find|BatchGet)[A-Z]")
# They write nothing: a token is derived, not stored.
TOKENS = {"ExchangeIdentity", "ExchangeClient"}
PERMISSION = re.compile(r"^[a-z]+\.[a-z_]+$")
# What anybody may call without a token, because it is how one gets a token.
PUBLIC = {"ExchangeIdentity", "ExchangeClient", "ListPublicKeys"}
# A few rows that never grow with the business; everything else is paged from the first day.
WHOLE_LISTS = {"ListPublicKeys", "ListRoles"}
DOCUMENT_TYPE = re.compile(r"(^|_)(kind|type|movement|effect|stock_effect|prefix)$")


def contract_files() -> list[FileDescriptor]:
    """Every file of the contract."""
    names = sorted(
        path.relative_to(PROTOS).with_suffix("").as_posix() for path in PROTOS.glob("kuguan/**/*.proto")
    )
    modules = (importlib.import_module(name.replace("/", ".") + "_pb2") for name in names)
    return [module.DESCRIPTOR for module in modules]


def methods() -> list[MethodDescriptor]:
    """Every RPC of the contract."""
    services = (service for file in contract_files() for service in file.services_by_name.values())
    return [method for service in services for method in service.methods]


def reachable(message: Descriptor, seen: set[str] | None = None) -> Iterator[FieldDescriptor]:
    """Every field of a message and of the messages in it."""
    seen = set() if seen is None else seen
    if message.full_name in seen or not message.full_name.startswith("kuguan."):
        return
    seen.add(message.full_name)
    for field in message.fields:
        yield field
        if field.message_type is not None:
            yield from reachable(field.message_type, seen)


def test_the_contract_has_the_services_of_the_design() -> None:
    assert {method.containing_service.full_name for method in methods()} == {
        "kuguan.stock.v1.ItemService",
        "kuguan.stock.v1.WarehouseService",
        "kuguan.stock.v1.StockService",
        "kuguan.orders.v1.OrderService",
        "kuguan.approvals.v1.PeopleService",
        "kuguan.approvals.v1.ApprovalService",
        "kuguan.approvals.v1.RuleService",
        "kuguan.approvals.v1.AccessService",
    }


@pytest.mark.parametrize("method", methods(), ids=lambda method: method.full_name)
def test_every_rpc_names_the_permission_it_needs(method: MethodDescriptor) -> None:
    # The stubs know extensions of a typed kind only; the compiler writes a plain one.
    permission: str = method.GetOptions().Extensions[cast("Any", options_pb2.permission)]
    if method.name in PUBLIC:
        assert permission == "public"
    else:
        assert PERMISSION.match(permission), f"{method.full_name} names no permission"


@pytest.mark.parametrize("method", methods(), ids=lambda method: method.full_name)
def test_no_request_lets_the_caller_choose_a_document_type(method: MethodDescriptor) -> None:
    chosen = [
        field.full_name
        for field in reachable(method.input_type)
        # A message is an entry with fields of its own; only a bare value could be a flag.
        if DOCUMENT_TYPE.search(field.name) and field.message_type is None
    ]
    assert chosen == []


def test_each_kind_of_order_has_its_own_entry() -> None:
    create = next(method for method in methods() if method.name == "CreateOrder").input_type
    entries = create.oneofs_by_name["entry"].fields
    types = [field.message_type for field in entries]
    assert None not in types
    assert len({one.full_name for one in types if one is not None}) == len(entries) >= 3


@pytest.mark.parametrize("method", methods(), ids=lambda method: method.full_name)
def test_every_write_carries_the_id_of_its_request(method: MethodDescriptor) -> None:
    if READS.match(method.name) or method.name in TOKENS:
        return
    assert "request_id" in {field.name for field in reachable(method.input_type)}


@pytest.mark.parametrize("method", methods(), ids=lambda method: method.full_name)
def test_every_list_comes_in_pages(method: MethodDescriptor) -> None:
    if not method.name.startswith("List") or method.name in WHOLE_LISTS:
        return
    assert {"page_size", "page_token"} <= set(method.input_type.fields_by_name)
    assert "next_page_token" in method.output_type.fields_by_name


def messages() -> Iterator[Descriptor]:
    """Every message of the contract."""
    for file in contract_files():
        yield from file.message_types_by_name.values()


def test_times_are_called_times_and_nothing_is_a_float() -> None:
    fields = [field for message in messages() for field in message.fields]
    moments = [field for field in fields if field.message_type and field.message_type.name == "Timestamp"]
    assert [field.full_name for field in moments if not field.name.endswith("_time")] == []
    inexact = {FieldDescriptor.TYPE_FLOAT, FieldDescriptor.TYPE_DOUBLE}
    assert [field.full_name for field in fields if field.type in inexact] == []


def test_generated_code_is_what_the_contract_says() -> None:
    done = subprocess.run([*GENERATE, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def lintable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the contract that buf can lint, with the imported google files beside it."""
    copy = tmp_path_factory.mktemp("contract") / "protos"
    copy.mkdir()
    shutil.copytree(PROTOS / "kuguan", copy / "kuguan")
    for file in ("buf.yaml", "generate.py"):
        shutil.copy(PROTOS / file, copy)
    subprocess.run([sys.executable, str(copy / "generate.py"), "--third-party"], check=True)
    return copy


def buf(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run buf in a folder."""
    return subprocess.run([str(BUF), *arguments], cwd=folder, capture_output=True, text=True, timeout=60)


def test_the_contract_follows_the_rules_and_every_field_is_commented(lintable: Path) -> None:
    done = buf("lint", folder=lintable)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_field_without_a_comment_is_refused(lintable: Path, tmp_path: Path) -> None:
    copy = tmp_path / "protos"
    shutil.copytree(lintable, copy)
    orders = copy / "kuguan" / "orders" / "v1" / "orders.proto"
    orders.write_text(
        orders.read_text("utf-8") + "\n// A planted fault.\nmessage Planted {\n  string bare = 1;\n}\n"
    )
    done = buf("lint", folder=copy)
    assert done.returncode != 0
    assert "bare" in done.stdout


def test_a_renamed_field_is_seen_as_a_break(lintable: Path, tmp_path: Path) -> None:
    copy = tmp_path / "protos"
    shutil.copytree(lintable, copy)
    assert buf("breaking", "--against", str(lintable), folder=copy).returncode == 0
    orders = copy / "kuguan" / "orders" / "v1" / "orders.proto"
    text = orders.read_text("utf-8")
    assert "string purpose = " in text
    orders.write_text(text.replace("string purpose = ", "string intent = "), "utf-8")
    done = buf("breaking", "--against", str(lintable), folder=copy)
    assert done.returncode != 0
    assert "purpose" in done.stdout


def test_stale_generated_code_is_noticed(tmp_path: Path) -> None:
    copy = tmp_path / "protos"
    shutil.copytree(PROTOS, copy, ignore=shutil.ignore_patterns("__pycache__", "third_party"))
    (copy / "generated" / "kuguan" / "orders" / "v1" / "orders_pb2.py").write_text("", "utf-8")
    check = [sys.executable, str(copy / "generate.py"), "--check"]
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 1
    assert "orders_pb2.py" in done.stderr

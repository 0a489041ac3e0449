"""What an administrator sets for a work chat: the environment first, then the owner's file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.chat.settings import FILE, ChatSettings
from services.kit.settings import SettingInvalid, SettingMissing, Settings


def chat(folder: Path, environment: Mapping[str, str], product: str = "WECOM") -> ChatSettings:
    return ChatSettings.of(Settings("bot", {"KUGUAN_DATA": str(folder), **environment}), product)


def write(folder: Path, text: str, mode: int = 0o600) -> None:
    file = folder / FILE
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    write(tmp_path, '[wecom]\ncorp_id = "of-file"\nagent_id = 1000002\n')
    set_up = chat(tmp_path, {"KUGUAN_WECOM_CORP_ID": "of-environment"})
    assert set_up.get("CORP_ID") == "of-environment"
    assert set_up.get("AGENT_ID") == "1000002"
    assert set_up.get("API_URL", "https://x.example") == "https://x.example"
    with pytest.raises(SettingMissing, match="KUGUAN_WECOM_NAME"):
        set_up.required("NAME", "its name")


def test_names_in_the_file_may_be_written_in_any_case(tmp_path: Path) -> None:
    write(tmp_path, '[WeCom]\nCORP_ID = "ww1"\n')
    assert chat(tmp_path, {}).get("CORP_ID") == "ww1"


def test_one_product_is_not_taken_for_another(tmp_path: Path) -> None:
    environment = {"KUGUAN_WECOM_BOT_ID": "b"}
    assert not chat(tmp_path, environment).is_configured
    assert chat(tmp_path, environment, "WECOM_BOT").is_configured
    assert not chat(tmp_path, {"KUGUAN_WECOM_CORP_ID": ""}).is_configured
    assert chat(tmp_path, {"KUGUAN_WECOM_CORP_ID": "ww"}).is_configured
    assert not chat(tmp_path, {"KUGUAN_WECOM_CORP_ID": "ww"}, "WECOM_BOT").is_configured


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o601])
def test_a_file_that_others_may_open_is_refused(tmp_path: Path, mode: int) -> None:
    write(tmp_path, '[wecom]\nsecret = "x"\n', mode)
    with pytest.raises(SettingInvalid, match="chmod 600"):
        chat(tmp_path, {})


@pytest.mark.parametrize("text", ["[wecom", "secret = 1\n", "a = 1\n[wecom]\nb = 2\n"])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    with pytest.raises(SettingInvalid):
        chat(tmp_path, {})


def test_a_file_of_other_bytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xff\xfe")
    (tmp_path / FILE).chmod(0o600)
    with pytest.raises(SettingInvalid):
        chat(tmp_path, {})


def test_a_secret_is_read_from_its_file_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of-file\n")
    set_up = chat(tmp_path, {"KUGUAN_WECOM_SECRET_FILE": str(tmp_path / "secret")})
    secret = set_up.secret("SECRET", "the secret")
    assert secret.value == "of-file"
    assert "of-file" not in f"{secret} {secret!r}"


def test_a_secret_may_stand_in_the_owners_file(tmp_path: Path) -> None:
    write(tmp_path, '[wecom]\nsecret = "of-section"\n')
    set_up = chat(tmp_path, {})
    assert set_up.secret("SECRET", "the secret").value == "of-section"
    assert "of-section" not in repr(set_up)
    assert set_up.optional_secret("TOKEN") is None
    with pytest.raises(SettingMissing, match="KUGUAN_WECOM_TOKEN_FILE"):
        set_up.secret("TOKEN", "the token")


def test_a_secret_file_without_a_secret_is_said_to_be_missing(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    for name in ("empty", "bytes", "nowhere", "."):
        set_up = chat(tmp_path, {"KUGUAN_WECOM_SECRET_FILE": str(tmp_path / name)})
        with pytest.raises(SettingMissing, match="KUGUAN_WECOM_SECRET_FILE"):
            set_up.optional_secret("SECRET")

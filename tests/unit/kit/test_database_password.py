"""A password comes from a file and goes into the URL, whatever characters it has."""

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from services.kit.settings import SettingMissing, Settings


def settings(**environment: str) -> Settings:
    return Settings.of("stock", environment)


@pytest.mark.parametrize("password", ["plain", "a/b:c@d?e=f", "空 格%20"])
def test_the_password_of_the_file_is_the_password_of_the_url(tmp_path: Path, password: str) -> None:
    file = tmp_path / "password"
    file.write_text(password + "\n", encoding="utf-8")
    url = settings(
        KUGUAN_DATABASE_URL="postgresql://stock@postgres/stock?sslmode=require",
        KUGUAN_DATABASE_PASSWORD_FILE=str(file),
    ).database_url
    assert make_url(url).password == password
    assert make_url(url).host == "postgres"
    assert make_url(url).query["sslmode"] == "require"


def test_a_password_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingMissing) as error:
        _ = settings(KUGUAN_STOCK_DATABASE_PASSWORD_FILE=str(tmp_path / "none")).database_url
    assert error.value.setting == "KUGUAN_DATABASE_PASSWORD_FILE"


def test_without_a_file_the_url_stays_as_it_was_given() -> None:
    assert settings(KUGUAN_DATABASE_URL="postgresql:///x").database_url == "postgresql:///x"

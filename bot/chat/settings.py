"""What an administrator sets for a chat product: from the environment, or from the file `chats.toml`."""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from services.kit.settings import Secret, SettingInvalid, SettingMissing, Settings

FILE: Final = "chats.toml"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class ChatSettings:
    """The settings of one product, such as `WECOM`.

    A name is looked for as KUGUAN_<PRODUCT>_<NAME> in the environment, a secret in the file that
    KUGUAN_<PRODUCT>_<NAME>_FILE names; then as `<name>` in the section `[<product>]` of `<data>/chats.toml`,
    which only its owner may read.
    """

    product: str
    environment: Mapping[str, str]
    section: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, settings: Settings, product: str) -> ChatSettings:
        """The settings of a product; raises SettingInvalid for a file that cannot be used."""
        return cls(product, settings.environment, _sections(settings.data / FILE).get(product.lower(), {}))

    @property
    def is_configured(self) -> bool:
        """Whether anything of this product is set."""
        own = f"KUGUAN_{self.product}_"
        # KUGUAN_WECOM_BOT_… belongs to another product than KUGUAN_WECOM_…
        other = f"{own}BOT_"
        return bool(self.section) or any(
            name.startswith(own) and not name.startswith(other) and value
            for name, value in self.environment.items()
        )

    def get(self, name: str, default: str = "") -> str:
        """A setting, or the default."""
        return self.environment.get(self._variable(name)) or self.section.get(name.lower()) or default

    def required(self, name: str, hint: str) -> str:
        """A setting without default; raises SettingMissing."""
        value = self.get(name)
        if not value:
            raise SettingMissing(self._variable(name), hint)
        return value

    def secret(self, name: str, hint: str) -> Secret:
        """A required secret; raises SettingMissing."""
        secret = self.optional_secret(name)
        if secret is None:
            raise SettingMissing(f"{self._variable(name)}_FILE", hint)
        return secret

    def optional_secret(self, name: str) -> Secret | None:
        """A secret, None where it is not set; raises SettingMissing where the file named holds none."""
        file = self.environment.get(f"{self._variable(name)}_FILE")
        if not file:
            value = self.section.get(name.lower())
            return Secret(value) if value else None
        variable = f"{self._variable(name)}_FILE"
        try:
            value = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise SettingMissing(variable, f"the file {file} is not there or cannot be read") from None
        if not value:
            raise SettingMissing(variable, f"the file {file} is empty")
        return Secret(value)

    def _variable(self, name: str) -> str:
        return f"KUGUAN_{self.product}_{name}"


def _sections(path: Path) -> Mapping[str, Mapping[str, str]]:
    """The file's sections with every value as text."""
    if not path.is_file():
        return {}
    if path.stat().st_mode & _OTHERS:
        raise SettingInvalid(FILE, str(path), f"it holds secrets: chmod 600 {path}")
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingInvalid(FILE, str(path), f"it is not TOML: {error}") from None
    sections = {name: section for name, section in data.items() if isinstance(section, dict)}
    if len(sections) != len(data):
        raise SettingInvalid(FILE, str(path), "every setting stands in a section such as [wecom]")
    return {
        name.lower(): {key.lower(): str(value) for key, value in section.items()}
        for name, section in sections.items()
    }

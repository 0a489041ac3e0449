"""What a process is told from outside: everything comes from the environment, secrets from files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.kit.errors import InvalidInput


@dataclass(eq=False)
class SettingMissing(InvalidInput):
    """A setting that has no default was not given."""

    setting: str
    hint: str


@dataclass(eq=False)
class SettingInvalid(InvalidInput):
    """A setting has a value it cannot have."""

    setting: str
    value: str
    hint: str


@dataclass(frozen=True)
class Secret:
    """A value that never shows in logs: its text is asked for by name."""

    value: str = field(repr=False)

    def __str__(self) -> str:
        return "********"


@dataclass(frozen=True)
class Settings:
    """The environment as seen by one service; each property names its variable in its docstring."""

    service: str
    environment: Mapping[str, str]

    @classmethod
    def of(cls, service: str, environment: Mapping[str, str] | None = None) -> Settings:
        """Settings of a service from this process's environment, or from the one given."""
        return cls(service, dict(os.environ if environment is None else environment))

    def get(self, name: str, default: str = "") -> str:
        """KUGUAN_<SERVICE>_<NAME>, else KUGUAN_<NAME>, else the default."""
        own = self.environment.get(f"KUGUAN_{self.service.upper()}_{name}")
        return own or (self.environment.get(f"KUGUAN_{name}") or default)

    def flag(self, name: str) -> bool:
        """Whether a switch is on: 1, true, yes or on."""
        return self.get(name).lower() in {"1", "true", "yes", "on"}

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number within bounds."""
        text = self.get(name, str(default))
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise SettingInvalid(f"KUGUAN_{name}", text, f"a whole number from {low} to {high}")
        return int(text)

    def required(self, name: str, hint: str) -> str:
        """A setting without default."""
        value = self.get(name)
        if not value:
            raise SettingMissing(f"KUGUAN_{name}", hint)
        return value

    def secret_file(self, name: str, default: Path) -> Secret:
        """The content of a file that holds a secret, such as KUGUAN_BROKER_SEED_FILE."""
        path = Path(self.get(name) or default)
        if not path.is_file():
            raise SettingMissing(f"KUGUAN_{name}", f"the file {path} is not there")
        return Secret(path.read_text(encoding="utf-8").strip())

    @property
    def data(self) -> Path:
        """KUGUAN_DATA: the directory of everything embedded."""
        return Path(self.get("DATA", "data"))

    @property
    def secrets(self) -> Path:
        """The directory of the embedded system's secrets."""
        return self.data / "secrets"

    @property
    def database_url(self) -> str:
        """KUGUAN_DATABASE_URL; the default is a SQLite file of the service in the data directory.

        The password comes from the file KUGUAN_DATABASE_PASSWORD_FILE where one is named.
        """
        url = self.get("DATABASE_URL") or f"sqlite:///{self.data / (self.service + '.sqlite3')}"
        file = self.get("DATABASE_PASSWORD_FILE")
        if not file:
            return url
        # Only where it is needed: programs without a database read settings too.
        from sqlalchemy.engine import make_url

        password = self.secret_file("DATABASE_PASSWORD_FILE", Path(file))
        return make_url(url).set(password=password.value).render_as_string(hide_password=False)

    @property
    def listen(self) -> str:
        """KUGUAN_LISTEN: host and port this service's gRPC listens on."""
        return self.get("LISTEN", "127.0.0.1:0")

    @property
    def broker_url(self) -> str:
        """KUGUAN_BROKER_URL: where the broker is."""
        return self.required("BROKER_URL", "the address of the broker, such as nats://127.0.0.1:4222")

    @property
    def broker_seed(self) -> Secret | None:
        """KUGUAN_BROKER_SEED_FILE: this service's broker key; without a file the broker asks for none."""
        default = self.secrets / f"{self.service}.nkey"
        if not self.get("BROKER_SEED_FILE") and not default.is_file():
            return None
        return self.secret_file("BROKER_SEED_FILE", default)

    @property
    def public_keys(self) -> str:
        """KUGUAN_ACCESS_PUBLIC_KEYS_FILE: the PEM keys that verify callers' tokens."""
        return self.secret_file("ACCESS_PUBLIC_KEYS_FILE", self.secrets / "access-public.pem").value

    def address_of(self, service: str) -> str:
        """KUGUAN_<SERVICE>_ADDRESS: where another service's gRPC listens."""
        name = f"KUGUAN_{service.upper()}_ADDRESS"
        value = self.environment.get(name, "")
        if not value:
            raise SettingMissing(name, f"host and port of the {service} service")
        return value

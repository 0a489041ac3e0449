"""Encryption between hosts: each side shows a certificate of the same authority, and refuses who has none."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import grpc

from services.kit.listening import credentials
from services.kit.settings import SettingInvalid, SettingMissing, Settings

_FILES = ("TLS_CERTIFICATE_FILE", "TLS_KEY_FILE", "TLS_CA_FILE")


@dataclass(frozen=True)
class Tls:
    """The files of one side: its certificate with the chain, its key, and the authority it trusts."""

    certificate: Path
    key: Path
    authority: Path

    @classmethod
    def of(cls, settings: Settings) -> Tls | None:
        """The files that the settings name; None where they name none.

        Raises SettingMissing where only some are named: half a protection would look like a whole one.
        """
        named = {name: settings.get(name) for name in _FILES}
        if not any(named.values()):
            return None
        for name, path in named.items():
            if not path or not Path(path).is_file():
                raise SettingMissing(f"KUGUAN_{name}", "certificate, key and authority go together")
        return cls(*(Path(path) for path in named.values()))

    def for_server(self) -> grpc.ServerCredentials:
        """Credentials of a server that takes calls only from clients with a certificate of the authority."""
        return credentials(self.certificate, self.key, self.authority)

    def for_client(self) -> grpc.ChannelCredentials:
        """Credentials of a client that shows its certificate and checks the server's name and authority."""
        return grpc.ssl_channel_credentials(
            self.authority.read_bytes(), self.key.read_bytes(), self.certificate.read_bytes()
        )

    def for_broker(self) -> ssl.SSLContext:
        """The same for the connection to the broker. Raises SettingInvalid for files that do not fit."""
        try:
            context = ssl.create_default_context(cafile=str(self.authority))
            context.load_cert_chain(self.certificate, self.key)
        except (ssl.SSLError, OSError) as error:
            raise SettingInvalid("KUGUAN_TLS_CERTIFICATE_FILE", str(self.certificate), str(error)) from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

"""Certificates for encryption between hosts: an authority of the installation, and one for each part."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.errors import CommandFailed
from deploy.files import write_atomically

AUTHORITY = "authority.pem"
AUTHORITY_KEY = "authority-key.pem"
AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 398
# A certificate is made anew this long before it ends.
RENEW_DAYS = 30
# Clocks of two hosts never agree to the second.
_EARLIER = timedelta(minutes=5)


def ensure_certificates(directory: Path, names: dict[str, Sequence[str]]) -> list[str]:
    """Make the authority and each part's certificate where missing or soon over; tells which were made.

    `names` holds the host names and addresses under which others reach a part. A part's certificate serves
    it on both sides of a call: as the server it is, and as the client it shows itself as.
    """
    key, authority = _authority(directory)
    made = []
    for part, hosts in sorted(names.items()):
        if not _is_good(directory / f"{part}.pem", hosts):
            _issue(directory, part, hosts, key, authority)
            made.append(part)
    return made


def _authority(directory: Path) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key_path, path = directory / AUTHORITY_KEY, directory / AUTHORITY
    if key_path.exists() and path.exists():
        key = load_pem_private_key(key_path.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise CommandFailed(
                f"{key_path} 不是本程序生成的密钥。", f"{key_path} is not a key that this program made."
            )
        return key, x509.load_pem_x509_certificate(path.read_bytes())
    made = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Kuguan authority")])
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _builder(name, name, made.public_key(), AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(made.public_key()), critical=False)
        .sign(made, hashes.SHA256())
    )
    write_atomically(key_path, _pem(made))
    write_atomically(path, certificate.public_bytes(Encoding.PEM))
    return made, certificate


def _issue(
    directory: Path,
    part: str,
    hosts: Sequence[str],
    authority_key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, part)])
    both_sides = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    certificate = (
        _builder(name, authority.subject, key.public_key(), CERTIFICATE_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
        .add_extension(both_sides, critical=False)
        .add_extension(signer, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    # The key first: a certificate without its key would look finished.
    write_atomically(directory / f"{part}-key.pem", _pem(key))
    write_atomically(directory / f"{part}.pem", certificate.public_bytes(Encoding.PEM))


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + timedelta(days=days))
    )


def _is_good(path: Path, hosts: Sequence[str]) -> bool:
    """Whether a certificate is there, names the hosts and stays valid for a while."""
    if not path.exists():
        return False
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    ends = certificate.not_valid_after_utc - timedelta(days=RENEW_DAYS)
    return set(named) == {_host(host) for host in hosts} and ends > datetime.now(UTC)


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

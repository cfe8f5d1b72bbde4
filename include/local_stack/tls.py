"""A certificate authority of this installation alone, and the certificate of its services.

For services on one machine or in one office's own network: whoever asks them is given the authority's
certificate and believes no other. An office with an authority of its own uses that instead.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from local_stack.layout import write_private
from reporting.clock import wall_now

_AUTHORITY_DAYS = 3650
_SERVICE_DAYS = 397
_RENEWED_BEFORE = timedelta(days=30)
_BACKDATED = timedelta(days=1)  # a clock that is behind still believes a new certificate


@dataclass(frozen=True)
class Certificates:
    """Where the authority's certificate, the services' certificate and its key lie."""

    folder: Path

    @property
    def authority(self) -> Path:
        """What those who ask a service are to believe."""
        return self.folder / "ca.crt"

    @property
    def certificate(self) -> Path:
        """What the services show."""
        return self.folder / "service.crt"

    @property
    def key(self) -> Path:
        """The services' private key, readable by its owner alone."""
        return self.folder / "service.key"


def ensure(folder: Path, hosts: Sequence[str]) -> Certificates:
    """Make authority and certificate for these hosts (names or addresses) unless they are there.

    A certificate that ends within 30 days, or is for other hosts, is made anew by the same authority.
    """
    found = Certificates(folder)
    authority_key = folder / "ca.key"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (found.authority.exists() and authority_key.exists()):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Kỳ Báo Cáo CA")])
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        made = (
            _builder(name, name, key.public_key(), _AUTHORITY_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        _write_key(authority_key, key)
        _write_certificate(found.authority, made)
        found.certificate.unlink(missing_ok=True)
    if not _serves(found, hosts):
        authority = x509.load_pem_x509_certificate(found.authority.read_bytes())
        signing = serialization.load_pem_private_key(authority_key.read_bytes(), None)
        if not isinstance(signing, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{authority_key} is not a key that this program made: remove {folder}")
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
        made = (
            _builder(name, authority.subject, key.public_key(), _SERVICE_DAYS)
            .add_extension(x509.SubjectAlternativeName([_host(h) for h in hosts]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
            )
            .sign(signing, hashes.SHA256())
        )
        _write_key(found.key, key)
        _write_certificate(found.certificate, made)
    return found


def _serves(found: Certificates, hosts: Sequence[str]) -> bool:
    if not (found.certificate.exists() and found.key.exists()):
        return False
    certificate = x509.load_pem_x509_certificate(found.certificate.read_bytes())
    named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    lasts = certificate.not_valid_after_utc - wall_now() > _RENEWED_BEFORE
    return lasts and list(named) == [_host(host) for host in hosts]


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = wall_now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=days))
    )


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(path, pem.decode())


def _write_certificate(path: Path, certificate: x509.Certificate) -> None:
    write_private(path, certificate.public_bytes(serialization.Encoding.PEM).decode())
    os.chmod(path, 0o644)  # noqa: PTH101 - a certificate is public

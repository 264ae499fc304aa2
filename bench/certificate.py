"""A certificate for the simulated AWS, so that functions call it over TLS as they call AWS."""

import datetime as dt
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

HOST = "127.0.0.1"


def new_certificate(folder: Path) -> Path:
    """Creates a file with a new key and its self-signed certificate. Returns its path."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bench")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([_address()]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return path


def trust(certificate: Path, packages: Path) -> None:
    """Adds the certificate to the roots of the botocore in a folder of packages.

    The file is replaced and not changed: the installer may have linked it to a shared cache.
    """
    bundle = packages / "botocore" / "cacert.pem"
    text = bundle.read_text(encoding="utf-8") + certificate.read_text(encoding="utf-8")
    bundle.unlink()
    bundle.write_text(text, encoding="utf-8")


def server_side(certificate: Path) -> ssl.SSLContext:
    """Returns the TLS context of a server that presents the certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def _address() -> x509.IPAddress:
    return x509.IPAddress(ipaddress.ip_address(HOST))

"""Reduces botocore's root certificates to those that AWS's certificates chain to.

`python3 pruning/roots.py <folder of packages>`. Reading all of Mozilla's roots takes a process
14 ms, longer than a request. Reading these takes 1 ms. The file is replaced, never modified in
place: installers link it to a cache that other environments share. A deployment that needs other
roots names a file in AWS_CA_BUNDLE.
"""

import re
import sys
from pathlib import Path

ROOTS = (
    # All five that https://www.amazontrust.com/repository recommends for a custom trust store.
    "Amazon Root CA 1",
    "Amazon Root CA 2",
    "Amazon Root CA 3",
    "Amazon Root CA 4",
    "Starfield Services Root Certificate Authority - G2",
    # Roots that AWS used before it ran its own certificate authority.
    "DigiCert Global Root CA",
    "DigiCert Global Root G2",
)

_CERTIFICATE = r'^# Label: "{name}"$.*?^-----END CERTIFICATE-----$'


def keep(bundle: str) -> str:
    """Returns the certificates of ``ROOTS``, each with its label.

    Raises:
        LookupError: the bundle lacks one of them.
    """
    return "\n\n".join(_certificate(bundle, name) for name in ROOTS) + "\n"


def _certificate(bundle: str, name: str) -> str:
    pattern = _CERTIFICATE.format(name=re.escape(name))
    match = re.search(pattern, bundle, re.DOTALL | re.MULTILINE)
    if not match:
        raise LookupError(f"botocore no longer has the root certificate {name!r}")
    return match[0]


if __name__ == "__main__":
    path = Path(sys.argv[1]) / "botocore" / "cacert.pem"
    text = keep(path.read_text(encoding="utf-8"))
    path.unlink()
    path.write_text(text, encoding="utf-8")

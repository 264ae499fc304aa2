"""Leaves botocore those roots of trust that AWS's certificates come from.

`python3 pruning/roots.py <folder of packages>`. Reading all of Mozilla's takes a process 14 ms,
longer than a request; these take one. The file is replaced, never written into: installers link it
to a cache that other environments share. A deployment that needs others names a file in
AWS_CA_BUNDLE.
"""

import re
import sys
from pathlib import Path

ROOTS = (
    # All five that https://www.amazontrust.com/repository recommends for one's own trust store.
    "Amazon Root CA 1",
    "Amazon Root CA 2",
    "Amazon Root CA 3",
    "Amazon Root CA 4",
    "Starfield Services Root Certificate Authority - G2",
    # What AWS had before it was an authority itself.
    "DigiCert Global Root CA",
    "DigiCert Global Root G2",
)

_CERTIFICATE = r'^# Label: "{name}"$.*?^-----END CERTIFICATE-----$'


def keep(bundle: str) -> str:
    """The certificates of ``ROOTS``, each with its label.

    Raises:
        LookupError: the bundle lacks one.
    """
    return "\n\n".join(_certificate(bundle, name) for name in ROOTS) + "\n"


def _certificate(bundle: str, name: str) -> str:
    pattern = _CERTIFICATE.format(name=re.escape(name))
    match = re.search(pattern, bundle, re.DOTALL | re.MULTILINE)
    if not match:
        raise LookupError(f"botocore has no root {name!r} any more")
    return match[0]


if __name__ == "__main__":
    path = Path(sys.argv[1]) / "botocore" / "cacert.pem"
    text = keep(path.read_text(encoding="utf-8"))
    path.unlink()
    path.write_text(text, encoding="utf-8")

"""Removes what no call reads from botocore's descriptions of AWS.

Reading it takes two thirds of the time to create a client.

`python3 pruning/slim.py <folder of packages> <service> ...` names the services to keep. Files are
replaced, never modified in place: installers link them to a cache that other environments share.
"""

import gzip
import json
import sys
from pathlib import Path
from typing import Any

# Services with a different name in the endpoint descriptions than in the operation descriptions.
ENDPOINTS = {"sesv2": "email"}


def slim(data: Path, services: list[str]) -> None:
    """Shortens the table of endpoints, and unpacks the descriptions without their prose."""
    wanted = {ENDPOINTS.get(name, name) for name in services}
    endpoints = data / "endpoints.json"
    document = json.loads(endpoints.read_text())
    for partition in document["partitions"]:
        entries = partition["services"].items()
        partition["services"] = {name: entry for name, entry in entries if name in wanted}
    _replace(endpoints, endpoints, document)
    for path in data.glob("*/*/*.json.gz"):
        _replace(path, path.with_suffix(""), _without_prose(json.loads(_unpacked(path))))


def _without_prose(value: Any) -> Any:
    if isinstance(value, dict):
        fields = {n: v for n, v in value.items() if n != "documentation" or not isinstance(v, str)}
        return {name: _without_prose(inner) for name, inner in fields.items()}
    return [_without_prose(each) for each in value] if isinstance(value, list) else value


def _unpacked(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


def _replace(old: Path, new: Path, document: Any) -> None:
    old.unlink()
    new.write_text(json.dumps(document, separators=(",", ":")))


if __name__ == "__main__":
    slim(Path(sys.argv[1]) / "botocore" / "data", sys.argv[2:])

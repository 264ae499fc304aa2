"""`python -m bench`: measures the functions and references, and writes docs/speed.md.

It also writes the pictures and the costs page, which are derived from the same run.
"""

import os
import subprocess
import sys
from time import perf_counter

import bcrypt
import click

from bench import build, chart, costs, report
from bench.candidates import AS_PROFILE, candidates
from bench.certificate import new_certificate, trust
from bench.counting import uses
from bench.fixture import new_fixture
from bench.growth import growth
from bench.measure import Candidate, Figures, measure
from bench.stub import Stub, serving


@click.command()
@click.option("--rounds", default=9, help="Starts of each function.")
@click.option("--only", default="", help="Measure only names that contain this, and write nothing.")
def main(rounds: int, only: str) -> None:
    """Build, measure in turns and report."""
    os.environ.update(build.ACCOUNT)
    build.build()
    node = _node() if build.build_node() else ""
    chosen = [each for each in candidates(node=bool(node)) if only in each.name]
    results = _measured(chosen, rounds)
    print("counting", file=sys.stderr, flush=True)
    grown = growth()
    used, hash_seconds = uses(), _hash_seconds()
    page = report.page(results, used, grown, hash_seconds, node)
    print(page)
    if not only:
        pages = {
            "speed.md": page,
            "speed.svg": chart.chart(results),
            "growth.svg": chart.grown(grown),
            "guides/costs.md": costs.page(page, used),
        }
        for name, text in pages.items():
            (build.ROOT / "docs" / name).write_text(text, encoding="utf-8")


def _measured(chosen: list[Candidate], rounds: int) -> report.Results:
    results = {candidate.name: (candidate, Figures()) for candidate in chosen}
    stub = Stub()
    certificate = new_certificate(build.BUILD)
    for packages in (build.SAMPLE, build.LAYERS[1]):
        trust(certificate, packages)
    with serving(stub, certificate) as url:
        environment = {
            "AWS_ENDPOINT_URL": url,
            "CONNECTIONS_URL": url,
            "NODE_EXTRA_CA_CERTS": str(certificate),
        }
        for number in range(rounds):
            print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
            _round(results, stub, environment)
    return results


def _round(results: report.Results, stub: Stub, places: dict[str, str]) -> None:
    """Measures each candidate once, in a fixture with fresh tokens."""
    stub.fixture = fixture = new_fixture()
    environment = fixture.environment | places
    for name, (candidate, figures) in results.items():
        event = fixture.events["profile" if name in AS_PROFILE else name]
        measure(candidate, event, environment, figures)


def _node() -> str:
    done = subprocess.run(
        ["node", "--version"],  # noqa: S607  # the one on the path
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def _hash_seconds() -> float:
    started = perf_counter()
    bcrypt.hashpw(b"correct horse battery staple", bcrypt.gensalt(12))
    return perf_counter() - started


if __name__ == "__main__":
    main()

"""`python -m bench.pruning`: measures what each step of layers/dependencies/pruning gains.

A variant of the dependency layer has the unpruned files of one step. Functions start with each
variant in turns, on Lambda's runtime, and handle their first event.
"""

import compileall
import os
import shutil
import statistics
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import click

from bench import build
from bench.candidates import candidates
from bench.certificate import new_certificate, trust
from bench.fixture import new_fixture
from bench.measure import Candidate, cpu_of_start
from bench.stub import Stub, serving

STEPS = {
    "everything pruned": (),
    "aws_lambda_powertools": ("aws_lambda_powertools/__init__.py",),
    "aws_lambda_powertools.event_handler": ("aws_lambda_powertools/event_handler/__init__.py",),
    "aws_lambda_powertools.utilities.data_classes": (
        "aws_lambda_powertools/utilities/data_classes/__init__.py",
    ),
    "cryptography.x509": ("cryptography/x509/__init__.py",),
    "jwt": ("jwt/__init__.py",),
    "zxcvbn": ("zxcvbn/__init__.py",),
    "slim.py": ("botocore/data",),
    "roots.py": ("botocore/cacert.pem",),
}
"""The unpruned files of a variant, by the name of the step that is left out."""

Starts = dict[tuple[str, str], list[tuple[float, float]]]
"""Seconds of CPU until ready and until the first response, by variant and function."""

FUNCTIONS = ("login", "profile", "register", "mailer")
_AS_IT_WAS = build.BUILD / "as-it-was"


@click.command()
@click.option("--rounds", default=15, help="Starts of each function with each variant.")
def main(rounds: int) -> None:
    """Build, measure in turns and print ms of CPU until ready / until the first response."""
    os.environ.update(build.ACCOUNT)
    build.build()
    build.install_dependencies(_AS_IT_WAS)
    variants = {name: _variant(number, files) for number, (name, files) in enumerate(STEPS.items())}
    chosen = [each for each in candidates(node=False) if each.name in FUNCTIONS]
    starts: Starts = defaultdict(list)
    stub = Stub()
    certificate = new_certificate(build.BUILD)
    for dependencies in variants.values():
        trust(certificate, dependencies)
    with serving(stub, certificate) as url:
        places = {"AWS_ENDPOINT_URL": url, "CONNECTIONS_URL": url}
        for number in range(rounds):
            print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
            stub.fixture = fixture = new_fixture()
            for function in chosen:
                for name, dependencies in variants.items():
                    event = fixture.events[function.name]
                    candidate = _with(function, dependencies)
                    start = cpu_of_start(candidate, event, fixture.environment | places)
                    starts[name, function.name].append(start)
    print(_table(starts))


def _variant(number: int, files: tuple[str, ...]) -> Path:
    """Creates the pruned layer with these files unpruned. Returns its folder."""
    target = build.BUILD / f"without-{number}"
    shutil.copytree(build.LAYERS[1], target)
    for name in files:
        source, place = _AS_IT_WAS / name, target / name
        if source.is_dir():
            shutil.copytree(source, place, dirs_exist_ok=True)
        else:
            shutil.copy(source, place)
    compileall.compile_dir(target, quiet=1)
    return target


def _with(function: Candidate, dependencies: Path) -> Candidate:
    path = tuple(dependencies if each == build.LAYERS[1] else each for each in function.path)
    return replace(function, path=path)


def _table(starts: Starts) -> str:
    base, *steps = STEPS
    medians = {key: [*map(_median, zip(*each, strict=True))] for key, each in starts.items()}
    lines = [f"| without | {' | '.join(FUNCTIONS)} |", "|---|" + "--:|" * len(FUNCTIONS)]
    figures = (" / ".join(f"{ms:.0f}" for ms in medians[base, name]) for name in FUNCTIONS)
    lines.append(f"| {base} | {' | '.join(figures)} |")
    for step in steps:
        pairs = [zip(medians[step, name], medians[base, name], strict=True) for name in FUNCTIONS]
        gains = (" / ".join(f"{ms - pruned:+.0f}" for ms, pruned in pair) for pair in pairs)
        lines.append(f"| {step} | {' | '.join(gains)} |")
    return "\n".join(lines)


def _median(seconds: tuple[float, ...]) -> float:
    return 1_000 * statistics.median(seconds)


if __name__ == "__main__":
    main()

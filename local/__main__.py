"""The command line of the local stack: `python -m local`."""

import fcntl
import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn, TextIO

import click

from local import build, environment
from local.ports import PortTaken, listen
from local.settings import DEFAULT_STATE, UNFINISHED, Options

_STATE = click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_STATE,
    help="Folder that stores the data between runs.",
)


@click.group()
def main() -> None:
    """Run the service on this machine, without an AWS account or Docker."""


@main.command()
@click.option("--port", default=8000, help="Port of the service; 0 chooses a free one.")
@click.option("--aws-port", default=4566, help="Port of the AWS APIs; 0 chooses a free one.")
@_STATE
@click.option("--watch/--no-watch", default=True, help="Reload when a file is saved.")
@click.option("--ready-file", type=click.Path(path_type=Path), help="Written when the stack is up.")
@click.option("--until-eof", is_flag=True, help="Stop when standard input closes.")
@click.option("--fresh", is_flag=True, help="Delete the data of earlier runs first.")
@click.option(
    "--parameter",
    "parameters",
    metavar="NAME=VALUE",
    multiple=True,
    help="A parameter of template.yaml, e.g. RequireVerifiedEmail=true. May be repeated.",
)
def up(
    port: int,
    aws_port: int,
    state: Path,
    watch: bool,
    ready_file: Path | None,
    until_eof: bool,
    fresh: bool,
    parameters: tuple[str, ...],
) -> None:
    """Build what is missing, deploy template.yaml and serve until Ctrl-C."""
    overrides = _parameters(parameters)
    try:
        sockets = [listen(port, "PORT"), listen(aws_port, "AWS_PORT")]
    except PortTaken as refusal:
        _give_up(str(refusal))
    lock = _own(state)
    if fresh or (state / UNFINISHED).exists():
        _clear(state)
    chosen, aws_chosen = (listening.getsockname()[1] for listening in sockets)
    options = Options(chosen, aws_chosen, state.resolve(), watch, ready_file, until_eof, overrides)
    built = _build()
    environment.trim(options)
    # Imported only now: the engine and the AWS libraries read the environment on import.
    from local.stack import LocalStack

    code = LocalStack(options, built, sockets).run()
    lock.close()
    _end(code)


@main.command()
@_STATE
def reset(state: Path) -> None:
    """Delete the data of earlier runs."""
    with _own(state):
        _clear(state)
    click.echo("The local data has been deleted.")


def _parameters(assignments: tuple[str, ...]) -> dict[str, str]:
    for text in assignments:
        if "=" not in text:
            _give_up(f"Write --parameter NAME=VALUE, not {text!r}.")
    return dict(text.split("=", 1) for text in assignments)


def _build() -> build.Build:
    """Builds in the developer's environment, which may name proxies and certificates."""
    try:
        return build.ensure()
    except build.BuildFailed as failure:
        _give_up(str(failure))


def _own(state: Path) -> TextIO:
    """Locks `state` for this process: two stacks would overwrite each other's data."""
    state.mkdir(parents=True, exist_ok=True)
    lock = (state / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        _give_up(f"Another local stack is using {state}. Stop it first, with Ctrl-C.")
    return lock


def _clear(state: Path) -> None:
    shutil.rmtree(state / "engine", ignore_errors=True)
    (state / UNFINISHED).unlink(missing_ok=True)


def _give_up(line: str) -> NoReturn:
    print(line, file=sys.stderr)
    raise SystemExit(1)


def _end(code: int) -> None:
    # Engine threads may be blocked in long polls. The data is written and the workers have ended.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()

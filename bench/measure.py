"""Measures one start of one function: the time until it is ready and the time of its requests."""

import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.build import BUILD
from bench.fixture import Event
from bench.runtime_api import FunctionFailed, RuntimeApi

WARM_UP = 20
"""Requests of one start before the timed ones."""
REQUESTS = 100
"""Timed requests of one start."""

_LAMBDA = {
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "AWS_LAMBDA_LOG_FORMAT": "JSON",
    "AWS_LAMBDA_LOG_LEVEL": "WARN",
    "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
    "LANG": "en_US.UTF-8",
    "TZ": ":UTC",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
}


@dataclass(frozen=True)
class Candidate:
    """A function or reference that is measured."""

    name: str
    command: tuple[str, ...]
    folder: Path
    path: tuple[Path, ...]
    """PYTHONPATH"""
    packages: tuple[Path, ...]
    """The folders that are uploaded."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Additional environment variables."""


@dataclass
class Figures:
    """The figures of a candidate, one entry per start unless noted."""

    init: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    """Seconds."""
    memory: list[int] = field(default_factory=list)
    """Bytes."""
    init_cpu: list[float] = field(default_factory=list)
    first_cpu: list[float] = field(default_factory=list)
    warm_cpu: list[float] = field(default_factory=list)
    """Seconds of CPU: until ready, for the first request, for each request after it."""
    warm: list[float] = field(default_factory=list)
    """Seconds, one entry per request."""
    outside: list[float] = field(default_factory=list)
    """Microseconds in the handler without its AWS calls, one entry per request."""


def measure(
    candidate: Candidate, event: Event, environment: dict[str, str], figures: Figures
) -> None:
    """Starts a function twice, without and with the probe, and adds to the figures."""
    with _started(candidate, environment) as (process, api, started):
        figures.init.append(api.await_ready() - started)
        ready = _cpu(process.pid)
        figures.init_cpu.append(ready)
        figures.first.append(_checked(*api.invoke(event)))
        figures.first_cpu.append(_cpu(process.pid) - ready)
        _repeat(api, event, WARM_UP)
        warm = _cpu(process.pid)
        figures.warm += [_checked(*api.invoke(event)) for _ in range(REQUESTS)]
        figures.warm_cpu.append((_cpu(process.pid) - warm) / REQUESTS)
        figures.memory.append(_peak_memory(process.pid))
    with _started(candidate, environment | {"BENCH_PROBE": "1"}) as (_, api, _):
        api.await_ready()
        _repeat(api, event, WARM_UP)
        figures.outside += [api.invoke(event)[0]["outside_us"] for _ in range(REQUESTS)]


def cpu_of_start(
    candidate: Candidate, event: Event, environment: dict[str, str]
) -> tuple[float, float]:
    """Starts a function and sends it one event.

    Returns its seconds of CPU until ready, and until the response to the event.
    """
    with _started(candidate, environment) as (process, api, _):
        api.await_ready()
        ready = _cpu(process.pid)
        _checked(*api.invoke(event))
        return ready, _cpu(process.pid)


def _repeat(api: RuntimeApi, event: Event, times: int) -> None:
    for _ in range(times):
        api.invoke(event)


@contextmanager
def _started(
    candidate: Candidate, environment: dict[str, str]
) -> "Iterator[tuple[subprocess.Popen[bytes], RuntimeApi, float]]":
    probed = "BENCH_PROBE" in environment
    path = (BUILD / "probe", *candidate.path) if probed else candidate.path
    command = [part.replace("app.", "probe.") if probed else part for part in candidate.command]
    with RuntimeApi() as api, tempfile.TemporaryFile() as log:
        variables = {
            **_LAMBDA,
            **environment,
            **candidate.environment,
            "AWS_LAMBDA_RUNTIME_API": api.address,
        }
        variables["PYTHONPATH"] = ":".join(map(str, path))
        started = perf_counter()
        process = subprocess.Popen(  # noqa: S603  # our own
            command, cwd=candidate.folder, env=variables, stdout=log, stderr=log
        )
        try:
            yield process, api, started
        except FunctionFailed as failure:
            log.seek(0)
            output = log.read().decode()
            raise FunctionFailed(f"{candidate.name}: {failure}\n{output}") from failure
        finally:
            process.kill()
            process.wait()


def _checked(answer: Any, seconds: float) -> float:
    """Returns the seconds.

    Raises:
        FunctionFailed: the response is an error.
    """
    if isinstance(answer, dict) and answer.get("statusCode", 200) >= 300:
        raise FunctionFailed(f"answered {answer}")
    return seconds


def _cpu(pid: int) -> float:
    """Returns the seconds of CPU that the threads of a process have used so far."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(each.read_text().split()[0]) for each in threads) / 1e9


def _peak_memory(pid: int) -> int:
    # Not getrusage: a child process starts with the peak of its parent.
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise LookupError("VmHWM")

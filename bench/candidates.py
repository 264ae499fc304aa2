"""The measured candidates: every function of template.yaml, and the references."""

from bench.build import BUILD, INTERPRETER, LAYERS, NODE, RUNTIME, SAMPLE
from bench.measure import Candidate
from harness.template import functions, template

EMPTY = "empty handler"
USUAL = "usual sample"
NODE_SDK = "Node, AWS SDK v3"
AS_PROFILE = (EMPTY, USUAL, NODE_SDK)
"""References that handle the event of functions/profile."""

_PYTHON = (str(INTERPRETER), "-m", "awslambdaric", "app.handler")


def candidates(*, node: bool) -> list[Candidate]:
    """Returns all candidates, references first."""
    folders = [BUILD / "functions" / name for name in sorted(functions())]
    ours = [
        Candidate(
            folder.name, _PYTHON, folder, (folder, *LAYERS, RUNTIME), (folder, *LAYERS), _shared()
        )
        for folder in folders
    ]
    return [*_references(node=node), *ours]


def _references(*, node: bool) -> list[Candidate]:
    empty, sample = BUILD / "references" / "empty", BUILD / "references" / "sample"
    references = [
        Candidate(EMPTY, _PYTHON, empty, (empty, RUNTIME, LAYERS[1]), (empty,)),
        Candidate(USUAL, _PYTHON, sample, (sample, SAMPLE, RUNTIME), (sample, SAMPLE)),
    ]
    if node:
        references.append(Candidate(NODE_SDK, ("node", "bootstrap.mjs"), NODE, (), (NODE,)))
    return references


def _shared() -> dict[str, str]:
    """Returns the template's variables for every function whose values are plain text."""
    variables = template()["Globals"]["Function"]["Environment"]["Variables"]
    return {name: value for name, value in variables.items() if isinstance(value, str)}

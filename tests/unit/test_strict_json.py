"""JSON from clients, parsed strictly."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatehouse.errors import MalformedJson
from gatehouse.strict_json import dumps, loads

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(DOCUMENTS)
def test_document_comes_back_as_it_was(document: object) -> None:
    assert loads(dumps(document)) == document


@settings(max_examples=100, deadline=None)
@given(DOCUMENTS)
def test_document_is_read_as_the_standard_library_reads_it(document: object) -> None:
    assert loads(json.dumps(document)) == document


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        loads(text)
    except MalformedJson:
        return


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        '{"a"}',
        '{"a":1,}',
        "[1,]",
        "{}{}",
        "{} x",
        "'a'",
        "{a: 1}",
        "// x\n{}",
        '"a\nb"',
        '"\\x41"',
        "\ufeff{}",
        "01",
        "+1",
        ".5",
        "0x1",
        "True",
        "undefined",
    ],
)
def test_malformed_document_is_refused(text: str) -> None:
    with pytest.raises(MalformedJson):
        loads(text)


@pytest.mark.parametrize("text", ['{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '[{"x":{"b":1,"b":2}}]'])
def test_duplicate_key_is_refused(text: str) -> None:
    with pytest.raises(MalformedJson, match="twice"):
        loads(text)


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a":-Infinity}'])
def test_constant_that_json_lacks_is_refused(text: str) -> None:
    with pytest.raises(MalformedJson, match="not a JSON number"):
        loads(text)


@pytest.mark.parametrize("text", ["1e999", "[-1e400]", '{"a":1.5e309}', "9" * 5_000])
def test_number_that_overflows_is_refused(text: str) -> None:
    with pytest.raises(MalformedJson, match="too large"):
        loads(text)


@pytest.mark.parametrize(
    "text", ['"\\ud800"', '"\\udc00\\ud800"', '{"\\ud83d":1}', '"\ud800"', '["a\\ud83d b"]']
)
def test_lone_surrogate_is_refused(text: str) -> None:
    with pytest.raises(MalformedJson, match="surrogate"):
        loads(text)


@pytest.mark.parametrize(
    "text", ['"\\u0000"', '{"a\\u0000b":1}', '["\\\\\\u0000"]', '"\\n\\u0000"']
)
def test_escaped_nul_is_refused(text: str) -> None:
    with pytest.raises(MalformedJson, match="NUL"):
        loads(text)


def test_raw_nul_is_refused() -> None:
    with pytest.raises(MalformedJson):
        loads('"\0"')


def test_backslash_before_u0000_is_no_nul() -> None:
    assert loads('"\\\\u0000"') == "\\u0000"


def test_surrogate_pair_is_one_character() -> None:
    assert loads('"\\ud83d\\ude00"') == "😀"


@pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"a":', "}"), ("[", "")])
def test_nesting_of_100_000_levels_is_refused(start: str, end: str) -> None:
    with pytest.raises(MalformedJson):
        loads(start * 100_000 + '"\\n"' + end * 100_000)


def test_refusal_does_not_repeat_the_text() -> None:
    with pytest.raises(MalformedJson) as refused:
        loads('{"password":"swordfish" x}')
    assert "swordfish" not in refused.value.detail


def test_refusal_does_not_speak_of_the_interpreter() -> None:
    with pytest.raises(MalformedJson) as refused:
        loads("9" * 5_000)
    assert "sys." not in refused.value.detail

"""Pictures of a run.

docs/speed.svg shows the time from the start of a process to its first response. docs/growth.svg
shows what requests use as the amount of data grows.
"""

from collections.abc import Iterable
from html import escape
from math import log2
from statistics import median

from bench.counting import Use
from bench.growth import SIZES, Growth
from bench.report import Results

_PANEL_WIDTH, _PANEL_HEIGHT, _PANELS = 210, 110, 3
_ROW, _LEFT, _WIDTH = 22, 150, 640
_INIT, _FIRST = "#4c72b0", "#a9bfdf"


def chart(results: Results) -> str:
    """Returns the picture with one bar for each candidate: init, then the first request."""
    spans = {name: _spans(name, results) for name in results}
    longest = max(sum(each) for each in spans.values())
    scale = (_WIDTH - _LEFT - 60) / longest
    height = _ROW * (len(spans) + 1)
    bars = [_bar(i, name, *spans[name], scale) for i, name in enumerate(spans)]
    legend = _text(_LEFT, height - 6, "init + first request, in ms (medians of one run)")
    return _picture(height, [*bars, legend])


def grown(growth: list[Growth]) -> str:
    """Returns the picture with a panel for each request and a bar of units for each size."""
    most = max(map(_units_of, (use for each in growth for use in each.uses)))
    panels = [_panel(index, each, most) for index, each in enumerate(growth)]
    height = _PANEL_HEIGHT * -(-len(growth) // _PANELS) + 22
    legend = _text(6, height - 6, "DynamoDB units read and written, on a logarithmic scale")
    return _picture(height, [*panels, legend])


def _panel(index: int, growth: Growth, most: float) -> str:
    row, column = divmod(index, _PANELS)
    left, top = 6 + column * _PANEL_WIDTH, 4 + row * _PANEL_HEIGHT
    ground = top + _PANEL_HEIGHT - 20
    parts = [_text(left, top + 12, growth.name), _text(left, top + 26, f"with {growth.of}")]
    for place, (size, use) in enumerate(zip(SIZES, growth.uses, strict=True)):
        units = _units_of(use)
        height = (_PANEL_HEIGHT - 64) * log2(1 + units) / log2(1 + most)
        at = left + place * 62
        parts += [
            _rect(at, ground - height, 40, _INIT, height),
            _text(at, ground - height - 3, f"{units:g}"),
            _text(at, ground + 13, f"{size:,}"),
        ]
    return "\n".join(parts)


def _units_of(use: Use) -> float:
    return use.reads + use.writes


def _picture(height: int, parts: Iterable[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
    style = 'font-family="sans-serif" font-size="12">'
    ground = f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>'
    return "\n".join([head + style, ground, *parts, "</svg>", ""])


def _spans(name: str, results: Results) -> tuple[float, float]:
    figures = results[name][1]
    return median(figures.init) * 1000, median(figures.first) * 1000


def _bar(row: int, name: str, init: float, first: float, scale: float) -> str:
    top = row * _ROW + 4
    end = _LEFT + (init + first) * scale
    return "\n".join(
        [
            _text(4, top + 12, name),
            _rect(_LEFT, top, init * scale, _INIT),
            _rect(_LEFT + init * scale, top, first * scale, _FIRST),
            _text(end + 5, top + 12, f"{init:.0f} + {first:.0f}"),
        ]
    )


def _rect(left: float, top: float, width: float, color: str, height: float = 16) -> str:
    place = f'x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect {place} fill="{color}"/>'


def _text(left: float, bottom: float, text: str) -> str:
    return f'<text x="{left:.1f}" y="{bottom:.1f}">{escape(text)}</text>'

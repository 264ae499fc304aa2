"""docs/speed.svg: from the start of a process to its first answer, as bars."""

from html import escape
from statistics import median

from bench.report import Results

_ROW, _LEFT, _WIDTH = 22, 150, 640
_INIT, _FIRST = "#4c72b0", "#a9bfdf"


def chart(results: Results) -> str:
    """One bar for each candidate: init, then the first request."""
    spans = {name: _spans(name, results) for name in results}
    longest = max(sum(each) for each in spans.values())
    scale = (_WIDTH - _LEFT - 60) / longest
    height = _ROW * (len(spans) + 1)
    bars = [_bar(i, name, *spans[name], scale) for i, name in enumerate(spans)]
    legend = _text(_LEFT, height - 6, "init, then first request: ms; medians of one run")
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
    style = 'font-family="sans-serif" font-size="12">'
    ground = f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>'
    return "\n".join([head + style, ground, *bars, legend, "</svg>", ""])


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


def _rect(left: float, top: float, width: float, colour: str) -> str:
    return f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="16" fill="{colour}"/>'


def _text(left: float, bottom: float, text: str) -> str:
    return f'<text x="{left:.1f}" y="{bottom}">{escape(text)}</text>'

"""One page that shows how a tab lies on its song: HTML with its pictures inside, for any browser, light or dark.

The offset curve tells how strokes fall about the beats' clock, the tempo curve how the song runs, the bars how well
each agrees with what was heard; then the disagreements, in words. Sound files are named, to be played where they lie
beside the page.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

import numpy as np

from drum_tabber.alignment.align import TimedTab
from drum_tabber.alignment.correct import Disagreement, note
from drum_tabber.vocabulary import Vocabulary

DOUBTFUL = 0.5  # agreement below which a bar is shown as doubtful
_WIDTH, _HEIGHT, _MARGIN = 960, 180, 44
_TICKS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)  # seconds from one label to the next
_STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1e; --paper: #fdfdfb; --faint: #8884; --good: #2a7d4f; --bad: #c0392b; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececec; --paper: #18191b; --good: #5fc48d; --bad: #ff7b6b; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem; }
svg { width: 100%; height: auto; } svg text { fill: currentColor; font-size: 12px; }
.axis { stroke: var(--faint); } .dot { fill: var(--good); opacity: 0.6; } .line { fill: none; stroke: var(--good); }
.bad { fill: var(--bad); opacity: 0.7; } audio { width: 100%; } img { max-width: 100%; }
table { border-collapse: collapse; }
td, th { padding: 0.1rem 0.8rem 0.1rem 0; text-align: left; }
"""


def page(
    title: str,
    timed: TimedTab,
    found: Sequence[Disagreement],
    vocabulary: Vocabulary,
    summary: str,
    picture: str = "",
    sounds: Mapping[str, str] | None = None,
) -> str:
    """The page; `picture` is a PNG in base64, of the spectrogram, `sounds` file names of sounds by what they are."""
    parts = [f"<h1>{html.escape(title)}</h1><p>{html.escape(summary)}</p>"]
    for what, name in (sounds or {}).items():
        parts.append(f'<p>{html.escape(what)}<br><audio controls preload="none" src="{quote(name)}"></audio></p>')
    parts += [
        "<h2>Offset of each stroke from its slot</h2>",
        "<p>Milliseconds, over seconds of the song. Red: not heard, placed by its neighbours.</p>",
        _offsets(timed),
        "<h2>Tempo</h2><p>Beats a minute, over seconds of the song.</p>",
        _tempo(timed),
        "<h2>Confidence of each bar</h2>",
        f"<p>How far what is written and what is heard agree. Red: by less than {DOUBTFUL:.0%}.</p>",
        _agreement(timed),
    ]
    if picture:
        parts.append(f'<h2>What was heard</h2><img alt="spectrogram with hits" src="data:image/png;base64,{picture}">')
    parts += [f"<h2>Disagreements: {len(found)}</h2>", _table(timed, found, vocabulary)]
    head = f"<meta charset='utf-8'><title>{html.escape(title)}</title><style>{_STYLE}</style>"
    return f"<!doctype html>\n<html lang='en'><head>{head}</head>\n<body>" + "\n".join(parts) + "</body></html>\n"


class _Chart:
    """A chart's axes: data to points of the picture."""

    def __init__(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        self.x, self.y = x, y

    def at(self, x: float, y: float) -> tuple[float, float]:
        across = (x - self.x[0]) / max(1e-9, self.x[1] - self.x[0])
        up = (y - self.y[0]) / max(1e-9, self.y[1] - self.y[0])
        return _MARGIN + across * (_WIDTH - 2 * _MARGIN), _HEIGHT - 24 - up * (_HEIGHT - 40)

    def svg(self, marks: Iterable[str]) -> str:
        """The chart with its marks, labelled at the ends of its upright axis, at zero and along the seconds."""
        left, bottom = self.at(self.x[0], self.y[0])
        right, top = self.at(self.x[1], self.y[1])
        level = self.at(self.x[0], 0)[1] if self.y[0] < 0 < self.y[1] else bottom
        labels = [
            f'<line class="axis" x1="{left:.1f}" y1="{level:.1f}" x2="{right:.1f}" y2="{level:.1f}"/>',
            f'<text x="0" y="{bottom:.1f}">{self.y[0]:.4g}</text><text x="0" y="{top + 8:.1f}">{self.y[1]:.4g}</text>',
        ]
        step = next((step for step in _TICKS if (self.x[1] - self.x[0]) / step <= 12), _TICKS[-1])
        for second in range(int(np.ceil(self.x[0] / step)) * step, int(self.x[1]) + 1, step):
            at = self.at(second, 0)[0]
            labels.append(f'<line class="axis" x1="{at:.1f}" y1="{top:.1f}" x2="{at:.1f}" y2="{bottom:.1f}"/>')
            labels.append(f'<text x="{at:.1f}" y="{_HEIGHT - 6}" text-anchor="middle">{second}</text>')
        return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">{"".join([*labels, *marks])}</svg>'


def _span(timed: TimedTab) -> tuple[float, float]:
    return timed.bars[0].start, timed.bars[-1].end


def _offsets(timed: TimedTab) -> str:
    reach = float(np.ceil(np.abs(timed.offset).max(initial=0.01) * 100) * 10)
    chart = _Chart(_span(timed), (-reach, reach))
    marks = []
    for time, offset, heard in zip(timed.hits.time.tolist(), timed.offset.tolist(), timed.heard.tolist(), strict=True):
        x, y = chart.at(time, offset * 1000)
        marks.append(f'<circle class="{"dot" if heard else "bad"}" cx="{x:.1f}" cy="{y:.1f}" r="2"/>')
    return chart.svg(marks)


def _tempo(timed: TimedTab) -> str:
    beats = [(bar.start + bar.end) / 2 for bar in timed.bars]
    pace = [60 * (len(bar.beat_time) - 1) / (bar.end - bar.start) for bar in timed.bars]
    chart = _Chart(_span(timed), (min(pace) * 0.95, max(pace) * 1.05))
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (chart.at(*point) for point in zip(beats, pace, strict=True)))
    return chart.svg([f'<polyline class="line" points="{points}"/>'])


def _agreement(timed: TimedTab) -> str:
    chart = _Chart(_span(timed), (0, 1))
    marks = []
    for bar in timed.bars:
        left, top = chart.at(bar.start, bar.agreement)
        right, bottom = chart.at(bar.end, 0)
        title = f"<title>bar {bar.number}: {bar.agreement:.0%}</title>"
        box = f'x="{left:.1f}" y="{top:.1f}" width="{max(1, right - left - 1):.1f}" height="{bottom - top:.1f}"'
        kind = "dot" if bar.agreement >= DOUBTFUL else "bad"
        marks.append(f'<rect class="{kind}" {box}>{title}</rect>')
    return chart.svg(marks)


def _table(timed: TimedTab, found: Sequence[Disagreement], vocabulary: Vocabulary) -> str:
    if not found:
        return "<p>None.</p>"
    start = {bar.number: bar.start for bar in reversed(timed.bars)}
    rows = (
        f"<tr><td>{start.get(one.bar, 0):.2f} s</td><td>{html.escape(said, quote=False)}</td></tr>"
        for one, said in ((one, note(timed.tab, one, vocabulary)) for one in found)
    )
    return f"<table>{''.join(rows)}</table>"

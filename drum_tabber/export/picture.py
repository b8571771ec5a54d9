"""A drum roll over the waveform, as pictures: a PNG of the whole song, a PDF of pages to print.

Time runs in rows of whole bars, one below the other; in each the recording, if there is one, and below it a lane for
every drum that plays. A box is a hit: the taller the louder, the lighter the less sure. Lengths are inches.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from drum_tabber.errors import DrumTabberError
from drum_tabber.files import replacing
from drum_tabber.notation.transcription import Transcription
from drum_tabber.sound import waveform
from drum_tabber.vocabulary import Drum

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

_DPI = 110
_A4 = (8.27, 11.69)
_PNG_WIDTH = 12.0
_MOST_ROWS = 60  # of a PNG: of longer songs each row shows more
_MARGIN, _LABELS = 0.45, 0.95  # around the page; what the drums' names take of its width
_HEAD, _WAVE, _LANE, _BETWEEN = 0.95, 0.5, 0.14, 0.42
_SECONDS_AN_INCH = 2.2
_BOX = 0.055  # width of a hit
_NARROW = 0.3  # bars that are narrower aren't all numbered
_FAINTEST, _DOUBTED, _TRUSTED = 0.22, 0.35, 0.9  # opacity of a hit below a confidence; above another it is full
_INK, _GREY, _PALE, _WAVE_INK = "#1f2430", "#8a8f99", "#d9dce1", "#b4bac4"
_COLOURS = {"kick": "#1d4e89", "snare": "#b3261e", "hihat": "#96690a", "tom": "#3f7d20", "cymbal": "#7b3f9e"}


def write_png(path: Path, song: Transcription) -> None:
    """Write the whole song as one picture. Raises DrumTabberError where matplotlib is missing, AudioError."""
    seconds = max(song.duration / _MOST_ROWS, (_PNG_WIDTH - 2 * _MARGIN - _LABELS) * _SECONDS_AN_INCH)
    score = _Score.of(song, _PNG_WIDTH, seconds)
    with _drawing():
        figure = score.figure(score.rows, score.height(len(score.rows)))
        with replacing(path) as part:
            figure.savefig(part, format="png", dpi=_DPI, metadata={"Software": "Drum Tabber"})


def write_pdf(path: Path, song: Transcription) -> None:
    """Write the song on as many pages of A4 as it takes. Raises as `write_png` does."""
    width, height = _A4
    score = _Score.of(song, width, (width - 2 * _MARGIN - _LABELS) * _SECONDS_AN_INCH)
    rows_a_page = max(1, int((height - score.height(0)) / (score.height(1) - score.height(0))))
    pages = [score.rows[start : start + rows_a_page] for start in range(0, len(score.rows), rows_a_page)]
    with _drawing():
        from matplotlib.backends.backend_pdf import PdfPages

        about = {"Title": song.title, "Creator": "Drum Tabber", "CreationDate": None}
        with replacing(path) as part, PdfPages(part, metadata=about) as file:
            for number, rows in enumerate(pages, start=1):
                file.savefig(score.figure(rows, height, f"{number} / {len(pages)}" if len(pages) > 1 else ""))


@contextmanager
def _drawing() -> Iterator[None]:
    """Draw with matplotlib as it comes, without its warnings of characters that its font lacks."""
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise DrumTabberError("pictures are drawn by matplotlib, which isn't here: pip install matplotlib") from error
    with warnings.catch_warnings(), mpl.rc_context():
        warnings.simplefilter("ignore")
        mpl.rcParams.update({"font.family": "DejaVu Sans", "text.usetex": False, "path.simplify": False})
        yield


@dataclass(frozen=True, eq=False)
class _Score:
    """A song cut in `rows` (seconds from, to) that share a width, and the drums that it uses, from top to bottom."""

    song: Transcription
    rows: list[tuple[float, float]]
    drums: list[Drum]
    width: float
    scale: float  # inches a second

    @classmethod
    def of(cls, song: Transcription, width: float, seconds: float) -> _Score:
        """The song in rows of about so many seconds at most."""
        rows = _rows(song, seconds)
        order = {row: place for place, row in enumerate(song.presentation.style.rows)}
        used = [drum for drum in song.presentation.vocabulary.drums if drum.code in set(song.hits.drum.tolist())]
        used.sort(key=lambda drum: order.get(drum.row, len(order)))
        longest = max(end - start for start, end in rows)
        return cls(song, rows, used, width, (width - 2 * _MARGIN - _LABELS) / longest)

    def height(self, n_rows: int) -> float:
        """What so many rows take, with what is above and below them."""
        return 2 * _MARGIN + _HEAD + n_rows * (self._roll + (_WAVE if self.song.audio else 0) + _BETWEEN)

    @property
    def _roll(self) -> float:
        return _LANE * max(1, len(self.drums))

    def figure(self, rows: Sequence[tuple[float, float]], height: float, number: str = "") -> Figure:
        """A page with these rows."""
        from matplotlib.figure import Figure

        figure = Figure((self.width, height), facecolor="white")
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, self.width), ylim=(0, height))
        axes.set_axis_off()
        page = _Page(self, axes)
        page.head(height - _MARGIN, number)
        top = height - _MARGIN - _HEAD
        for start, end in rows:
            page.row(start, end, top)
            top -= self.height(1) - self.height(0)
        page.finish()
        return figure


class _Page:
    """What is drawn on a page, gathered by kind, since a thousand boxes at once are drawn as fast as one."""

    def __init__(self, score: _Score, axes: Any) -> None:
        self.score, self.song, self.axes = score, score.song, axes
        self.lines: dict[tuple[str, float], list[NDArray[np.float64]]] = {}
        self.boxes: list[NDArray[np.float64]] = []
        self.colours: list[tuple[float, float, float, float]] = []
        self.waves: list[NDArray[np.float64]] = []

    def head(self, top: float, number: str) -> None:
        """The title and what the signs mean."""
        song = self.song
        self.text(_MARGIN, top - 0.1, song.title, 13, va="top", weight="bold")
        bars = f"{song.tab.tempo:g} BPM, {len(song.tab.bars)} bars, {len(song.hits)} hits"
        self.text(_MARGIN, top - 0.4, f"{bars}; taller: louder, lighter: less sure", 7, va="top", color=_GREY)
        self.text(self.score.width - _MARGIN, top - 0.1, number, 8, va="top", ha="right", color=_GREY)

    def row(self, start: float, end: float, top: float) -> None:
        """A row from one time to another."""
        left, scale = _MARGIN + _LABELS, self.score.scale
        wave = _WAVE if self.song.audio else 0.0
        bottom = top - wave - self.score._roll
        right = left + (end - start) * scale
        if wave:
            self._wave(start, end, top, left)
        for lane, drum in enumerate(self.score.drums):
            middle = top - wave - _LANE * (lane + 0.5)
            self.line(_PALE, 0.5, (left, middle), (right, middle))
            self.text(left - 0.08, middle, drum.name, 6, ha="right", va="center", color=_INK)
            self._hits(drum, start, end, left, middle)
        self.text(_MARGIN, top - wave / 2, _clock(start), 6, va="center", color=_GREY)
        self._bars(start, end, left, top, bottom)

    def _wave(self, start: float, end: float, top: float, left: float) -> None:
        swing = self.song.waveform
        assert swing is not None  # there is a recording
        loudest = float(np.abs(swing).max(initial=1e-6))
        first, last = (np.clip(round(time * waveform.RATE), 0, len(swing)) for time in (start, end))
        part = swing[first:last]
        if not len(part):
            return
        x = left + (np.arange(first, last) / waveform.RATE - start) * self.score.scale
        middle, reach = top - _WAVE / 2, 0.46 * _WAVE / loudest
        upper, lower = middle + part[:, 1] * reach, middle + part[:, 0] * reach
        self.waves.append(np.concatenate([np.stack([x, upper], 1), np.stack([x, lower - 0.004], 1)[::-1]]))

    def _hits(self, drum: Drum, start: float, end: float, left: float, middle: float) -> None:
        from matplotlib.colors import to_rgb

        own = self.song.hits.of_drum(drum.code)
        own = own.select((own.time >= start) & (own.time < end))
        x = left + (own.time - start) * self.score.scale
        tall = _LANE * (0.25 + 0.65 * own.velocity / 127) / 2
        sure = np.clip((own.confidence - _DOUBTED) / (_TRUSTED - _DOUBTED), 0, 1)
        corners = [(x, middle - tall), (x + _BOX, middle - tall), (x + _BOX, middle + tall), (x, middle + tall)]
        self.boxes += list(np.stack([np.stack(corner, 1) for corner in corners], 1))
        red, green, blue = to_rgb(_COLOURS.get(drum.family, _INK))
        self.colours += [(red, green, blue, _FAINTEST + (1 - _FAINTEST) * one) for one in sure.tolist()]

    def _bars(self, start: float, end: float, left: float, top: float, bottom: float) -> None:
        """Bar lines with their numbers, beats, and the names of sections."""
        grid, scale = self.song.grid, self.score.scale
        for time in grid.beat_time[(grid.beat_time >= start) & (grid.beat_time < end)].tolist():
            x = left + (time - start) * scale
            self.line(_PALE, 0.4, (x, top), (x, bottom))
        starts = grid.beat_time[grid.bar_beat]
        width = scale * float(np.median(np.diff(starts)))
        step = next(step for step in (1, 2, 4, 8, 16, 32, 1000) if width * step >= _NARROW)
        names = {section.bar: section.name for section in self.song.sections}
        for bar in (np.flatnonzero((starts >= start - 1e-9) & (starts < end - 1e-9)) + 1).tolist():
            x = left + (float(starts[bar - 1]) - start) * scale
            self.line(_GREY, 0.7, (x, top), (x, bottom))
            if bar <= grid.n_bars and (bar - 1) % step == 0:
                self.text(x + 0.02, top + 0.03, str(bar), 6, va="bottom", color=_GREY)
            if bar in names:
                self.text(x + 0.02, top + 0.15, names[bar], 8, va="bottom", weight="bold")
        x = left + (end - start) * scale
        self.line(_GREY, 0.7, (x, top), (x, bottom))

    def line(self, colour: str, width: float, *ends: tuple[float, float]) -> None:
        """A line between two places."""
        self.lines.setdefault((colour, width), []).append(np.array(ends))

    def text(self, x: float, y: float, words: str, size: float, color: str = _INK, **how: Any) -> None:
        """Words as they are: a dollar begins no formula."""
        if words:
            self.axes.text(x, y, words, fontsize=size, color=color, parse_math=False, **how)

    def finish(self) -> None:
        """Draw what was gathered."""
        from matplotlib.collections import LineCollection, PolyCollection

        self.axes.add_collection(PolyCollection(self.waves, facecolors=_WAVE_INK, edgecolors="none"), autolim=False)
        for (colour, width), lines in self.lines.items():
            self.axes.add_collection(LineCollection(lines, colors=colour, linewidths=width), autolim=False)
        boxes = PolyCollection(self.boxes, facecolors=self.colours, edgecolors="none", zorder=3)
        self.axes.add_collection(boxes, autolim=False)


def _rows(song: Transcription, seconds: float) -> list[tuple[float, float]]:
    """Stretches of at most so many seconds, cut at bar lines; what no bar covers is cut by the clock."""
    starts = song.grid.beat_time[song.grid.bar_beat]
    inside = starts[(starts > 0) & (starts < song.duration)].tolist()
    end = max(song.duration, float(starts[-1]) if not inside else 0.0, 1e-3)
    rows: list[tuple[float, float]] = []
    at = 0.0
    for cut, following in zip([*inside, end], [*inside[1:], end, None], strict=True):
        for edge in _spread(at, cut, seconds):
            rows.append((at, edge))
            at = edge
        if following is not None and following - at > seconds and cut > at:
            rows.append((at, cut))
            at = cut
    return [*rows, (at, end)] if end > at else rows


def _spread(start: float, end: float, seconds: float) -> Iterable[float]:
    """Times that cut a stretch which is too long for a row."""
    return [start + seconds * (number + 1) for number in range(int((end - start) / seconds - 1e-9))]


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"

"""A drum roll over the waveform, as pictures: a PNG of the whole song, a PDF of pages to print.

Time runs in rows of whole bars, one below the other; in each the recording, if there is one, and below it a lane for
every drum that plays. A box is a hit: the taller the louder, the lighter the less sure. Lengths are inches.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drum_tabber.errors import DrumTabberError
from drum_tabber.files import replacing
from drum_tabber.notation.transcription import Transcription
from drum_tabber.sound import waveform
from drum_tabber.vocabulary import Drum
from drum_tabber.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.artist import Artist
    from matplotlib.figure import Figure
    from matplotlib.path import Path as Outline

_DPI = 110
_A4 = (8.27, 11.69)
_PNG_WIDTH = 12.0
_MOST_ROWS = 60  # of a PNG: of longer songs each row shows more
_MARGIN, _LABELS = 0.45, 0.95  # around the page; what the drums' names take of its width
_HEAD, _WAVE, _LANE, _BETWEEN = 0.95, 0.5, 0.14, 0.42
_SECONDS_AN_INCH = 2.2
_BOX = 0.055  # width of a hit
_EARLY = 0.03  # seconds: who plays a row's first beat so early plays it on that row
_NARROW = 0.3  # bars that are narrower aren't all numbered
_FAINTEST, _DOUBTED, _TRUSTED = 0.22, 0.35, 0.9  # opacity of a hit below a confidence; above another it is full
_SHADES = 8  # steps between the two
_PNG_EFFORT = 1  # of zlib: a tenth larger than with its usual 6, and sooner done
_INK, _GREY, _PALE, _WAVE_INK = "#1f2430", "#8a8f99", "#d9dce1", "#b4bac4"
_NO_MATPLOTLIB = "pictures are drawn by matplotlib, which isn't here: pip install matplotlib"
_COLOURS = {"kick": "#1d4e89", "snare": "#b3261e", "hihat": "#96690a", "tom": "#3f7d20", "cymbal": "#7b3f9e"}


def write_png(path: Path, song: Transcription) -> None:
    """Write the whole song as one picture. Raises DrumTabberError where matplotlib is missing, AudioError."""
    seconds = max(song.duration / _MOST_ROWS, (_PNG_WIDTH - 2 * _MARGIN - _LABELS) * _SECONDS_AN_INCH)
    score = _Score.of(song, _PNG_WIDTH, seconds)
    with _drawing():
        figure = score.figure(score.rows, score.height(len(score.rows)))
        with replacing(path) as part:
            about = {"Software": "Drum Tabber"}
            effort = {"compress_level": _PNG_EFFORT}
            figure.savefig(part, format="png", dpi=_DPI, metadata=about, pil_kwargs=effort)


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


def check() -> None:
    """Raise DrumTabberError where matplotlib is missing, which isn't loaded for that."""
    if find_spec("matplotlib") is None:
        raise DrumTabberError(_NO_MATPLOTLIB)


@contextmanager
def _drawing() -> Iterator[None]:
    """Draw with matplotlib as it comes, without its warnings of characters that its font lacks."""
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise DrumTabberError(_NO_MATPLOTLIB) from error
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

        page = _Page(self)
        page.head(height - _MARGIN, number)
        top = height - _MARGIN - _HEAD
        for start, end in rows:
            page.row(start, end, top)
            top -= self.height(1) - self.height(0)
        figure = Figure((self.width, height), facecolor="white")
        for artist in page.artists():
            artist.set_transform(figure.dpi_scale_trans)  # from inches
            figure.add_artist(artist)
        return figure


class _Page:
    """What is drawn on a page, gathered by kind: a thousand boxes in one path are drawn as fast as one.

    No axes lie about it, and no text is laid out: with them, matplotlib takes three times as long.
    """

    def __init__(self, score: _Score) -> None:
        self.score, self.song = score, score.song
        self.lines: dict[tuple[str, float], list[NDArray[np.float64]]] = defaultdict(list)
        self.boxes: dict[tuple[str, float], list[NDArray[np.float64]]] = defaultdict(list)
        self.words: list[_Words] = []

    def head(self, top: float, number: str) -> None:
        """The title and what the signs mean."""
        song = self.song
        self.text(_MARGIN, top - 0.24, song.title, 13, weight="bold")
        bars = f"{song.tab.tempo:g} BPM, {counted(len(song.tab.bars), 'bar')}, {counted(len(song.hits), 'hit')}"
        self.text(_MARGIN, top - 0.48, f"{bars}; taller: louder, lighter: less sure", 7, colour=_GREY)
        self.text(self.score.width - _MARGIN, top - 0.2, number, 8, colour=_GREY, right=True)

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
            self.text(left - 0.08, middle - 0.03, drum.name, 6, right=True)
            self._hits(drum, start, end, left, middle)
        self.text(_MARGIN, top - wave / 2 - 0.03, _clock(start), 6, colour=_GREY)
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
        outline = np.concatenate([np.stack([x, upper], 1), np.stack([x, lower - 0.004], 1)[::-1]])
        self.boxes[_WAVE_INK, 1.0].append(outline)

    def _hits(self, drum: Drum, start: float, end: float, left: float, middle: float) -> None:
        own = self.song.hits.of_drum(drum.code)
        own = own.select((own.time >= (start - _EARLY if start > 0 else start)) & (own.time < end - _EARLY))
        x = left + (own.time - start) * self.score.scale
        tall = _LANE * (0.25 + 0.65 * own.velocity / 127) / 2
        sure = np.clip((own.confidence - _DOUBTED) / (_TRUSTED - _DOUBTED), 0, 1)
        opacity = _FAINTEST + (1 - _FAINTEST) * np.rint(sure * _SHADES) / _SHADES
        corners = [(x, middle - tall), (x + _BOX, middle - tall), (x + _BOX, middle + tall), (x, middle + tall)]
        boxes = np.stack([np.stack(corner, 1) for corner in corners], 1)
        for box, alpha in zip(boxes, opacity.tolist(), strict=True):
            self.boxes[_COLOURS.get(drum.family, _INK), alpha].append(box)

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
                self.text(x + 0.02, top + 0.03, str(bar), 6, colour=_GREY)
            if bar in names:
                self.text(x + 0.02, top + 0.15, names[bar], 8, weight="bold")
        x = left + (end - start) * scale
        self.line(_GREY, 0.7, (x, top), (x, bottom))

    def line(self, colour: str, width: float, *ends: tuple[float, float]) -> None:
        """A line between two places."""
        self.lines[colour, width].append(np.array(ends))

    def text(
        self, x: float, y: float, text: str, size: float, colour: str = _INK, *, weight: str = "", right: bool = False
    ) -> None:
        """Words that begin at a place on their base line, or end there."""
        if text:
            self.words.append(_Words(x, y, text, size, colour, weight or "normal", right))

    def artists(self) -> Iterator[Artist]:
        """What was gathered, as matplotlib draws it."""
        from matplotlib.patches import PathPatch

        for (colour, width), lines in self.lines.items():
            yield PathPatch(_together(lines), fill=False, edgecolor=colour, linewidth=width, snap=True)
        for (colour, alpha), boxes in self.boxes.items():
            closed = [np.concatenate([box, box[:1]]) for box in boxes]
            yield PathPatch(_together(closed), facecolor=colour, alpha=alpha, linewidth=0)
        yield _lettering(self.words)


class _Words(NamedTuple):
    """Words on a base line, which begin at `x` or, if `right`, end there; size in points."""

    x: float
    y: float
    text: str
    size: float
    colour: str
    weight: str
    right: bool


def _lettering(words: Sequence[_Words]) -> Artist:
    """All words of a page as one artist, which hands each to the renderer as it is."""
    from matplotlib.artist import Artist
    from matplotlib.font_manager import FontProperties

    class Lettering(Artist):
        def draw(self, renderer: Any) -> None:
            fonts = {(one.size, one.weight): FontProperties(size=one.size, weight=one.weight) for one in words}
            widths: dict[tuple[str, float], float] = {}
            for one in words:
                font = fonts[one.size, one.weight]
                x, y = self.get_transform().transform((one.x, one.y))
                if one.right and (one.text, one.size) not in widths:
                    widths[one.text, one.size] = renderer.get_text_width_height_descent(one.text, font, False)[0]
                ink = renderer.new_gc()
                ink.set_foreground(one.colour)
                left = x - widths[one.text, one.size] if one.right else x
                renderer.draw_text(ink, left, renderer.height - y if renderer.flipy() else y, one.text, font, 0)
                ink.restore()

    return Lettering()


def _together(shapes: Sequence[NDArray[np.float64]]) -> Outline:
    """Shapes, each (points, 2), as one path."""
    from matplotlib.path import Path as Outline

    return Outline.make_compound_path(*map(Outline, shapes))


def _rows(song: Transcription, seconds: float) -> list[tuple[float, float]]:
    """Stretches of at most so many seconds, cut at bar lines; what no bar covers is cut by the clock."""
    starts = song.grid.beat_time[song.grid.bar_beat]
    inside = starts[(starts > 0) & (starts < song.duration)].tolist()
    end = max(song.duration, float(starts[-1]) if not inside else 0.0, 1e-3)
    rows: list[tuple[float, float]] = []
    at = 0.0
    cuts = [*inside, end]
    for cut, following in zip(cuts, [*cuts[1:], None], strict=True):
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

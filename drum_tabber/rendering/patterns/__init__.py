"""A drummer without end: a seed and a number in, a `Performance` of a made-up song out, hits and beats and no band.

`idioms` says what is played as a table, `grooves` makes bars of it, `playing` turns them into strokes in seconds that
two hands and two feet can play. Here a song gets its form: an idiom or a groove made up, a verse, a chorus and a bridge
that come back, fills, crashes, rests, a tempo of its own. The same seed and number always make the same song.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import cycle

import numpy as np

from drum_tabber.events import Beats, Hits
from drum_tabber.rendering.patterns import grooves, playing
from drum_tabber.rendering.patterns.grooves import Bar, Colours, Stroke
from drum_tabber.rendering.patterns.idioms import IDIOMS, METERS, Idiom, Meter
from drum_tabber.rendering.studio import Performance

SECONDS = (45.0, 75.0)  # how long a song lasts before its last section ends
_FORM = ("verse", "chorus", "verse", "chorus", "bridge", "chorus")
_SECTION_SECONDS = (6.0, 14.0)
_LEVELS = {"intro": -6.0, "verse": -6.0, "chorus": 4.0, "bridge": -2.0}  # added to velocities
_MADE_UP = 0.3  # share of songs whose grooves nobody wrote
_INSTEAD = (  # chance that a song does without these drums, and what is struck in their stead
    (0.25, {"HT": "SD", "MT": "SD", "LT": "SD"}),
    (0.15, {"HT": "MT"}),
    (0.35, {"SC": "CC"}),
    (0.3, {"CH": "CC"}),
    (0.05, {"CC": "HO", "SC": "HO", "CH": "HO"}),
)
_BY_NAME = {idiom.name: idiom for idiom in IDIOMS}


@dataclass(frozen=True)
class _Part:
    """What comes back whenever a section of this kind does."""

    bars: tuple[Bar, ...]
    colours: Colours
    variety: float
    level: float
    n_bars: int


def performance(seed: int, number: int, idiom: str = "") -> Performance:
    """Song `number` of the collection `seed`, called patterns-00012; in an idiom drawn by chance or the one named.

    Strokes are at exact seconds, beats at those of the drummer's clock. Raises KeyError for an idiom that isn't there.
    """
    rng = np.random.default_rng([seed, number])
    weights = np.array([one.weight for one in IDIOMS])
    drawn = IDIOMS[int(rng.choice(len(IDIOMS), p=weights / weights.sum()))]
    chosen = _BY_NAME[idiom] if idiom else drawn
    meter = METERS[chosen.meter]
    bpm = float(np.exp(rng.uniform(*np.log(chosen.bpm))))
    song = _Song(chosen, meter, bpm, rng)
    song.compose()
    swing = float(rng.uniform(*chosen.swing))
    when = playing.clock(song.tempi, swing, chosen.pair, rng)
    played = playing.play(song.strokes, when, playing.Drummer.draw(rng), chosen.soft, rng)
    hits = Hits.of([one.time for one in played], [one.drum for one in played], [one.velocity for one in played])
    return Performance(f"patterns-{number:05d}", hits, song.beats(when))


class _Song:
    """A song as it is composed bar by bar: `strokes` with their levels, `tempi` of each unit."""

    def __init__(self, idiom: Idiom, meter: Meter, bpm: float, rng: np.random.Generator) -> None:
        self.idiom, self.meter, self.bpm, self.rng = idiom, meter, bpm, rng
        self.strokes: list[tuple[Stroke, float]] = []
        self.tempi: list[float] = []
        self.seconds = 0.0
        self.instead: dict[str, str] = {}
        written = {drum for bar in idiom.bars for drum in bar.split()[::2]}
        for chance, exchange in _INSTEAD:
            if rng.random() < chance and not written & set(exchange):
                self.instead |= exchange

    def compose(self) -> None:
        """Write the song: perhaps a count-in, sections until it is long enough, an ending."""
        rng = self.rng
        made_up = not self.idiom.plain and rng.random() < _MADE_UP
        parts = {kind: self._part(kind, made_up) for kind in ("intro", *dict.fromkeys(_FORM))}
        self._open(parts["intro"])
        seconds, crash = float(rng.uniform(*SECONDS)), rng.random() < 0.5
        form = cycle(_FORM) if rng.random() < 0.5 else cycle((*_FORM[1:], "verse"))
        while self.seconds < seconds:
            kind = next(form)
            crash = self._section(parts[kind], kind, crash)
        self._add((Stroke(0.0, "CC", "X"), Stroke(0.0, "BD", "X")), 6.0)
        if rng.random() < 0.3:
            self._add((Stroke(0.0, "CC", "X"), Stroke(0.0, "BD", "X")), 6.0)

    def beats(self, when: playing.Clock) -> Beats:
        """The beats of all bars, with their places."""
        bars = len(self.tempi) // self.meter.units
        at = [bar * self.meter.units + beat for bar in range(bars) for beat in self.meter.beats]
        places = np.tile(np.arange(1, len(self.meter.beats) + 1), bars)
        return Beats(np.array([when(unit) for unit in at]), places)

    def _part(self, kind: str, made_up: bool) -> _Part:
        rng, meter = self.rng, self.meter
        n_phrase = int(rng.choice([1, 1, 2]))
        bar_seconds = meter.units * 60 / self.bpm
        wanted = rng.uniform(*_SECTION_SECONDS) / bar_seconds
        n_bars = min((2, 4, 8, 12, 16), key=lambda n: abs(np.log(n / wanted)))
        bars = []
        for _ in range(n_phrase):
            written = self.idiom.bars[int(rng.integers(len(self.idiom.bars)))]
            bars.append(grooves.made_up(meter, rng) if made_up else grooves.read(written, meter.units))
        colours = Colours.draw(self.idiom, kind, rng)
        return _Part(
            tuple(bars),
            replace(colours, accents="" if colours.accents in self.instead else colours.accents),
            0.0 if self.idiom.plain else float(rng.uniform(0, 0.3)),
            _LEVELS[kind] + float(rng.normal(0, 3)),
            n_bars,
        )

    def _open(self, intro: _Part) -> None:
        """How the song begins: with a click on the sticks or hats, a fill, the hats or drum roll, or at once."""
        how = str(self.rng.choice(["count", "fill", "roll", "at once"], p=[0.3, 0.2, 0.1, 0.4]))
        meter = self.meter
        if how == "count":
            drum = str(self.rng.choice(["SS", "HH", "HP", "HO"]))
            self._add(tuple(Stroke(float(beat), drum, "x") for beat in meter.beats), 0.0)
        elif how == "fill":
            self._add(self._filled((), float(min(meter.units, 4))), intro.level)
        elif how == "roll":
            mark = str(self.rng.choice(["z", "="]))
            step = meter.units if mark == "z" else 0.25
            at = np.arange(0, meter.units, step)
            self._add(tuple(Stroke(float(when), "SD", mark, step, louder=2 * when) for when in at), -10.0)

    def _section(self, part: _Part, kind: str, crash: bool) -> bool:
        """Play a section; True where the next begins with a crash."""
        rng, meter = self.rng, self.meter
        self.bpm *= float(np.exp(rng.normal(0, 0.006)))
        level = part.level + float(rng.normal(0, 1.5))
        for index in range(part.n_bars):
            bar = part.bars[index % len(part.bars)]
            bar = grooves.varied(grooves.settled(bar, rng), meter, rng, part.variety)
            bar = grooves.coloured(bar, meter, part.colours, rng)
            last, half = index == part.n_bars - 1, index % 4 == 3
            if (last and rng.random() < 0.8) or (half and rng.random() < 0.3):
                bar = self._filled(bar, self._fill_length(last))
            if rng.random() < 0.012:
                bar = grooves.crashed((), "CC") if rng.random() < 0.5 else ()  # a rest, perhaps after a choked crash
            if (crash and index == 0) or rng.random() < 0.03:
                open_hats = part.colours.surface in ("HH", "HO") and rng.random() < 0.3
                bar = grooves.crashed(bar, str(rng.choice(["CC", "CC", "CC", "CC", "CH", "SC"])), open_hats)
            self._add(bar, level)
        return rng.random() < (0.5 if self.idiom.soft < 1 else 0.8)

    def _fill_length(self, last: bool) -> float:
        """Units that a fill lasts."""
        choices = [1, 2, self.meter.units] if last else [0.5, 1]
        return float(min(self.rng.choice(choices), self.meter.units))

    def _filled(self, bar: Bar, length: float) -> Bar:
        """The bar ending with a fill of so many units, kicks of the bar perhaps going on beneath."""
        start = self.meter.units - length
        keep = ("BD",) if self.rng.random() < 0.3 else ()
        before = [stroke for stroke in bar if stroke.at < start - 1e-6 or stroke.drum in keep]
        moved = [
            replace(stroke, at=stroke.at + start) for stroke in grooves.fill(length, self.meter.division, self.rng)
        ]
        return (*before, *moved)

    def _add(self, bar: Bar, level: float) -> None:
        """Append a bar."""
        start = len(self.tempi)
        for stroke in bar:
            drum = self.instead.get(stroke.drum, stroke.drum)
            self.strokes.append((replace(stroke, at=stroke.at + start, drum=drum), level))
        self.tempi += [self.bpm] * self.meter.units
        self.seconds += self.meter.units * 60 / self.bpm

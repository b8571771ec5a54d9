"""Bars of strokes: idioms read, grooves made up, colours put on them, fills. Positions are units from the bar's start.

Everything random comes from the generator given; nothing here knows seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from drum_tabber.rendering.patterns.idioms import Idiom, Meter

TIME = "TT"
TOMS = ("HT", "MT", "LT")
CYMBALS = ("CC", "SC", "CH", "RD", "RB")
_PERHAPS = {",": (0.5, "g"), "?": (0.5, "x")}
_HOLDING = 0.02  # units within which strokes are simultaneous


@dataclass(frozen=True)
class Stroke:
    """A stroke `at` so many units, by its `mark` (see idioms); a roll lasts `length` units. `louder` adds velocity."""

    at: float
    drum: str
    mark: str = "x"
    length: float = 0.25
    louder: float = 0.0


Bar = tuple[Stroke, ...]


def read(text: str, units: int) -> Bar:
    """The strokes of a written bar of so many units."""
    words = text.split()
    return tuple(
        Stroke(index * units / len(line), drum, mark, units / len(line))
        for drum, line in zip(words[::2], words[1::2], strict=True)
        for index, mark in enumerate(line)
        if mark != "-"
    )


def settled(bar: Bar, rng: np.random.Generator) -> Bar:
    """The bar with every "perhaps" decided."""
    decided = []
    for stroke in bar:
        chance, mark = _PERHAPS.get(stroke.mark, (1.0, stroke.mark))
        if rng.random() < chance:
            decided.append(replace(stroke, mark=mark))
    return tuple(decided)


def made_up(meter: Meter, rng: np.random.Generator) -> Bar:
    """A groove nobody wrote: strokes drawn on a grid with chances by their place in the bar."""
    parts = meter.division * (2 if meter.division == 3 and rng.random() < 0.2 else 1)
    busy, ghosts, every = rng.uniform(0.3, 1.6), rng.choice([0.0, 0.15, 0.45]), _time_step(parts, rng)
    strokes = []
    for index in range(meter.units * parts):
        at, unit, part = index / parts, index // parts, index % parts
        back = part == 0 and unit in meter.backbeats
        strong = unit in meter.beats and part == 0
        if rng.random() < (1.0 if index == 0 else busy * (0.1 if back else 0.45 if strong else 0.2)):
            strokes.append(Stroke(at, "BD", "X" if strong else "x"))
        if rng.random() < (0.95 if back else 0.03):
            strokes.append(Stroke(at, "SD", "X" if back or rng.random() < 0.6 else "o"))
        elif not strong and rng.random() < ghosts:
            strokes.append(Stroke(at, "SD", "g"))
        if index % every == 0:
            strokes.append(Stroke(at, TIME, "X" if strong else "x" if part * 2 == parts else "o"))
    return tuple(strokes)


def _time_step(parts: int, rng: np.random.Generator) -> int:
    """Parts of a unit between strokes of the hand that keeps time."""
    return int(rng.choice([step for step in (1, 2, parts) if parts % step == 0]))


def varied(bar: Bar, meter: Meter, rng: np.random.Generator, amount: float) -> Bar:
    """The bar as it is played another time: kicks and ghosts come and go, each with about the chance `amount`."""
    taken = {(round(stroke.at, 3), stroke.drum) for stroke in bar}
    kept = [
        stroke
        for stroke in bar
        if stroke.at == 0 or stroke.mark == "X" or stroke.drum not in ("BD", "SD") or rng.random() >= amount
    ]
    for index in range(meter.units * meter.division):
        at = index / meter.division
        for drum, mark, chance in (("BD", "x", amount / 8), ("SD", "g", amount / 4)):
            if index % meter.division and (round(at, 3), drum) not in taken and rng.random() < chance:
                kept.append(Stroke(at, drum, mark))
    return tuple(kept)


@dataclass(frozen=True)
class Colours:
    """How a section is orchestrated: the surface of time, and chances for each of the colours."""

    surface: str
    side_stick: bool = False
    bell: bool = False
    hat_foot: str = ""
    open_hats: float = 0.0
    crashes_along: bool = False
    masked_kicks: float = 0.0
    extra_ghosts: float = 0.0
    accents: str = ""

    @classmethod
    def draw(cls, idiom: Idiom, part: str, rng: np.random.Generator) -> Colours:
        """Colours that suit the idiom, and a verse, chorus or bridge."""
        surfaces = idiom.time.split()
        calm = part in ("verse", "intro")
        surface = surfaces[0] if calm and rng.random() < 0.5 else str(rng.choice(surfaces))
        if idiom.plain:
            return cls(surface, hat_foot="quarters" if surface in ("RD", "CC") and rng.random() < 0.15 else "")
        return cls(
            surface,
            side_stick=calm and rng.random() < 0.3,
            bell=surface == "RD" and rng.random() < 0.4,
            hat_foot=str(rng.choice(["backbeats", "beats", "offbeats", ""])) if surface not in ("HH", "HO") else "",
            open_hats=float(rng.choice([0.0, 0.06, 0.2])) if surface == "HH" else 0.0,
            crashes_along=part == "chorus" and surface in ("HO", "HH", "RD") and rng.random() < 0.35,
            masked_kicks=float(rng.choice([0.0, 0.1, 0.35])),
            extra_ghosts=float(rng.choice([0.0, 0.0, 0.15, 0.4])) if calm or rng.random() < 0.3 else 0.0,
            accents=str(rng.choice(["", "SC", "SC", "SC", "CH", "CH"])),
        )


def coloured(bar: Bar, meter: Meter, colours: Colours, rng: np.random.Generator) -> Bar:
    """The bar as the section orchestrates it."""
    strokes = [_orchestrated(stroke, colours, rng) for stroke in bar]
    if colours.side_stick:
        strokes = [
            replace(stroke, drum="SS") if stroke.drum == "SD" else stroke
            for stroke in strokes
            if not (stroke.drum == "SD" and stroke.mark == "g")
        ]
    strokes += [Stroke(at, "HP", "x") for at in _hat_foot(meter, colours.hat_foot)]
    taken = {round(stroke.at, 3) for stroke in strokes if stroke.drum in ("SD", "SS", *TOMS)}
    for index in range(meter.units * meter.division):
        at = index / meter.division
        if index % meter.division and round(at, 3) not in taken and rng.random() < colours.extra_ghosts:
            strokes.append(Stroke(at, "SD", "g"))
    strokes += [
        Stroke(stroke.at, "BD")
        for stroke in strokes
        if stroke.drum in ("SD", colours.surface) and stroke.mark == "X" and rng.random() < colours.masked_kicks
    ]
    if colours.crashes_along:
        strokes += [Stroke(float(at), "CC", "X") for at in meter.beats if at not in meter.backbeats]
    if colours.accents and rng.random() < 0.6:
        for at in rng.choice(meter.units * 2, size=rng.integers(1, 3)) / 2:
            strokes.append(Stroke(float(at), colours.accents, "X"))
    return tuple(strokes)


def _orchestrated(stroke: Stroke, colours: Colours, rng: np.random.Generator) -> Stroke:
    drum = colours.surface if stroke.drum == TIME else stroke.drum
    if drum == "HH" and stroke.drum == TIME and stroke.at % 1 and rng.random() < colours.open_hats:
        drum = "HO"
    if drum == "RD" and colours.bell and stroke.mark == "X":
        drum = "RB"
    return replace(stroke, drum=drum)


def _hat_foot(meter: Meter, kind: str) -> list[float]:
    """Positions of the left foot."""
    if kind == "offbeats":
        return [unit + 0.5 for unit in range(meter.units)] if meter.division == 4 else []
    if kind == "quarters":
        return [float(unit) for unit in range(meter.units)]
    return [float(at) for at in {"backbeats": meter.backbeats, "beats": meter.beats}.get(kind, ())]


def crashed(bar: Bar, drum: str, open_hats: bool = False) -> Bar:
    """The bar begun with a crash, or other cymbal, and a kick; perhaps the other hand opens the hats with it."""
    gone = (*CYMBALS, "HH", "HO", "BD", "SD", "SS")
    others = [stroke for stroke in bar if stroke.at > _HOLDING or stroke.drum not in gone]
    if open_hats:
        others.append(Stroke(0.0, "HO", "X"))
    return (Stroke(0.0, drum, "X", louder=6), Stroke(0.0, "BD", "X"), *others)


def fill(units: float, division: int, rng: np.random.Generator) -> Bar:
    """A fill of so many units, from 0: down the toms, a roll, hands and feet, flams or a mixture."""
    kind = str(rng.choice(["toms", "toms", "toms", "roll", "buzz", "feet", "flams", "snare", "mixed"]))
    per_unit = int(rng.choice([2, 3, 4, 4, 4, 6, 8] if division == 4 else [3, 3, 6] if division == 3 else [1, 2, 2, 4]))
    n = max(1, round(units * per_unit))
    at = np.arange(n) / per_unit
    if kind == "buzz":
        return (Stroke(0.0, "SD", "z", units), Stroke(0.0, "BD", "x"))
    if kind == "roll":
        return tuple(
            Stroke(float(when), "SD", "=" if rng.random() < 0.2 else "o", 1 / per_unit, louder=30 * index / n)
            for index, when in enumerate(at)
        )
    route = _route(kind, n, rng)
    gaps = rng.random(n) < (0.3 if kind in ("mixed", "snare") else 0.08)
    accents = (np.arange(n) % per_unit == 0) | (rng.random(n) < 0.25)
    strokes = []
    for index, drum in enumerate(route):
        if drum and not (gaps[index] and index):
            mark = "f" if kind == "flams" and accents[index] else "X" if accents[index] else "x"
            mark = "g" if kind == "snare" and not accents[index] and rng.random() < 0.5 else mark
            strokes.append(Stroke(float(at[index]), drum, mark, 1 / per_unit, louder=8 * index / n))
    if kind == "toms" and rng.random() < 0.5:
        strokes += [Stroke(float(when), "BD", "x") for when in at[::per_unit]]
    return tuple(strokes)


def _route(kind: str, n: int, rng: np.random.Generator) -> list[str]:
    """The drums of a fill of n strokes."""
    path = ["SD", *TOMS] if rng.random() < 0.7 else [*TOMS]
    if rng.random() < 0.15:
        path = path[::-1]
    if kind == "toms":
        return [path[min(len(path) - 1, index * len(path) // n)] for index in range(n)]
    if kind == "snare":
        return ["SD"] * n
    if kind == "feet":
        cell = [["R", "R", "BD"], ["R", "R", "BD", "BD"], ["R", "BD", "R", "R", "BD", "R"]][int(rng.integers(3))]
        hands = [path[index * len(path) // n] for index in range(n)]
        return [hand if cell[index % len(cell)] == "R" else "BD" for index, hand in enumerate(hands)]
    return [str(drum) for drum in rng.choice(["SD", "SD", "HT", "MT", "LT", "LT", "BD"], size=n)]

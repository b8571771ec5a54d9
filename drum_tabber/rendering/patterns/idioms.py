"""What drummers play, as data: metres, idioms with their bars written out, and the surfaces that keep time.

A bar is a text of drums, each with its line. A line of n characters divides the whole bar evenly, whatever n is:
16 characters are sixteenths in 4/4, 12 are triplets, 14 sixteenths in 7/8. `TT` is the hand that keeps time, on
whichever surface the section chooses. A character is a mark:

X accent   x stroke   o soft stroke   g ghost   , ghost, perhaps   ? stroke, perhaps
f flam     d drag     = two strokes   z buzz roll until the next slot      - nothing
"""

from __future__ import annotations

from dataclasses import dataclass

MARKS = "Xxog,?fd=z-"


@dataclass(frozen=True)
class Meter:
    """A bar of `units` equal units, of which those in `beats` are beats; `backbeats` are where the snare answers.

    In compound metres a unit is the dotted note; `division` is into how many parts a unit falls at least.
    """

    units: int
    beats: tuple[int, ...]
    backbeats: tuple[int, ...]
    division: int = 4


def _even(units: int, backbeats: tuple[int, ...], division: int = 4) -> Meter:
    return Meter(units, tuple(range(units)), backbeats, division)


# Beats as `midi.read` counts them: 6/8, 9/8 and 12/8 in dotted quarters, 7/8 in seven eighths; only where these come
# faster than any beat that is looked for is 7/8 counted as it is grouped, 2 + 2 + 3 in three places.
METERS: dict[str, Meter] = {
    "4/4": _even(4, (1, 3)),
    "3/4": _even(3, (1, 2)),
    "5/4": _even(5, (1, 3, 4)),
    "7/4": _even(7, (1, 3, 5)),
    "6/8": _even(2, (1,), 3),
    "9/8": _even(3, (1, 2), 3),
    "12/8": _even(4, (1, 3), 3),
    "7/8": _even(7, (2, 6), 2),
    "7/8 grouped": Meter(7, (0, 2, 4), (2, 6), 2),
}


@dataclass(frozen=True)
class Idiom:
    """A way of playing: `bpm` units of the metre a minute, its bars, and the surfaces that may keep time.

    `swing` ranges over where the second of each pair falls (0.5 is straight), pairs lasting `pair` units. `soft`
    multiplies velocities. `plain` idioms take no colours: no side stick, no other cymbals, no hat foot of ours.
    """

    name: str
    bpm: tuple[float, float]
    bars: tuple[str, ...]
    meter: str = "4/4"
    time: str = "HH HO RD CC"
    swing: tuple[float, float] = (0.5, 0.5)
    pair: float = 0.5
    soft: float = 1.0
    weight: float = 1.0
    plain: bool = False


_STRAIGHT_8 = "TT X-x-X-x-X-x-X-x-"
_BACKBEAT = "SD ----X-------X---"
_BIG = "HH HO RD CC RB CH LT"
_DOUBLE = "BD xxxxxxxxxxxxxxxx"
_GALLOP = "BD x-xxx-xxx-xxx-xx"

# A row an idiom, its bars below.
# fmt: off
IDIOMS: tuple[Idiom, ...] = (
    Idiom("rock", (76, 180), time=_BIG, weight=2.0, bars=(
        f"{_STRAIGHT_8} {_BACKBEAT} BD X-------X-x-----",
        f"{_STRAIGHT_8} {_BACKBEAT} BD X-----x-X-------",
        f"{_STRAIGHT_8} {_BACKBEAT} BD X--x--x-X-x---?-",
        f"TT X---X---X---X--- {_BACKBEAT} BD X-x---x---X---x-",
    )),
    Idiom("ghost funk", (78, 124), time="HH HH RD RB", swing=(0.5, 0.57), weight=4.0, bars=(
        "TT X-x-X-x-X-x-X-x- SD -g-gX-gg-g-gX-g- BD X-----x---X--x--",
        "TT XoxoXoxoXoxoXoxo SD -,-gX--g-g-,X--g BD X-x---x--x----x-",
        "TT X-x-X-x-X-x-X-xo SD --,gX-,g,g-gX-,g BD X--x--x---x--?--",
        "TT x-X-x-X-x-X-x-X- SD ,g-,X,g-g-g,X-gg BD X-----xx--X---?-",
        "TT X-x-X-x-X-x-X-x- SD gg-gX-gggg-gX-gg BD X-x-------x-----",
    )),
    Idiom("linear", (76, 118), time="HH", bars=(
        "HH X-x--x-x-x-x--x- SD -g--X-g-g--gX--g BD --?x----x-x----x",
        "HH x-x-x-x-x--x-x-- SD -g-gX--g-g-gX-g- BD ------x---x----x",
        "HH X--xX--x-x--X--x SD -gg--g--g-g--gg- BD ---x--x----x---x HO ------x-----X---",
    )),
    Idiom("metal double bass", (90, 200), time="HO RD RB CC CH HH", weight=2.0, bars=(
        f"TT X---X---X---X--- {_BACKBEAT} {_DOUBLE}",
        f"TT X---X---X---X--- SD --------X------- {_DOUBLE}",
        f"TT X-x-X-x-X-x-X-x- {_BACKBEAT} {_GALLOP}",
        f"TT X---X---X---X--- {_BACKBEAT} BD xxx-xxx-xxx-xxx-",
        f"TT X---X---X---X--- {_BACKBEAT} BD xxxxxxxxxxxxxxxxxxxxxxxx",
        f"TT X---X---X---X--- {_BACKBEAT} BD x-xxx-x-xx-xx-xx",
    )),
    Idiom("traditional blast", (170, 260), time="HO RD CC CH HH", plain=True, bars=(
        "TT x-x-x-x-x-x-x-x- SD -x-x-x-x-x-x-x-x BD x-x-x-x-x-x-x-x-",
        "TT X---X---X---X--- SD --x---x---x---x- BD X---x---X---x---",
        "TT x---x---x---x--- SD -x-x-x-x-x-x-x-x BD x-x-x-x-x-x-x-x-",
    )),
    Idiom("bomb blast", (130, 220), time="HO RD CC CH", plain=True, bars=(
        "TT X-x-X-x-X-x-X-x- SD X-x-X-x-X-x-X-x- BD xxxxxxxxxxxxxxxx",
        "TT X---X---X---X--- SD X-x-X-x-X-x-X-x- BD xxxxxxxxxxxxxxxx",
    )),
    Idiom("hammer blast", (130, 230), time="HO RD CC CH HH", plain=True, bars=(
        "TT X-x-X-x-X-x-X-x- SD X-x-X-x-X-x-X-x- BD X-x-X-x-X-x-X-x-",
        "TT X---x---X---x--- SD X-x-X-x-X-x-X-x- BD X-x-X-x-X-x-X-x-",
    )),
    Idiom("jazz ride", (90, 240), swing=(0.57, 0.70), pair=1.0, soft=0.85, weight=2.5, plain=True, bars=(
        "RD X-XxX-Xx HP --x---x- SD -,-,-g-- BD o-o-o-o-",
        "RD X-XxX-Xx HP --x---x- SD ---g---g BD ,-----,-",
        "RD x-XxX-X- HP --x---x- SD -g--,--o BD -,-o----",
        "RD X-Xxx-Xx HP --x---x- SD g--g-,g- BD o-,-o-,-",
        "RD x-Xxx-Xx HP --x---x- SD ----o--g BD ---x----",
    )),
    Idiom("jazz waltz", (90, 200), meter="3/4", swing=(0.58, 0.68), pair=1.0, soft=0.85, plain=True, bars=(
        "RD X-XxXx HP --x-x- SD -g-,-g BD o--,--",
        "RD X-XxX- HP --x--- SD ---g-, BD o-----",
    )),
    Idiom("brushes", (60, 150), swing=(0.5, 0.66), soft=0.6, plain=True, bars=(
        "SD oog,oog,oog,oog, HP ----x-------x--- BD o-------o-------",
        "SD o-go-go-o-go-go- HP ----x-------x--- BD o---o---o---o---",
        "SD ogxgogxgogxgogxg HP ----x-------x--- BD ,-------,-------",
        "SD o-o-x-o-o-o-x-o, HH --o---o---o---o- BD o-------o-o-----",
    )),
    Idiom("reggae one drop", (62, 92), swing=(0.5, 0.64), weight=1.2, plain=True, bars=(
        "HH XoxoXoxoXoxoXoxo SS --------X------- BD --------X-------",
        "HH x-X-x-X-x-X-x-X- SD --------X-----,- BD --------X-------",
        "HH X--xX--xX--xX--x SS ---x----X--x---- BD --------X------- HO ------x---------",
    )),
    Idiom("reggae rockers", (66, 96), time="HH RD", swing=(0.5, 0.6), plain=True, bars=(
        "TT x-X-x-X-x-X-x-X- SS --------X----x-- BD X---?---X---?---",
        "TT X-x-X-x-X-x-X-x- SD --------X------g BD X-x-x---X-x-x---",
    )),
    Idiom("reggae steppers", (66, 96), time="HH RD", swing=(0.5, 0.6), bars=(
        "TT x-X-x-X-x-X-x-X- SS ---x--x-X--x--x- BD X---X---X---X---",
    )),
    Idiom("disco", (104, 138), time="HH", weight=1.5, bars=(
        f"HH x---x---x---x--- HO --X---X---X---X- {_BACKBEAT} BD X---X---X---X---",
        f"HH xo-oxo-oxo-oxo-o HO --X---X---X---X- {_BACKBEAT} BD X---X---X---X---",
        f"HP x---x---x---x--- HO --X---X---X---X- {_BACKBEAT} BD X---X---X---X-x-",
    )),
    Idiom("four on the floor", (96, 150), time=_BIG, bars=(
        f"HO X---X---X---X--- {_BACKBEAT} BD X---X---X---X---",
        f"TT x-X-x-X-x-X-x-X- {_BACKBEAT} BD X---X---X---X---",
        f"TT XoxoXoxoXoxoXoxo {_BACKBEAT} BD X---X---X---X-?-",
    )),
    Idiom("shuffle", (76, 170), time="HH RD RB HO", bars=(
        "TT X-xX-xX-xX-x SD ---X-----X-- BD X-----X-----",
        "TT X-xX-xX-xX-x SD --gX-g--gX-g BD X----xX----x",
        "TT X-xX-xX-xX-x SD ---X-----X-- BD X-xx-xX-xx-x",
    )),
    Idiom("half-time shuffle", (70, 110), time="HH RD", weight=1.5, bars=(
        "TT X-xX-xX-xX-x SD -g--g-Xg--g- BD X----x-----x",
        "TT X-xX-xX-xX-x SD -g--g-X--,g- BD X-x-----x--x",
    )),
    Idiom("train beat", (90, 140), weight=1.3, plain=True, bars=(
        "SD ogXgogXgogXgogXg BD X---X---X---X--- HP --x---x---x---x-",
        "SD ooXoooXoooXoooXx BD X---x---X---x---",
        "SD ggxgggxgggxgggXg BD X-------X------- HP ----x-------x---",
    )),
    Idiom("bossa", (100, 160), time="HH RD", soft=0.85, plain=True, bars=(
        "TT X-x-X-x-X-x-X-x- SS X-----X-----X--- BD X-----xxX-----xx HP ----x-------x---",
        "TT xoxoxoxoxoxoxoxo SS X-----X---X---X- BD X-----x-X-----x-",
        "TT X-x-x-x-X-x-x-x- SS ----X--X---X---- BD X--xX--xX--xX--x HP ----x-------x---",
    )),
    Idiom("samba", (88, 126), time="RD RB HH", plain=True, bars=(
        "TT XoxXoxXoXoxXoxXo SD g-gXg-gX-gXgg-Xg BD X--xX--xX--xX--x HP ----x-------x---",
        "TT X-xxX-xxX-xxX-xx SS X--X--X---X-X--- BD o--Xo--Xo--Xo--X HP ----x-------x---",
        "LT ----X--x----X--- SD x-gxg-gx-gxgx-gx BD X--xX--xX--xX--x HT --------x-x---x-",
    )),
    Idiom("cumbia", (80, 112), time="HH RD RB", bars=(
        "TT X-xxX-xxX-xxX-xx SS ----X-------X--- BD X---x---X---x---",
        "RB X-xxX-xxX-xxX-xx SD ------x-------x- LT ----------x-x--- BD X-------X-------",
    )),
    Idiom("d-beat", (150, 220), time="HO CC RD HH", weight=1.3, bars=(
        "TT X-x-X-x-X-x-X-x- SD ----X-------X--- BD X--x--x-X--x--x-",
        "TT X---X---X---X--- SD ----X-------X--- BD X-----x-X-x---x-",
        "TT X-x-X-x-X-x-X-x- SD --X---X---X---X- BD X---X---X---X---",
    )),
    Idiom("motown", (90, 150), time="HH RD", bars=(
        "TT X-x-X-x-X-x-X-x- SD X---X---X---X--- BD X-----xxX-----x-",
        "TT X-x-X-x-X-x-X-x- SD ----X-------X-x- BD X--x----X--x----",
    )),
    Idiom("surf", (130, 190), time="RD HH LT", bars=(
        "TT X-x-X-x-X-x-X-x- SD ----X-X-----X--- BD X-------X-x-----",
        "LT X-x-x-x-X-x-x-x- SD ----X-X-----X--- BD X---X---X---X---",
    )),
    Idiom("tom groove", (70, 170), weight=2.0, bars=(
        "LT X-x-x-x-X-x-x-x- SD ----X-------X--- BD X-------X-------",
        "LT X--x--x---x-x--- MT -----------xx--- HT --------------x- SD ----X-------X--- BD X---x---X---x---",
        "LT X-xxx-x-X-xxx--- MT ------------x-x- SD ------------X--- BD X---X---X---X---",
        "HT x--x--------x--- MT ---------x-x---- LT ------x-x-----x- SS ----X-------X--- BD X-----x-X-------",
        "LT XxxxxxxxXxxxxxxx SD ----X-------X--- BD X-----x-X-x-----",
        "MT X--X--X--------- LT ---------X--X-X- BD X---X---X---X--- HP ----x-------x---",
    )),
    Idiom("snare march", (80, 126), soft=0.9, weight=1.2, plain=True, bars=(
        "SD Xoox=oXo=oXox=== BD X---X---X---X--- HP --x---x---x---x-",
        "SD f-ooX-oof-ood-oo BD X-------X------- HP ----x-------x---",
        "SD X-zzX-zzX-X-zzzz BD X---x---X---x---",
        "SD dx-oX-o-dx-oXoox BD X---X---X---X---",
    )),
    Idiom("drum'n'bass", (155, 180), time="HH RD HO", weight=1.2, bars=(
        "TT X-x-X-x-X-x-X-x- SD ----X--g-g--X--g BD X-----,---X-----",
        "TT x-x-x-x-x-x-x-x- SD ----X--g-x-gX-g- BD X-x-------X-----",
        "TT XoxoXoxoXoxoXoxo SD -g--X-,g-g-gX--g BD X---------X--?--",
    )),
    Idiom("hip-hop", (76, 104), time="HH", swing=(0.54, 0.66), weight=1.3, bars=(
        "TT X-x-X-x-X-x-X-x- SD ----X--,-,--X--, BD X--x---x-xx-----",
        "TT X-x-X-xxX-x-X-x- SD ----X-------X--g BD X------x--x-----",
        "TT XoxoXoxoXoxoXoxo SD ----X--g----X--- BD X-x------xx---?-",
    )),
    Idiom("waltz", (80, 180), meter="3/4", time="HH RD HO RB", bars=(
        "TT X-x-x-x-x-x- SD ----x---x--- BD X-----------",
        "TT X-x-X-x-X-x- SD ----X--g-g-- BD X-----x---x-",
        "TT X-----x---x- SS ----x---x--- BD X-------?--- HP ----x---x---",
    )),
    Idiom("five", (90, 190), meter="5/4", time="HH RD RB HO CC", bars=(
        "TT X-x-X-x-X-x-X-x-X-x- SD ----X-------X------- BD X-----x---x-----X-x-",
        "RD X---X-x-X---X---X-x- SD ----g-x----,X------- BD X--------x-----x---- HP ----x-------x-------",
        "TT X-x-x-x-x-x-X-x-x-x- SD --------X-------X--- BD X--x------x-X-----x-",
    )),
    Idiom("seven four", (90, 170), meter="7/4", time="HH RD CC HO", weight=0.7, bars=(
        "TT X-x-X-x-X-x-X-x-X-x-X-x-X-x- SD ----X-------X-------X------- BD X-----x-X-------X-x-----X-x-",
        "TT X---X---X---X---X---X---X--- SD ----X-------X-------X---X-x- BD X-x-----X-x---x-X-----------",
    )),
    Idiom("seven eight", (110, 215), meter="7/8", time="HH RD HO", weight=0.7, bars=(
        "TT X-x-X-x-X-x-x- SD ----X-------X- BD X-------X--x--",
        "TT X-x-X-x-X-x-x- SD ----X--g-g--X- BD X--x--x-X-----",
        "RD X-x-X-x-X-xxx- SS ----X-------x- BD X-------X----- HP ----x-------x-",
    )),
    Idiom("fast seven eight", (225, 320), meter="7/8 grouped", time="HH RD CC HO", weight=0.6, bars=(
        "TT X-X-X-x SD --X---X BD X---X--",
        "TT X-x-X-x SD --X--x- BD X--xX--",
    )),
    Idiom("six eight", (44, 110), meter="6/8", time=_BIG, weight=1.2, bars=(
        "TT XxxXxx SD ---X-- BD X----x",
        "TT XoxoxoXoxoxo SD ----,-X--g-- BD X---x-----x-",
        "TT X-xX-x SD ---X-- BD X-xx-x",
    )),
    Idiom("twelve eight", (46, 110), meter="12/8", time="HH RD RB HO CC", weight=1.2, bars=(
        "TT XxxXxxXxxXxx SD ---X-----X-- BD X----xX-----",
        "TT XxxXxxXxxXxx SD -,-X-,-g-X-g BD X-----X-x--x",
        "TT XxxXxxXxxXxx SD ------X----- BD X--x-x---x--",
        "RB X-xx-xx-xx-x SS ---X-----X-- BD X--x--X--x-- LT ----------x-",
    )),
    Idiom("nine eight", (50, 120), meter="9/8", time="HH RD HO", weight=0.7, bars=(
        "TT XxxXxxXxx SD ---X--x-- BD X-------x",
        "TT X-xX-xX-x SD -,-g-,X-- BD X--x--x--",
    )),
    Idiom("ballad", (50, 80), time="HH RD RB HO", bars=(
        "TT X-o-x-o-X-o-x-o- SS ----X-------X--- BD X------xX-------",
        "TT XoxoXoxoXoxoXoxo SD --,-X--,-,--X-,, BD X------xX-x-----",
        "RD X-x-x-x-X-x-x-x- SD ----X-------X--- BD X-----x-X------- HP ----x-------x---",
    )),
)
# fmt: on

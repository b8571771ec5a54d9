"""Settings: read the page `configs.py`, override it, check it, take a snapshot.

Precedence, highest first: `--set NAME=VALUE`, the environment's `DRUM_TABBER_NAME`, the page itself.
"""

from __future__ import annotations

import ast
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from drum_tabber.errors import SettingError
from drum_tabber.wording import meant

ENVIRONMENT_PREFIX = "DRUM_TABBER_"


def names(page: types.ModuleType) -> list[str]:
    """The settings on a page, in its order."""
    return [name for name in page.__annotations__ if name.isupper()]


def override(
    page: types.ModuleType, assignments: Iterable[str] = (), environment: Mapping[str, str] | None = None
) -> None:
    """Set `NAME=VALUE` assignments on the page, after those of the environment, then check the page as a whole."""
    known = names(page)
    for key, value in (environment or {}).items():
        if key.startswith(ENVIRONMENT_PREFIX):
            _assign(page, known, key.removeprefix(ENVIRONMENT_PREFIX), value, key)
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise SettingError(f"--set needs NAME=VALUE, not {assignment!r}")
        _assign(page, known, name.strip(), value.strip(), name.strip())
    check(page)


def snapshot(page: types.ModuleType) -> dict[str, Any]:
    """All settings as a dictionary that JSON can hold."""
    return {name: getattr(page, name) for name in names(page)}


def check(page: types.ModuleType) -> None:
    """Raise SettingError, in a sentence, for the first value of a wrong type or outside its range."""
    hints = typing.get_type_hints(page)
    for name in names(page):
        value = getattr(page, name)
        if not _fits(value, hints[name]):
            raise SettingError(f"{name} must be {_words(hints[name])}, not {value!r}")
        _check_range(name, value)
    _check_together(page)


def _assign(page: types.ModuleType, known: list[str], name: str, text: str, said: str) -> None:
    if name not in known:
        raise SettingError(f"there is no setting {said}{meant(name, known) or '; configs.py lists them all'}")
    hint_type = typing.get_type_hints(page)[name]
    value = _parse(text, hint_type)
    if not _fits(value, hint_type):
        raise SettingError(f"{name} must be {_words(hint_type)}, not {text!r}{_hint(name, text, hint_type)}")
    setattr(page, name, value)


def _hint(name: str, text: str, hint: Any) -> str:
    """What may have been meant by a value of the wrong type, or ""."""
    meters = re.findall(r"(\d+)/(\d+)", text)
    if name == "METERS" and meters:
        beats = (int(n) // 3 if unit == "8" and n in ("6", "9", "12") else int(n) for n, unit in meters)
        return f"; beats alone are named: METERS={','.join(map(str, dict.fromkeys(beats)))}"
    if typing.get_origin(hint) is list:
        hint = typing.get_args(hint)[0]
    choices = [choice for choice in typing.get_args(hint) if isinstance(choice, str)]
    return meant(text, choices) if typing.get_origin(hint) is typing.Literal else ""


def _parse(text: str, hint: Any) -> Any:
    """The value that a piece of text means for a setting of this type; text itself where it is no literal."""
    if hint is str:
        return text
    if hint is bool:
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(text.lower(), text)
    if typing.get_origin(hint) is list and _is_word(typing.get_args(hint)[0]) and not text.startswith(("[", "(")):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    origin = typing.get_origin(hint)
    if origin in (list, tuple) and isinstance(value, list | tuple):
        return origin(value)
    if origin is list and value is not None:
        return [value]
    return float(value) if hint is float and type(value) is int else value


def _is_word(hint: Any) -> bool:
    return hint is str or all(isinstance(choice, str) for choice in typing.get_args(hint) or [None])


def _fits(value: Any, hint: Any) -> bool:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return value in arguments and type(value) in {type(argument) for argument in arguments}
    if origin is list:
        return isinstance(value, list) and all(_fits(item, arguments[0]) for item in value)
    if origin is tuple:
        return isinstance(value, tuple) and len(value) == len(arguments) and all(map(_fits, value, arguments))
    if origin is dict:
        return isinstance(value, dict) and all(
            _fits(k, arguments[0]) and _fits(v, arguments[1]) for k, v in value.items()
        )
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is hint


def _words(hint: Any) -> str:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return "one of " + ", ".join(map(str, arguments))
    if origin is tuple:
        return f"{len(arguments)} values such as ({', '.join(argument.__name__ for argument in arguments)})"
    if origin is list and typing.get_origin(arguments[0]) is typing.Literal:
        return f"a list of {', '.join(map(str, typing.get_args(arguments[0])))}"
    if origin is list:
        return {str: "names such as a,b", int: "whole numbers such as 3,4"}.get(arguments[0], "a list of rows")
    if origin is dict:
        return "a dictionary"
    return {"bool": "true or false", "int": "a whole number", "float": "a number", "str": "text"}[hint.__name__]


# Checks read as sentences; the sets name the settings that a rule is about.
_SHARES = {
    "SENSITIVITY", "RENDER_MUSIC", "RENDER_MUSIC_ALONE", "DROPOUT", "EMA", "MIN_CONFIDENCE", "MIN_BAR_CONFIDENCE",
    "STEM_SHARE", "START_SHARE", "CODEC_SHARE", "SELF_TRAINING_SURE", "DOUBTFUL", "PRETRAIN_MASK_SHARE",
    "SAMPLES_MIXED",
}  # fmt: skip
_POSITIVE = {
    "MIN_BPM", "SLOTS_PER_BEAT", "TAB_BARS_PER_LINE", "SAMPLE_RATE", "HOP_SIZE", "WINDOW_SIZE", "N_MELS", "D_MODEL",
    "N_HEADS", "ATTENTION_WINDOW", "TARGET_WIDTH", "BATCH_SIZE", "SEGMENT_SECONDS", "EPOCHS", "STEPS_PER_EPOCH",
    "LEARNING_RATE", "POSITIVE_WEIGHT", "PATIENCE", "RENDER_COPIES", "COPIES_A_TAKE", "SONGS_WEIGHT", "N_ENCODERS",
    "PRETRAIN_EPOCHS", "PRETRAIN_MASK_SHARE", "FOCAL_POWER", "SAMPLES_SECONDS", "SAMPLES_EPOCHS",
    "SAMPLES_LEARNING_RATE",
}  # fmt: skip
_NOT_NEGATIVE = {
    "PAGE_EMBED_MB", "LONG_WINDOW_SIZE", "WARMUP_STEPS", "WEIGHT_DECAY", "VELOCITY_LOSS", "BEAT_LOSS", "STEMS_GB",
    "SELF_TRAINING_WEIGHT", "WORKERS", "SEED", "N_ATTENTION", "FREQUENCY_MASK_BANDS", "TIME_MASK_FRAMES", "KEY_DETUNED",
}  # fmt: skip
_FASTEST = 1000.0  # beats a minute: faster ones would be closer than the strokes on any drum

_TOGETHER: tuple[tuple[Callable[[Any], object], str], ...] = (  # what holds of a page, and what to say where it doesn't
    (
        lambda page: page.MIN_BPM * 2 <= page.MAX_BPM,
        "MAX_BPM must be at least twice MIN_BPM, or half tempo can't be told from double",
    ),
    (lambda page: page.MAX_BPM <= _FASTEST, f"MAX_BPM must be at most {_FASTEST:g}, not {{MAX_BPM:g}}"),
    (lambda page: page.FMIN < page.FMAX <= page.SAMPLE_RATE / 2, "FMIN < FMAX <= SAMPLE_RATE / 2 must hold"),
    (
        lambda page: page.HOP_SIZE <= page.WINDOW_SIZE,
        "HOP_SIZE must not exceed WINDOW_SIZE, or some of the audio goes unheard",
    ),
    (
        lambda page: not page.LONG_WINDOW_SIZE or page.WINDOW_SIZE < page.LONG_WINDOW_SIZE,
        "LONG_WINDOW_SIZE must exceed WINDOW_SIZE, or be 0 for none",
    ),
    (
        lambda page: page.WINDOW_SIZE % 2 == page.LONG_WINDOW_SIZE % 2 == 0,
        "WINDOW_SIZE and LONG_WINDOW_SIZE must be even, so that frames have a middle",
    ),
    (lambda page: page.D_MODEL % page.N_HEADS == 0, "D_MODEL must be a multiple of N_HEADS"),
    (
        lambda page: page.ATTENTION_FOLD > 0 and 64 % page.ATTENTION_FOLD == 0,
        "ATTENTION_FOLD must divide 64, or a song can't be heard window by window",
    ),
    (
        lambda page: 1 <= page.GHOST_VELOCITY < page.ACCENT_VELOCITY <= 127,
        "1 <= GHOST_VELOCITY < ACCENT_VELOCITY <= 127 must hold",
    ),
    (
        lambda page: len(page.CONV_FILTERS) >= {"timefreq_cnn": 3, "context_cnn": 2}.get(page.MODEL, 1),
        "CONV_FILTERS must name more widths for {MODEL}: timefreq_cnn has three, context_cnn two",
    ),
    (lambda page: page.DRUMS, "DRUMS must have at least one row"),
    (
        lambda page: (
            all(len(row[0]) == 2 for row in page.DRUMS) and len({row[0] for row in page.DRUMS}) == len(page.DRUMS)
        ),
        "DRUMS must begin each row with a code of two letters, no two alike",
    ),
    (
        lambda page: all(len(row[3]) == 3 for row in page.DRUMS),
        "DRUMS must have three symbols in each row, such as xXg: normal, accent and ghost",
    ),
    (
        lambda page: all(0 <= note <= 127 for row in page.DRUMS for note in (*row[4], row[5])),
        "DRUMS must have MIDI notes from 0 to 127",
    ),
    (
        lambda page: page.METERS and all(2 <= meter <= 16 for meter in page.METERS),
        "METERS must name numbers of beats from 2 to 16, such as 3,4; 6/8 has 2 dotted ones",
    ),
    (
        lambda page: all(code in {row[0] for row in page.DRUMS} and 0 <= note <= 127 for code, note in page.MIDI_NOTES),
        "MIDI_NOTES must pair codes of the table DRUMS with MIDI notes from 0 to 127",
    ),
    (
        lambda page: {row[2] for row in page.DRUMS} <= set(page.TAB_ROWS),
        "TAB_ROWS must name every row of the table DRUMS",
    ),
    (
        lambda page: page.PRETRAIN_MASK_RUN * min(1, 1 / page.PRETRAIN_MASK_SHARE - 1) >= 1,
        "PRETRAIN_MASK_RUN is too short to hide PRETRAIN_MASK_SHARE: raise it to 1 or more, or lower the share",
    ),
    (lambda page: page.PRETRAIN_MASKS, "PRETRAIN_MASKS must name at least one mask"),
    (
        lambda page: page.UNLABELLED_DIRS or not page.SELF_SUPERVISED,
        "SELF_SUPERVISED needs songs: name their folders in UNLABELLED_DIRS",
    ),
    (
        lambda page: page.UNLABELLED_DIRS or not page.SELF_TRAINING_WEIGHT,
        "SELF_TRAINING_WEIGHT needs songs: name their folders in UNLABELLED_DIRS",
    ),
    (
        lambda page: not (page.SELF_SUPERVISED and page.START_FROM),
        "SELF_SUPERVISED and START_FROM are two ways to begin: choose one",
    ),
    (
        lambda page: {*page.DRUM_STEMS} <= {"channel", "mix", "replace"},
        "DRUM_STEMS may name channel, mix and replace, not {DRUM_STEMS}",
    ),
    (
        lambda page: page.SLOTS_PER_BEAT in (2, 4, 8),
        "SLOTS_PER_BEAT must be 2, 4 or 8, for eighths, sixteenths or thirty-seconds; triplets are found by themselves",
    ),
    (
        lambda page: re.fullmatch(r"[\w. -]*\w[\w. -]*", page.RUN_NAME),
        "RUN_NAME must be a name such as own, of letters, digits, points and dashes, not {RUN_NAME}",
    ),
    (lambda page: page.TAB_WIDTH >= 6 + 4 * page.SLOTS_PER_BEAT, "TAB_WIDTH must hold at least one bar"),
)


def _check_range(name: str, value: Any) -> None:
    if (name in _SHARES or name.startswith("P_")) and not 0 <= value <= 1:
        raise SettingError(f"{name} must be between 0 and 1, not {value}")
    if name in _POSITIVE and not value > 0:
        raise SettingError(f"{name} must be greater than 0, not {value}")
    if name in _NOT_NEGATIVE and value < 0:
        raise SettingError(f"{name} must not be negative, not {value}")
    if isinstance(value, tuple) and len(value) == 2 and value[0] > value[1]:
        raise SettingError(f"{name} must run from low to high, not {value}")


def _check_together(page: types.ModuleType) -> None:
    for holds, sentence in _TOGETHER:
        if not holds(page):
            raise SettingError(sentence.format_map(vars(page)))

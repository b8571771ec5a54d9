"""A song's own kit: its cleanest strokes, cut out and classed, planned onto keys; a step of `kit --from-song`.

The transcriber's word on a stroke is weighed with the classifier's. A cut that both together take for something else
is left out, unless a drum has no other: then the transcriber is believed, so that every drum of the song can play.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

import configs
from drum_tabber.errors import DrumTabberError
from drum_tabber.kits import sampler
from drum_tabber.oneshots import cuts, hearsay
from drum_tabber.oneshots.classifier import Verdicts
from drum_tabber.oneshots.cuts import Cut
from drum_tabber.sound import audio
from drum_tabber.vocabulary import Vocabulary
from drum_tabber.wording import counted


def planned(song: Path, folder: Path, keys: str | None, model: str | None) -> sampler.Plan:
    """What plays on each key of a kit out of a song, its cuts written into `folder`.

    Keys are those that MIDI files of the song use, or those of a map by name. Raises AudioError where the song can't be
    read and DrumTabberError where no stroke can be cut out.
    """
    from drum_tabber.tasks import classify, drums

    hits = drums.transcriber().transcribe(song).hits
    sound = audio.read(song)
    found: dict[Path, Cut] = {}
    for number, cut in enumerate(cuts.cuts(hits, sound.samples, sound.sample_rate), 1):
        path = folder / f"{cuts.NAMES.get(cut.drum, cut.drum)}_{number:03}.wav"
        audio.write(path, cut.samples, sound.sample_rate)
        found[path] = cut
    if not found:
        raise DrumTabberError(f"{song} has no drum stroke that can be cut out; give a song with sparser drums")
    heard = classify.heard(list(found), model)
    heard = weighed(heard, [found[path] for path in heard.paths])
    plan = sampler.planned(heard, sampler.KEY_MAPS[keys]) if keys else by_drum(heard, found)
    kept = sum(len(one.files) for one in plan.keys)
    print(f"cut {len(found)} of {counted(len(hits), 'stroke')} out of {song}, of which {kept} are kept")
    return plan


def weighed(heard: Verdicts, found: Sequence[Cut]) -> Verdicts:
    """The classifier's verdicts on cuts, in their order, weighed with the transcriber's; none is unknown."""
    classes = heard.classes
    rows = [
        hearsay.combined(cut.drum, cut.confidence, likely, classes)
        for cut, likely in zip(found, heard.probabilities, strict=True)
    ]
    return replace(heard, probabilities=np.array(rows, np.float32), unknown=np.zeros_like(heard.unknown))


def by_drum(heard: Verdicts, found: dict[Path, Cut]) -> sampler.Plan:
    """Each drum of the song on its own MIDI note, its cuts as layers by loudness."""
    known = Vocabulary.of(configs.DRUMS).by_code
    rows: dict[str, list[int]] = defaultdict(list)
    for row, path in enumerate(heard.paths):
        rows[found[path].drum].append(row)
    levels = np.array([found[path].level_db for path in heard.paths])
    keys: list[sampler.Planned] = []
    left_out: dict[Path, str] = {}
    for drum, own in rows.items():
        meant = hearsay.CLASSES[drum]
        agreed = [row for row in own if heard.labels[row] == meant] or own
        if agreed is own and heard.labels[own[0]] != meant:
            print(f"{cuts.NAMES[drum]}: no cut sounds like one; the transcriber is believed")
        files = sampler.layers(heard.paths, levels, agreed)
        keys.append(sampler.Planned(known[drum].note, meant, cuts.NAMES[drum].replace("_", " "), files))
        others = [row for row in own if row not in agreed]
        left_out |= {Path(heard.paths[row].name): f"it sounds like: {heard.labels[row]}" for row in others}
    return sampler.Plan(tuple(sorted(keys, key=lambda plan: plan.key)), left_out)

"""Kits for samplers: what goes on which key, and that every file of every format says what it should."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import sample_fakes

import configs
from drum_tabber.kits import hydrogen, sampler
from drum_tabber.kits.kit import Kit
from drum_tabber.kits.sampler import drumkv1
from drum_tabber.oneshots import percussion
from drum_tabber.sound import audio

RATE = 8000


@pytest.fixture
def sounds(tmp_path: Path) -> dict[Path, str]:
    """Three kicks, a snare in three strengths, both hats (one at another rate, one as ogg), a tom, and speech."""
    folder = tmp_path / "my sounds & more"
    wave = np.sin(np.arange(RATE // 10) / 3).astype(np.float32)
    named = {
        "kick_a.wav": "kick", "boom b.wav": "kick", "kick_c.flac": "kick", "snare_p.wav": "snr", "snare_mf.wav": "snr",
        "snare_ff.wav": "snr", "hat.ogg": "hhc", "open.wav": "hho", "tom.wav": "tom", "speech.wav": "unknown",
    }  # fmt: skip
    for name in named:
        rate = 16000 if name == "open.wav" else RATE
        audio.write(folder / name, 0.5 * np.stack([wave, wave]) if "kick" in name else 0.5 * wave, rate)
    return {folder / name: code for name, code in named.items()}


LEVELS = [-10, -10, -10, -30, -20, -8, -10, -10, -10, -10]


@pytest.fixture
def kit(sounds: dict[Path, str], tmp_path: Path) -> sampler.SamplerKit:
    plan = sampler.planned(sample_fakes.verdicts(sounds, LEVELS), sampler.KEY_MAPS["24"])
    return sampler.collected(plan.keys, tmp_path / "kits" / "v1.2 kit", "v1.2 kit")


def test_the_maps_have_the_keys_that_they_are_named_for() -> None:
    maps = sampler.KEY_MAPS
    assert [len(maps[name]) for name in ("8", "24", "36")] == [8, 24, 36]
    assert [sorted(maps[name]) for name in ("24", "36")] == [list(range(36, 60)), list(range(24, 60))]
    assert all({*keys.values()} <= {*percussion.CLASSES} for keys in maps.values())
    assert all(maps["36"][key] == maps["36"][key + 12] for key in range(24, 36))


def test_no_sample_plays_twice_and_strengths_are_layers(kit: sampler.SamplerKit) -> None:
    by_code = {code: [voice for voice in kit.voices if voice.code == code] for code in ("kick", "snr", "tom")}
    assert [voice.key for voice in by_code["kick"]] == [36, 37]  # the third kick has no key
    assert [voice.key for voice in by_code["tom"]] == [41]  # the other key of toms stays empty
    (snare,) = by_code["snr"]
    assert [re.sub(r".*snare_", "", layer.path) for layer in snare.layers] == ["p.wav", "mf.wav", "ff.wav"]
    assert [(layer.low, layer.high) for layer in snare.layers] == [(1, 42), (43, 85), (86, 127)]
    paths = [layer.path for voice in kit.voices for layer in voice.layers]
    assert len({*paths}) == len(paths)


def test_the_unknown_and_the_unsure_play_nowhere(sounds: dict[Path, str]) -> None:
    heard = sample_fakes.verdicts(sounds, LEVELS)
    heard.probabilities[0] = 1 / len(heard.classes)
    heard.probabilities[0, heard.classes.index("kick")] = 0.2
    plan = sampler.planned(heard, sampler.KEY_MAPS["36"])
    played = {path.name for part in plan.keys for path, _ in part.files}
    assert not played & {"speech.wav", "kick_a.wav"} and "boom b.wav" in played
    reasons = {path.name: reason for path, reason in plan.left_out.items()}
    assert "no percussion" in reasons["speech.wav"] and "likely enough" in reasons["kick_a.wav"]


@pytest.mark.parametrize(
    ("names", "keys", "played"),
    [
        (["a splash.wav", "b china.wav", "c crash.wav"], "24", {46: "c crash.wav"}),
        (["a_Splash_1.wav", "b.wav"], "24", {46: "b.wav"}),
        (["splash/a.wav", "other/b.wav"], "8", {43: "b.wav"}),
        (["a splash.wav"], "24", {46: "a splash.wav"}),
        (
            ["a china.wav", "b splash.wav", "c crash.wav", "d crash.wav"],
            "gm",
            {49: "c crash.wav", 52: "a china.wav", 55: "b splash.wav", 57: "d crash.wav"},
        ),
    ],
)
def test_a_crash_goes_before_a_splash_on_its_key(names: list[str], keys: str, played: dict[int, str]) -> None:
    plan = sampler.planned(sample_fakes.verdicts(dict.fromkeys(map(Path, names), "cym")), sampler.KEY_MAPS[keys])
    assert {one.key: one.files[0][0].name for one in plan.keys} == played
    assert len(plan.keys) + len(plan.left_out) == len(names)


def test_what_plays_nowhere_is_named_with_the_reason(sounds: dict[Path, str]) -> None:
    plan = sampler.planned(sample_fakes.verdicts({**sounds, Path("tri.wav"): "tri"}, LEVELS), sampler.KEY_MAPS["8"])
    played = {path for part in plan.keys for path, _ in part.files}
    assert played | {*plan.left_out} == {*sounds, Path("tri.wav")} and not played & {*plan.left_out}
    reasons = {path.name: reason for path, reason in plan.left_out.items()}
    assert "none for: triangle" in reasons["tri.wav"] and "each key for: kick drum" in reasons["kick_c.flac"]


def test_every_file_lies_in_the_kit_in_a_format_that_samplers_read(kit: sampler.SamplerKit) -> None:
    for voice in kit.voices:
        for layer in voice.layers:
            assert (kit.folder / layer.path).is_file() and not Path(layer.path).is_absolute()
            assert Path(layer.path).suffix in (".wav", ".flac")


def test_a_kit_written_anew_keeps_nothing_of_the_one_before(sounds: dict[Path, str], kit: sampler.SamplerKit) -> None:
    (kit.folder / "samples" / "notes.txt").write_text("mine")
    fewer = {path: code for path, code in sounds.items() if code == "kick"}
    plan = sampler.planned(sample_fakes.verdicts(fewer), sampler.KEY_MAPS["24"])
    again = sampler.collected(plan.keys, kit.folder, kit.name)
    names = {path.name for path in (kit.folder / "samples").iterdir()}
    assert names == {Path(layer.path).name for voice in again.voices for layer in voice.layers} | {"notes.txt"}


def test_drumkv1(kit: sampler.SamplerKit) -> None:
    path = sampler.WRITERS["drumkv1"](kit, None)
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE drumkv1>\n<preset ")
    root = ElementTree.parse(path).getroot()
    assert root.get("name") == path.stem == "v1.2 kit"
    elements = root.findall("elements/element")
    assert [int(element.get("index", "")) for element in elements] == [voice.key for voice in kit.voices]
    for element in elements:
        sample = element.find("sample")
        assert sample is not None and (path.parent / (sample.text or "")).is_file()
        params = {param.get("name"): param.text for param in element.findall("params/param")}
        assert params["GEN1_SAMPLE"] == element.get("index") and len(params) == 36
    assert [int(param.get("index", "")) for param in root.findall("params/param")] == list(range(36, 69))


def test_a_seed_varies_drumkv1_within_its_ranges(kit: sampler.SamplerKit) -> None:
    texts = [sampler.WRITERS["drumkv1"](kit, seed).read_text(encoding="utf-8") for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]
    for param in ElementTree.fromstring(texts[0].split("\n", 1)[1]).findall("elements/element/params/param"):
        low, high = drumkv1.RANDOM.get(param.get("name", ""), (-1e9, 1e9))
        assert low <= float(param.text or "") <= high


def test_hydrogen_is_read_back_by_our_own_reader(kit: sampler.SamplerKit) -> None:
    sampler.WRITERS["hydrogen"](kit, None)
    layers = list(hydrogen.layers(kit.folder))
    assert len(layers) == sum(len(voice.layers) for voice in kit.voices)
    assert {layer.note for layer in layers} == {voice.key for voice in kit.voices}


def test_sfz_names_files_that_are_there_and_hats_that_stop_one_another(kit: sampler.SamplerKit) -> None:
    path = sampler.WRITERS["sfz"](kit, None)
    text = path.read_text(encoding="utf-8")
    named = re.findall(r"sample=(\S+)", text)
    assert len(named) == sum(len(voice.layers) for voice in kit.voices)
    assert all((path.parent / name).is_file() for name in named)
    assert text.count("off_by=1") == 2


def test_drumgizmo_has_one_rate_and_a_map_of_notes(kit: sampler.SamplerKit) -> None:
    path = sampler.WRITERS["drumgizmo"](kit, None)
    root = ElementTree.parse(path).getroot()
    assert root.get("samplerate") == str(RATE)
    names = [instrument.get("name") for instrument in root.findall("instruments/instrument")]
    notes = ElementTree.parse(path.parent / "midimap.xml").getroot().findall("map")
    assert {note.get("instr") for note in notes} == {*names}
    for instrument in root.findall("instruments/instrument"):
        for file in ElementTree.parse(path.parent / instrument.get("file", "")).getroot().iter("audiofile"):
            assert audio.info(path.parent / file.get("file", "")).sample_rate == RATE


def test_decentsampler(kit: sampler.SamplerKit) -> None:
    path = sampler.WRITERS["decentsampler"](kit, None)
    for sample in ElementTree.parse(path).getroot().iter("sample"):
        assert (path.parent / sample.get("path", "")).is_file()
        assert sample.get("rootNote") == sample.get("loNote") == sample.get("hiNote")


def test_a_kit_that_was_built_can_be_played(tmp_path: Path) -> None:
    names = {"a kick.wav": "kick", "a snare.wav": "snr", "a hat.wav": "hhc", "a crash.wav": "cym", "a tom.wav": "tomf"}
    wave = np.random.default_rng(0).uniform(-0.5, 0.5, RATE // 10).astype(np.float32)
    for name in names:
        audio.write(tmp_path / "in" / name, wave, RATE)
    heard = sample_fakes.verdicts({tmp_path / "in" / name: code for name, code in names.items()}, [-10] * len(names))
    kit = sampler.collected(sampler.planned(heard, sampler.KEY_MAPS["24"]).keys, tmp_path / "kit", "mine")
    sampler.WRITERS["hydrogen"](kit, None)
    loaded = Kit.load(tmp_path / "kit", RATE)
    assert {"BD", "SD", "HH", "CC", "LT"} <= loaded.pieces.keys()
    assert all(loaded.playing(row[0]) for row in configs.DRUMS)

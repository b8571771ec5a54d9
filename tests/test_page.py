"""The page: what stands in the file, and what a real browser makes of it, where a Chromium is installed."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import configs
from drum_tabber.events import Beats, Hits
from drum_tabber.export import export
from drum_tabber.export import page as page_asset
from drum_tabber.notation.quantize import Dynamics
from drum_tabber.notation.sections import Section
from drum_tabber.notation.transcription import PageStyle, Presentation, Transcription, notate
from drum_tabber.notation.written import from_tab
from drum_tabber.sound import audio
from drum_tabber.tab import Bar, Stroke, Tab, TabStyle
from drum_tabber.vocabulary import Vocabulary
from tools import page_shot

DRUMS = Vocabulary.of(configs.DRUMS)
STYLE = TabStyle(tuple(configs.TAB_ROWS))
HOSTILE = '</script><script>window.hacked=1</script><img src=x onerror="window.hacked=2"><!--<script>{{style}}\u2028'
N_BARS, BEAT, FIRST = 12, 0.25, 0.3  # 240 beats a minute, so that a test hears some bars
DURATION = FIRST + N_BARS * 4 * BEAT + 0.5
DOUBTFUL = 5  # hits that are


def song(title: str = "Söng", recording: Path | None = None, embedded: int = 10**7) -> Transcription:
    """Twelve bars of eighths, with a china now and then and a flam; some hits are doubtful."""
    times = np.asarray(FIRST + BEAT * np.arange(N_BARS * 4), np.float64)
    beats = Beats(times, np.arange(N_BARS * 4) % 4 + 1)
    hats = FIRST + BEAT / 2 * np.arange(N_BARS * 8)
    parts = [
        Hits.of(hats, ["HH"] * len(hats), 80),
        Hits.of(times[::2], ["BD"] * (N_BARS * 2), 110),
        Hits.of(times[1::2], ["SD"] * (N_BARS * 2), 100),
        Hits.of([times[0] - 0.03, times[0], times[8]], ["SD", "SD", "CH"], [40, 120, 127]),
        Hits.of(times[2 : 2 + DOUBTFUL], ["LT"] * DOUBTFUL, 90, 0.3),
    ]
    shown = Presentation(DRUMS, STYLE, 4, Dynamics(), page=PageStyle(embedded), sections=False, doubtful=0.5)
    heard = notate(title, DURATION, Hits.concatenate(parts), beats, shown)
    sections = (Section("Intro", 1, 4), Section(title, 5, 4), Section("End", 9, 4))
    return replace(heard, audio=recording, sections=sections)


def recorded(folder: Path) -> Path:
    """A recording of noise that swells, as long as the song."""
    path = folder / "song.mp3"
    n = round(DURATION * 32000)
    noise = np.random.default_rng(1).standard_normal(n) * np.linspace(0.02, 0.2, n)
    audio.write(path, noise.astype(np.float32), 32000)
    return path


class Parts(HTMLParser):
    """The elements of a page by their ids, with their text, and all tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._within = dict(attrs).get("id") or tag

    def handle_data(self, data: str) -> None:
        self.texts[self._within] = self.texts.get(self._within, "") + data


def written(folder: Path, heard: Transcription) -> Path:
    """The page of a song."""
    (path,) = export(heard, folder, "page", ["html"])
    return path


def content(path: Path) -> dict[str, Any]:
    """What the page was given to show."""
    return json.loads(Parts(path.read_text(encoding="utf-8")).texts["content"])


def policy(text: str) -> str:
    """The page's Content-Security-Policy."""
    found = [attributes for tag, attributes in Parts(text).tags if tag == "meta" and "http-equiv" in attributes]
    return str(found[0]["content"])


def test_it_is_one_file_that_loads_nothing(tmp_path: Path) -> None:
    parts = Parts(written(tmp_path, song()).read_text(encoding="utf-8"))
    loads = [
        (tag, name, value) for tag, those in parts.tags for name, value in those.items() if name in ("src", "href")
    ]
    assert [value for _, _, value in loads if value and not value.startswith(("#", "data:"))] == []


def test_the_policy_lets_only_our_script_and_style_run(tmp_path: Path) -> None:
    text = written(tmp_path, song()).read_text(encoding="utf-8")
    said = policy(text)
    assert said.startswith("default-src 'none'; ")
    for kind in ("script", "style"):
        (inside,) = re.findall(rf"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in said
    assert "unsafe" not in said and "http" not in said


def test_names_stay_text(tmp_path: Path) -> None:
    path = written(tmp_path, song(HOSTILE))
    plain, hostile = (
        Parts(written(tmp_path / "b", song("x")).read_text(encoding="utf-8")),
        Parts(path.read_text("utf-8")),
    )
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in plain.tags]
    assert content(path)["title"] == HOSTILE
    assert hostile.texts["title"].startswith(HOSTILE[:40])


def test_what_the_page_is_given(tmp_path: Path) -> None:
    heard = song()
    given = content(written(tmp_path, heard))
    assert len(given["bars"]) == N_BARS and len(given["hits"]["time"]) == len(heard.hits)
    first = given["bars"][0]
    assert first["beats"] == pytest.approx([FIRST + BEAT * beat for beat in range(5)], abs=1e-3)
    assert first["rows"]["HH"] == "x-x-x-x-x-x-x-x-" and first["count"] == "1e+a2e+a3e+a4e+a"
    (flam,) = [stroke for stroke in first["strokes"] if stroke[3] == "flam"]
    assert flam[:2] == [0, "SD"] and given["hits"]["velocity"][flam[4]] == 120
    assert [part["bar"] for part in given["sections"]] == [0, 4, 8]
    assert [drum["code"] for drum in given["drums"]] == ["CH", "HH", "LT", "SD", "BD"]


def test_drums_are_called_as_in_the_tab_and_the_key_stands_beside_the_tempo(browser: Any, tmp_path: Path) -> None:
    bar = Bar(strokes=(Stroke(0, "HP"), Stroke(4, "HO")))
    path = written(tmp_path, from_tab(Tab("Foot", 96.0, (bar,), key="A minor"), Presentation(DRUMS, STYLE)))
    assert [(drum["code"], drum["label"]) for drum in content(path)["drums"]] == [("HO", "HO"), ("HP", "HF")]
    page = Shown(browser, path)
    assert page.view.inner_text("#facts").startswith("96 BPM · 4/4 · A minor · 1 bar")
    assert page.view.locator("#lanes button").all_inner_texts() == ["HO", "HF"]
    assert page.view.text_content("#key").startswith("HO hi-hat open · HF hi-hat pedal (HP in the CSV). ")
    page.view.close()


def test_a_bar_is_given_as_notes_in_two_voices(tmp_path: Path) -> None:
    """Hats in eighths, a snare on 2 as a triplet's last note, kicks on 1 and on the last sixteenth of 3."""
    strokes = [*(Stroke(slot, "HH") for slot in (0, 2)), Stroke(6, "SD"), Stroke(0, "BD"), Stroke(10, "BD")]
    bar = Bar((4, 3, 4, 4), 4, tuple(strokes))
    heard = song()
    heard = replace(heard, tab=replace(heard.tab, bars=(bar, *heard.tab.bars[1:])))
    hands, feet = content(written(tmp_path, heard))["bars"][0]["voices"]
    at = {(stroke.drum, stroke.slot): index for index, stroke in enumerate(bar.strokes)}
    assert hands[0] == [None, [[0, 8, 0, [at["HH", 0]], 0], [2, 8, 0, [at["HH", 2]], 0]]]
    assert hands[1] == [[3, 2], [[4, 4, 0, [], 0], [6, 8, 0, [at["SD", 6]], 0]]]
    assert [note[3:] for _, group in hands[2:] for note in group] == [[[], 0]]  # half a bar of rest, shown
    assert feet[0] == [None, [[0, 4, 0, [at["BD", 0]], 0]]]
    assert feet[1][1][0][3:] == [[], 1]  # the hands play there
    assert feet[2] == [None, [[7, 8, 1, [], 0], [10, 16, 0, [at["BD", 10]], 0]]]


def test_two_strokes_of_one_row_and_slot(tmp_path: Path) -> None:
    """The staff has both; the text and the rows of the tab have room for one."""
    bar = Bar(strokes=(Stroke(0, "HH"), Stroke(0, "HO", "accent"), Stroke(4, "SD")))
    given = content(written(tmp_path, from_tab(Tab("", 96.0, (bar,)), Presentation(DRUMS, STYLE))))
    (shown,) = given["bars"]
    assert [stroke[:2] for stroke in shown["strokes"]] == [[0, "HH"], [0, "HO"], [4, "SD"]]
    assert shown["rows"] == {"HH": "O---------------", "SD": "----o-----------"}
    assert "HH|O---------------|" in given["text"]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours as `#rrggbb`, by WCAG 2.2."""

    def luminance(colour: str) -> float:
        levels = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
        linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_words_stand_out_from_what_they_are_on() -> None:
    """At least 4.5 to 1, as WCAG's level AA asks of small text, in each set of colours."""
    sheet = (Path(page_asset.__file__).parent / "web/page.css").read_text(encoding="utf-8")
    sets = re.findall(r"color-scheme: (?:light|dark);(.*?)--shadow", sheet, re.DOTALL)
    assert len(sets) == 3 and sets[1].split() == sets[2].split()
    for colours in (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", one)) for one in sets):
        for words in ("ink", "soft", "faint"):
            for under in ("paper", "ground", "raised"):
                assert contrast(colours[words], colours[under]) >= 4.5, (words, under)
        for words, under in (("on-accent", "accent"), ("doubt", "paper"), ("doubt", "raised"), ("doubt", "doubt-soft")):
            assert contrast(colours[words], colours[under]) >= 4.5, (words, under)
        for family in ("kick", "snare", "hihat", "tom", "cymbal"):
            assert contrast(colours[family], colours["paper"]) >= 4.5, family


def test_the_recording_is_in_it_or_beside_it(tmp_path: Path) -> None:
    recording = recorded(tmp_path)
    inside = written(tmp_path, song(recording=recording))
    parts = Parts(inside.read_text(encoding="utf-8"))
    assert base64.b64decode(parts.texts["audio"]) == recording.read_bytes()
    assert "file:" not in policy(inside.read_text(encoding="utf-8"))
    beside = written(tmp_path / "out", song(recording=recording, embedded=100))
    assert content(beside)["audio"]["link"] == "./../song.mp3"
    assert beside.stat().st_size < inside.stat().st_size
    assert "media-src blob: 'self' file:;" in policy(beside.read_text(encoding="utf-8"))


def test_a_song_without_drums_has_a_page(tmp_path: Path) -> None:
    heard = notate("Silence", 3.0, Hits(), Beats(), Presentation(DRUMS, STYLE))
    given = content(written(tmp_path, heard))
    assert (given["bars"], given["drums"], given["duration"]) == ([], [], 3.0)


def test_the_same_song_gives_the_same_page(tmp_path: Path) -> None:
    one, other = (written(tmp_path / name, song()).read_bytes() for name in "ab")
    assert one == other


# ---------------------------------------------------------------------------------------------------- in a real browser


class Shown:
    """A page open in a browser, with what it asked for and complained of."""

    def __init__(self, browser: Any, path: Path) -> None:
        self.view = browser.new_page(viewport={"width": 900, "height": 700}, color_scheme="light")
        self.view.set_default_timeout(60_000)  # milliseconds: other work may keep the machine busy
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.view.on("request", lambda request: self.requests.append(request.url))
        self.view.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.view.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.view.goto(path.as_uri())
        self.view.wait_for_function("window.drumTab !== undefined")

    def run(self, script: str) -> Any:
        """What a script answers; `player` and `score` are at hand."""
        return self.view.evaluate(f"async () => {{ const {{ player, score }} = drumTab; {script} }}")

    def until(self, condition: str) -> None:
        """Wait until something holds of `player` and `score`."""
        self.view.wait_for_function(f"() => {{ const {{ player, score }} = drumTab; return {condition}; }}")

    def reset(self) -> None:
        """As it was opened."""
        self.run(
            "player.pause(); player.loop.on = false; player.setRate(1); player.setHear('song'); player.seek(0);"
            "document.activeElement?.blur();"
        )


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    pytest.importorskip("playwright")
    program = page_shot.chromium()
    if program is None:
        pytest.skip("there is no Chromium")
    with page_shot.opened(program) as opened:
        yield opened


@pytest.fixture(scope="module")
def shown(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    folder = tmp_path_factory.mktemp("page")
    return Shown(browser, written(folder, song(HOSTILE, recorded(folder))))


@pytest.fixture
def page(shown: Shown) -> Iterator[Shown]:
    yield shown
    shown.reset()


def test_it_plays(page: Shown) -> None:
    page.view.click("#play")
    page.until("player.time > 0.3 && player.playing && !player.clock.media.muted")
    assert page.view.get_attribute("#play", "aria-label") == "Pause"
    page.view.click("#play")
    page.until("!player.playing")


def test_the_score_scrolls_along(page: Shown) -> None:
    assert page.run("return score.main.scrollTop") == 0
    page.run("player.seek(drumTab.content.bars[11].beats[1])")
    page.until("score.main.scrollTop > 100 && score.now.index === 11")
    page.view.wait_for_timeout(700)
    inside = "const a = score.buttons[11].getBoundingClientRect(), b = score.main.getBoundingClientRect();"
    assert page.run(f"{inside} return a.top >= b.top - 1 && a.top < b.bottom")
    assert page.run("return score.cursor.parentElement.querySelector('.now') === score.buttons[11]")


def test_systems_out_of_sight_wait_and_are_drawn_when_near(browser: Any, tmp_path: Path) -> None:
    tab = Tab("Long", 120.0, (Bar(strokes=(Stroke(0, "BD"),)),) * 200)
    page = Shown(browser, written(tmp_path, from_tab(tab, Presentation(DRUMS, STYLE))))
    page.until("score.systems.length >= 50 && score.systems[0].height > 0")
    assert page.run("return score.systems.at(-1).height") == 0
    page.run("player.seek(drumTab.content.bars[199].beats[1])")
    page.until("score.systems.at(-1).height > 0")
    assert page.run("return score.systems.filter((system) => system.height > 0).length") < 40
    page.view.close()


def test_a_section_that_begins_before_the_recording_is_in_sight(browser: Any, tmp_path: Path) -> None:
    heard = song(recording=recorded(tmp_path))
    heard = replace(heard, grid=replace(heard.grid, beat_time=heard.grid.beat_time - 2 * BEAT))
    page = Shown(browser, written(tmp_path, heard))
    lefts = "return [...document.querySelectorAll('#parts button')].map((part) => part.getBoundingClientRect().left)"
    assert min(page.run(lefts)) >= 0
    page.view.close()


def test_a_click_goes_to_its_bar(page: Shown) -> None:
    page.view.click(".bar >> nth=2")
    assert page.run("return player.time") == pytest.approx(FIRST + 2 * 4 * BEAT, abs=0.02)


def test_it_loops(page: Shown) -> None:
    page.run("window.loops = 0; player.addEventListener('loop', () => { window.loops += 1; });")
    page.run("player.setLoop(3, 3); await player.play();")
    page.until("window.loops >= 2")
    start = FIRST + 3 * 4 * BEAT
    assert start - 0.05 <= page.run("return player.time") < start + 4 * BEAT + 0.2
    assert page.view.get_attribute("#loop", "aria-pressed") == "true"


def test_it_slows_down_at_the_same_pitch(page: Shown) -> None:
    page.view.fill("#rate", "50")
    speed = page.run(
        "await player.play(); const a = player.time, t = performance.now();"
        "await new Promise(r => setTimeout(r, 1200));"
        "return (player.time - a) / (performance.now() - t) * 1000"
    )
    assert speed == pytest.approx(0.5, abs=0.15)
    assert page.run("return player.clock.media.preservesPitch && player.clock.media.playbackRate === 0.5")


def test_the_drums_sound_instead_of_the_song(page: Shown) -> None:
    page.view.check("[name=hear][value=drums]", force=True)
    level = page.run(
        "const before = (await player.play(), player.kit.played); let level = 0; const wave = new Float32Array(2048);"
        "for (let n = 0; n < 40 && (level < 0.02 || player.kit.played < before + 3); n += 1) {"
        " await new Promise(r => setTimeout(r, 50)); player.kit.analyser.getFloatTimeDomainData(wave);"
        " level = Math.max(level, ...wave.map(Math.abs)); } return [level, player.kit.played - before]"
    )
    assert level[0] >= 0.02 and level[1] >= 3
    assert page.run("return player.clock.media.muted && player.clock.playing")
    page.run("player.setHear('song')")
    assert not page.run("return player.clock.media.muted")


def test_every_drum_has_a_sound(page: Shown) -> None:
    assert set(page.run("await player.kit.wake(); return [...player.kit.layers.keys()]")) == set(DRUMS.codes)


def test_the_keys(page: Shown) -> None:
    press = page.view.keyboard.press
    press("Space")
    page.until("player.playing")
    press("Space")
    page.until("!player.playing")
    press("Home")
    press("ArrowRight")
    press("ArrowRight")
    page.until("score.now.index === 1 || score.now.index === 2")
    press("]")
    press("-")
    press("d")
    state = page.run("return [player.loop.on, player.rate, player.hear]")
    assert state == [True, 0.95, "drums"]
    press("t")
    assert page.run("return document.documentElement.dataset.theme") == "dark"
    press("t")
    press("?")
    assert page.view.is_visible("#help") and page.view.locator("#keys kbd").count() > 15
    press("Escape")
    assert not page.view.is_visible("#help")
    press("n")
    assert "low tom" in str(page.view.text_content("#said"))


def test_doubtful_hits_are_marked_and_listed(page: Shown) -> None:
    assert page.view.locator(".picture tspan.doubt").count() > 0
    assert page.view.locator('.picture [fill="var(--doubt)"]').count() > 0
    assert page.view.locator("#review-list li").count() == DOUBTFUL


def test_every_control_has_a_name(page: Shown) -> None:
    nameless = page.run(
        "return [...document.querySelectorAll('button, input')].filter(one => !(one.getAttribute('aria-label')"
        " || one.textContent.trim() || one.labels?.[0]?.textContent.trim())).map(one => one.outerHTML)"
    )
    assert nameless == []
    assert "Bar 1" in str(page.view.get_attribute(".bar >> nth=0", "aria-label"))


def test_it_prints_all_of_the_score(page: Shown) -> None:
    page.run(
        "dispatchEvent(new Event('beforeprint'));"
        "window.drawn = score.systems.map(one => one.height > 0 && one.picture.querySelector('svg') !== null);"
        "dispatchEvent(new Event('afterprint'));"
    )
    drawn = page.run("return window.drawn")
    assert len(drawn) == 3 and all(drawn)


def test_names_are_shown_and_never_run(page: Shown) -> None:
    assert page.view.text_content("h1") == HOSTILE
    assert page.view.title().startswith(HOSTILE[:40])
    assert page.run("return window.hacked === undefined")


def test_nothing_leaves_the_page(page: Shown) -> None:
    refused = page.run("try { await fetch('https://example.org/'); return false; } catch { return true; }")
    assert refused
    assert [
        url for url in page.requests if not url.startswith(("file:", "blob:", "data:", "https://example.org"))
    ] == []
    assert len([url for url in page.requests if url.startswith("file:")]) == 1
    assert [said for said in page.complaints if "example.org" not in said] == []


def test_a_tab_without_a_recording_plays(browser: Any, tmp_path: Path) -> None:
    alone = Shown(browser, written(tmp_path, song()))
    assert not alone.view.is_visible("#hear")
    alone.view.click("#play")
    alone.until("player.time > 0.5 && player.kit.played > 3")
    assert alone.complaints == []


def test_a_recording_beside_the_page_plays(browser: Any, tmp_path: Path) -> None:
    linked = Shown(browser, written(tmp_path / "out", song(recording=recorded(tmp_path), embedded=0)))
    linked.view.click("#play")
    linked.until("player.time > 0.2")
    assert linked.complaints == []


def test_a_recording_that_is_gone_is_missed(browser: Any, tmp_path: Path) -> None:
    recording = recorded(tmp_path)
    path = written(tmp_path, song(recording=recording, embedded=0))
    recording.unlink()
    without = Shown(browser, path)
    without.view.wait_for_selector("#missing:not([hidden])")
    without.view.click("#missing-close")
    without.view.click("#play")
    without.until("player.time > 0.5 && player.kit.played > 3")


def test_a_song_without_drums_shows_so(browser: Any, tmp_path: Path) -> None:
    heard = notate("Silence", 3.0, Hits(), Beats(), Presentation(DRUMS, STYLE))
    silent = Shown(browser, written(tmp_path, heard))
    assert "No drums were heard" in str(silent.view.text_content("#systems"))
    assert silent.complaints == []

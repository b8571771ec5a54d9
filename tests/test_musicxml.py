"""MusicXML: what is written is valid, opens elsewhere, and is read back as it was."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import files
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from scores import DRUMS, METERS, NOTATION, PRESENTATION, even_tabs, music, one_drum, tabs

from drum_tabber.errors import DrumTabberError
from drum_tabber.export import musicxml, musicxml_tab
from drum_tabber.notation.written import from_tab
from drum_tabber.tab import Bar, Section, Stroke, Tab

# What of these two namespaces MusicXML's schema refers to; the originals are on the net.
STUBS = {
    "http://www.w3.org/XML/1998/namespace": ("lang", "space"),
    "http://www.w3.org/1999/xlink": ("href", "type", "role", "title", "show", "actuate"),
}


def written(tab: Tab, path: Path) -> Path:
    """The tab as a MusicXML file."""
    musicxml.write(path, from_tab(tab, PRESENTATION))
    return path


@pytest.fixture(scope="session")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], list[str]]:
    """What the schema of MusicXML 4.0, which the package musicxml carries, finds wrong with a file."""
    lxml = pytest.importorskip("lxml.etree")
    folder = tmp_path_factory.mktemp("schema")
    (schema,) = (path for path in files("musicxml") or [] if path.name == "musicxml_4_0.xsd")
    text = Path(str(schema.locate())).read_text(encoding="utf-8")
    for number, (namespace, names) in enumerate(STUBS.items()):
        stub = "".join(f'<xs:attribute name="{name}" type="xs:string"/>' for name in names)
        (folder / f"{number}.xsd").write_text(
            f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{namespace}">{stub}</xs:schema>',
            encoding="utf-8",
        )
        place = text.index("schemaLocation", text.index(f'namespace="{namespace}"'))
        end = text.index("/>", place)
        text = f'{text[:place]}schemaLocation="{number}.xsd"{text[end:]}'
    (folder / "musicxml.xsd").write_text(text, encoding="utf-8")
    validator = lxml.XMLSchema(lxml.parse(str(folder / "musicxml.xsd")))

    def check(path: Path) -> list[str]:
        validator.validate(lxml.parse(str(path)))
        return [str(error) for error in validator.error_log]

    return check


@pytest.fixture(scope="session")
def every_way() -> Tab:
    """Every stroke that we can write, in every meter, straight and in tuplets."""
    ways = sorted({meaning for row in NOTATION.rows.values() for meaning in row.values()})
    strokes = [Stroke(2 * index, *meaning) for index, meaning in enumerate(ways)]
    long = [Bar((4,) * 4, 4, tuple(one._replace(slot=one.slot - start) for one in strokes[start // 2 : start // 2 + 8]))
            for start in range(0, 2 * len(strokes), 16)]  # fmt: skip
    odd = [Bar((n,) * beats, unit, (Stroke(0, "BD"), Stroke(1 % (n * beats), "SD"), Stroke(n * beats - 1, "HH")))
           for beats, unit in METERS for n in (1, 2, 3, 5, 7, 12)]  # fmt: skip
    return Tab("Ways & <means>", 101.5, (*long, *odd), (Section("Intro", 1), Section("Odd\x01 ones", len(long) + 1)))


@settings(deadline=None, max_examples=40)
@given(tabs())
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, tab: Tab) -> None:
    path = written(tab, tmp_path_factory.mktemp("xml") / "song.musicxml")
    assert music(musicxml_tab.read(path, DRUMS)) == music(tab)


@settings(deadline=None, max_examples=20)
@given(even_tabs())
def test_bars_keep_their_columns(tmp_path_factory: pytest.TempPathFactory, tab: Tab) -> None:
    path = written(tab, tmp_path_factory.mktemp("even") / "song.musicxml")
    assert musicxml_tab.read(path, DRUMS).bars == tab.bars


@settings(deadline=None, max_examples=25)
@given(tabs())
def test_voices_fill_their_measures(tmp_path_factory: pytest.TempPathFactory, tab: Tab) -> None:
    """Each voice's notes and rests last as long as the bar, and tuplets begin as often as they end."""
    root = ElementTree.parse(written(tab, tmp_path_factory.mktemp("xml") / "song.musicxml")).getroot()
    divisions = int(root.findtext("part/measure/attributes/divisions") or 0)
    for bar, measure in zip(tab.bars, root.iterfind("part/measure"), strict=True):
        lengths: dict[str, int] = {}
        for note in measure.iterfind("note"):
            if note.find("chord") is None and note.find("grace") is None:
                voice = note.findtext("voice") or ""
                lengths[voice] = lengths.get(voice, 0) + int(note.findtext("duration") or 0)
        assert set(lengths.values()) == {4 * divisions * bar.meter[0] // bar.unit}
        ends = [tuplet.get("type") for tuplet in measure.iter("tuplet")]
        assert ends == ["start", "stop"] * (len(ends) // 2)


def test_every_way_of_playing_is_read_back(tmp_path: Path, every_way: Tab) -> None:
    found = musicxml_tab.read(written(every_way, tmp_path / "song.musicxml"), DRUMS)
    assert music(found)[1:3] == music(every_way)[1:3]
    assert [section.name for section in found.sections] == ["Intro", "Odd\ufffd ones"]


def test_it_is_valid_by_the_published_schema(
    tmp_path: Path, every_way: Tab, faults: Callable[[Path], list[str]]
) -> None:
    assert faults(written(every_way, tmp_path / "song.musicxml")) == []
    assert faults(written(Tab(), tmp_path / "empty.musicxml")) == []
    (tmp_path / "wrong.musicxml").write_text("<score-partwise><part/></score-partwise>", encoding="utf-8")
    assert faults(tmp_path / "wrong.musicxml")


def test_music21_opens_it(tmp_path: Path, every_way: Tab) -> None:
    music21 = pytest.importorskip("music21")
    score = music21.converter.parse(written(every_way, tmp_path / "song.musicxml"))
    measures = score.parts[0].getElementsByClass("Measure")
    assert len(measures) == len(every_way.bars)
    for bar, measure in zip(every_way.bars, measures, strict=True):
        sounding = [
            note
            for element in measure.recurse().notes
            for note in getattr(element, "notes", [element])
            if not element.duration.isGrace
        ]
        assert len(sounding) == len(bar.strokes)
        assert measure.duration.quarterLength == pytest.approx(4 * bar.meter[0] / bar.unit)


@pytest.mark.slow
def test_musescore_opens_it(tmp_path: Path, every_way: Tab) -> None:
    program = next(filter(None, map(shutil.which, ("mscore", "mscore3", "musescore3", "mscore4"))), None)
    if program is None:
        pytest.skip("MuseScore isn't installed")
    again = tmp_path / "again.musicxml"
    # It counts in 480ths of a quarter, into which fives, sevens and nines don't go: their rests and strokes drift.
    whole = tuple(bar for bar in every_way.bars if {*bar.divisions} <= {1, 2, 3, 4, 6, 8, 12})
    assert len(whole) > 5
    exact = replace(every_way, bars=whole, sections=())
    command = [program, "-o", str(again), str(written(exact, tmp_path / "song.musicxml"))]
    subprocess.run(
        command, check=True, capture_output=True, env={"QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path)}
    )
    found = musicxml_tab.read(again, DRUMS)
    places = [{stroke[:2] for stroke in bar} for bar in music(exact)[2]]
    assert [{stroke[:2] for stroke in bar} for bar in music(found)[2]] == places


def test_two_voices_with_their_heads(tmp_path: Path) -> None:
    strokes = [Stroke(0, "HH", "accent"), Stroke(0, "BD"), Stroke(4, "SD", "ghost"), Stroke(8, "RB"), Stroke(10, "HP")]
    root = ElementTree.parse(written(one_drum(strokes), tmp_path / "song.musicxml")).getroot()
    notes = [note for note in root.iter("note") if note.find("rest") is None]
    shown = [
        (note.findtext("voice"), note.findtext("stem"), note.findtext("notehead"), note.findtext("type"))
        for note in notes
    ]
    assert shown == [
        ("1", "up", "x", "quarter"),
        ("1", "up", "normal", "quarter"),
        ("1", "up", "diamond", "quarter"),
        ("2", "down", None, "quarter"),
        ("2", "down", "x", "eighth"),
    ]
    assert notes[1].find("notehead").get("parentheses") == "yes"  # type: ignore[union-attr]
    assert notes[0].find("notations/articulations/accent") is not None


def test_a_chord_has_one_accent_and_each_stroke_its_own(tmp_path: Path) -> None:
    strokes = [Stroke(0, "CC", "accent"), Stroke(0, "SD", "accent"), Stroke(4, "HH"), Stroke(4, "SD", "accent")]
    tab = one_drum(strokes)
    path = written(tab, tmp_path / "song.musicxml")
    assert len(list(ElementTree.parse(path).getroot().iter("accent"))) == 2
    assert music(musicxml_tab.read(path, DRUMS)) == music(tab)


def test_rests_of_the_feet_are_seen_where_the_hands_rest_and_they_play(tmp_path: Path) -> None:
    strokes = [Stroke(0, "HH"), Stroke(0, "BD"), Stroke(4, "HH"), Stroke(8, "BD")]
    root = ElementTree.parse(written(one_drum(strokes), tmp_path / "song.musicxml")).getroot()
    rests = [
        (note.findtext("voice"), note.findtext("type"), note.get("print-object"))
        for note in root.iter("note")
        if note.find("rest") is not None
    ]
    assert rests == [("1", "half", None), ("2", "quarter", "no"), ("2", "quarter", "no")]


def test_a_dotted_quarter_is_a_beat_of_six_eight(tmp_path: Path) -> None:
    tab = Tab("", 120.0, (Bar((2,) * 6, 8, (Stroke(0, "SD"), Stroke(6, "SD"), Stroke(10, "SD"))),))
    root = ElementTree.parse(written(tab, tmp_path / "song.musicxml")).getroot()
    shown = [(note.findtext("type"), note.find("dot") is not None) for note in root.iter("note")]
    assert shown == [("quarter", True), ("quarter", False), ("eighth", False)]


def test_a_tempo_that_sways_is_said_once(tmp_path: Path) -> None:
    song = from_tab(Tab("", 120.0, (Bar(),) * 8), PRESENTATION)
    song.grid.beat_time[1:] += 0.01 * np.sin(np.arange(32))
    musicxml.write(tmp_path / "song.musicxml", song)
    assert len(list(ElementTree.parse(tmp_path / "song.musicxml").getroot().iter("sound"))) == 1


def test_the_pace_of_the_song_is_played(tmp_path: Path) -> None:
    song = from_tab(Tab("", 120.0, (Bar(), Bar(), Bar())), PRESENTATION)
    song.grid.beat_time[5:] += 0.25
    musicxml.write(tmp_path / "song.musicxml", song)
    root = ElementTree.parse(tmp_path / "song.musicxml").getroot()
    assert [sound.get("tempo") for sound in root.iter("sound")] == ["120", "106.7", "120"]
    assert [found.text for found in root.iter("per-minute")] == ["120"]


OTHERS = """<?xml version="1.0"?>
<score-partwise version="3.1"><part-list>
<score-part id="P1"><part-name>Flute</part-name></score-part><score-part id="P2"><part-name>Kit</part-name></score-part>
</part-list><part id="P1"><measure number="1"/></part><part id="P2">
<measure number="1"><attributes><divisions>2</divisions><time><beats>3</beats><beat-type>4</beat-type></time>
<clef><sign>percussion</sign></clef></attributes>
<direction><direction-type><metronome><beat-unit>eighth</beat-unit><per-minute>c. 200</per-minute></metronome>
</direction-type></direction>
<note><unpitched><display-step>G</display-step><display-octave>5</display-octave></unpitched><duration>2</duration>
<voice>1</voice><notehead>x</notehead></note>
<note><chord/><unpitched><display-step>F</display-step><display-octave>4</display-octave></unpitched>
<duration>2</duration><tie type="start"/></note>
<note><unpitched><display-step>F</display-step><display-octave>4</display-octave></unpitched><duration>1</duration>
<tie type="stop"/></note>
<note><unpitched><display-step>C</display-step><display-octave>5</display-octave></unpitched><duration>1</duration>
</note><note><unpitched><display-step>B</display-step><display-octave>2</display-octave></unpitched>
<duration>2</duration></note>
</measure></part></score-partwise>
"""


def test_another_programs_score(tmp_path: Path) -> None:
    """Drums by their places on the staff; a tied note is one stroke; the tempo in other note values."""
    (tmp_path / "kit.xml").write_text(OTHERS, encoding="utf-8")
    tab = musicxml_tab.read(tmp_path / "kit.xml", DRUMS)
    assert (tab.tempo, tab.bars[0].meter) == (100.0, (3, 4))
    assert [stroke[:2] for stroke in tab.bars[0].strokes] == [(0, "BD"), (0, "HH"), (6, "SD")]


KIT = """<score-partwise version="4.0"><part-list><score-part id="P1"><part-name>Kit</part-name>
<score-instrument id="P1-I55"><instrument-name>Tambourine</instrument-name></score-instrument>
<midi-instrument id="P1-I55"><midi-channel>10</midi-channel><midi-unpitched>55</midi-unpitched></midi-instrument>
</score-part></part-list><part id="P1">
<measure number="0" implicit="yes"><sound tempo="90"/>
<attributes><divisions>2</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>
NOTES</measure>
<measure number="1"><sound tempo="90"/>NOTES</measure><measure number="2"><sound tempo="96"/>NOTES</measure>
</part></score-partwise>
"""


def note(step: str, duration: int, more: str = "") -> str:
    """A note in the octave of the upper spaces; divisions are eighths."""
    place = f"<display-step>{step}</display-step><display-octave>5</display-octave>"
    return f"<note><unpitched>{place}</unpitched><duration>{duration}</duration>{more}</note>"


@pytest.mark.parametrize(
    ("durations", "meter", "slots"),
    [((1, 1), (1, 4), [0, 2]), ((1,), (1, 8), [0]), ((2, 1), (3, 8), [0, 4]), ((4, 4), (4, 4), [0, 8])],
)
def test_a_pick_up_is_as_long_as_what_it_holds(
    tmp_path: Path, durations: tuple[int, ...], meter: tuple[int, int], slots: list[int]
) -> None:
    (tmp_path / "kit.xml").write_text(KIT.replace("NOTES", "".join(note("C", each) for each in durations)))
    first, second, _ = musicxml_tab.read(tmp_path / "kit.xml", DRUMS).bars
    assert (first.meter, second.meter) == (meter, (4, 4))
    assert [stroke[:2] for stroke in first.strokes] == [(slot, "SD") for slot in slots]


def test_what_is_declared_as_no_drum_is_none(tmp_path: Path) -> None:
    """A tambourine where our mid tom stands; an instrument without a MIDI note is what stands there."""
    notes = note("D", 4, '<instrument id="P1-I55"/>') + note("D", 4, '<instrument id="P1-I48"/>')
    (tmp_path / "kit.xml").write_text(KIT.replace("NOTES", notes))
    bars = musicxml_tab.read(tmp_path / "kit.xml", DRUMS).bars
    assert [[stroke[:2] for stroke in bar.strokes] for bar in bars] == [[(8, "MT")]] * 3


def test_a_tempo_that_no_sign_shows_is_read_but_for_our_own_pace(tmp_path: Path) -> None:
    (tmp_path / "kit.xml").write_text(KIT.replace("NOTES", note("C", 8)))
    assert list(musicxml_tab.read(tmp_path / "kit.xml", DRUMS).tempi()) == [90.0, 90.0, 96.0]
    song = from_tab(Tab("", 120.0, (Bar(), Bar(), Bar())), PRESENTATION)
    song.grid.beat_time[5:] += 0.25
    musicxml.write(tmp_path / "song.musicxml", song)
    assert musicxml_tab.read(tmp_path / "song.musicxml", DRUMS) == song.tab


def test_a_score_without_drums_is_refused(tmp_path: Path) -> None:
    pitched = "<note><pitch><step>C</step><octave>5</octave></pitch><duration>8</duration></note>"
    piano = KIT.replace("NOTES", pitched).replace("<midi-channel>10", "<midi-channel>1")
    (tmp_path / "piano.xml").write_text(piano)
    with pytest.raises(DrumTabberError, match=r"can't read .*piano\.xml: it has no part for drums; "):
        musicxml_tab.read(tmp_path / "piano.xml", DRUMS)
    (tmp_path / "kit.xml").write_text(piano.replace(pitched, note("C", 8), 1))
    assert musicxml_tab.read(tmp_path / "kit.xml", DRUMS).bars[0].strokes == (Stroke(0, "SD"),)


@pytest.mark.parametrize(
    "content",
    [None, "", "<html/>", "<score-partwise/>", OTHERS.replace("<beats>3", "<beats>1000000000"), "\x00", "<a>" * 9,
     OTHERS.replace("<divisions>2", "<divisions>0"), OTHERS.replace("<duration>2", "<duration>two"),
     OTHERS.replace("<direction>", '<sound tempo="-5"/><direction>')],
)  # fmt: skip
def test_what_is_no_score_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "wrong.musicxml").write_text(content, encoding="utf-8")
    with pytest.raises(DrumTabberError, match=r"can't read .*wrong\.musicxml: [^;]+; "):
        musicxml_tab.read(tmp_path / "wrong.musicxml", DRUMS)


def test_two_writings_are_alike_and_a_failure_leaves_nothing(tmp_path: Path, every_way: Tab) -> None:
    first, second = (written(every_way, tmp_path / name) for name in ("a.musicxml", "b.musicxml"))
    assert first.read_bytes() == second.read_bytes()
    (tmp_path / "taken.musicxml").mkdir()
    with pytest.raises(DrumTabberError, match="a folder has that name"):
        written(every_way, tmp_path / "taken.musicxml")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.musicxml", "b.musicxml", "taken.musicxml"]

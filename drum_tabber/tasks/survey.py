"""What is trained on, in words: how much of it, which drums are hit how often, what was hidden or left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import configs
from drum_tabber.events import BEATS
from drum_tabber.tasks import drums
from drum_tabber.vocabulary import Vocabulary
from drum_tabber.wording import counted

if TYPE_CHECKING:
    from drum_tabber.material.corpora import Track
    from drum_tabber.tasks.sources import Material

OWN_SONGS = "songs"  # what your own songs with tabs are called among the corpora
LISTED = 40  # songs of one's own that are listed one by one


def facts_of(track: Track, corpus: str) -> dict[str, Any]:
    """Facts of a track that JSON can hold. Raises what reading its labels or its audio raises."""
    from drum_tabber.learning.segments import duration

    labels = track.labels()
    ends = (labels.hits.time[-1:], labels.beats.time[-1:] if labels.beats else ())
    seconds = duration(track.audio) if track.audio else float(max([0.0, *ends[0], *ends[1]]))
    told = dict.fromkeys(group[0] for group in labels.told_apart)
    known = {code for group in labels.told_apart for code in group}
    codes = dict.fromkeys(drums.shown(Vocabulary.of(configs.DRUMS)).values())
    hidden = labels.hidden.cropped(0.0, seconds)
    return {
        "corpus": corpus,
        "track": ", ".join(filter(None, [track.name, track.note])),
        "split": track.split,
        "seconds": round(seconds, 2),
        "hits": dict(Counter(labels.hits.drum.tolist())),
        "told": list(told),
        "untold": {code: 1 for code in codes if code not in known},
        "hidden": {what: round(hidden.seconds(what), 2) for what in [*told, BEATS]} if len(hidden) else {},
        "unmapped": dict(labels.unmapped),
        "left_out": dict(labels.left_out),
    }


def described(found: Material, facts: Iterable[Mapping[str, Any]]) -> list[str]:
    """Lines for people: a line a corpus, one for each of your own songs, and what was hidden or not taught of them."""
    lines: list[str] = []
    by_corpus: dict[str, list[Mapping[str, Any]]] = {corpus.name: [] for corpus in found.corpora}
    for fact in facts:
        by_corpus.setdefault(str(fact["corpus"]), []).append(fact)
    for corpus in found.corpora:
        mine = by_corpus[corpus.name]
        if not mine:
            continue
        weight = f", weight {corpus.weight:g}" if corpus.weight != 1 else ""
        lines.append(f"{corpus.name}: {_amount(mine)}{weight}")
        if corpus.name == OWN_SONGS:
            lines += [f"  {fact['track']}: {_amount([fact], alone=True)}" for fact in mine[:LISTED]]
        lines += [f"  {line}" for line in _omissions(mine)]
    return lines


def _amount(facts: Sequence[Mapping[str, Any]], alone: bool = False) -> str:
    seconds = sum(fact["seconds"] for fact in facts)
    hits = _total(facts, "hits")
    length = f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.1f} min"
    splits = Counter(fact["split"] for fact in facts)
    number = facts[0]["split"] if alone else ", ".join(f"{n} for {_PURPOSE[split]}" for split, n in splits.items())
    return f"{number}, {length}, {counted(sum(hits.values()), 'hit')}" + (f" ({_listed(hits)})" if hits else "")


_PURPOSE = {"train": "training", "validation": "validation"}


def _omissions(facts: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = []
    seconds = sum(fact["seconds"] for fact in facts)
    hidden, labelled = _total(facts, "hidden"), Counter[str]()
    for fact in facts:
        labelled.update(dict.fromkeys(fact["told"], fact["seconds"]))
    known = {what: hidden[what] / labelled[what] for what in labelled if labelled[what]}
    if any(known.values()):
        shares = ", ".join(f"{what} {share:.0%}" for what, share in known.items() if share >= 0.005)
        lines.append(f"hidden, of the time in which it is labelled: {shares or 'less than 1 %'}")
    if hidden[BEATS] and seconds:
        lines.append(f"beats hidden: {hidden[BEATS] / seconds:.0%} of the time")
    if untold := _total(facts, "untold"):
        lines.append(
            f"hidden throughout, never being written or labelled, in how many of {len(facts)}: {_listed(untold)}"
        )
    if left_out := _total(facts, "left_out"):
        lines.append(f"not taught: {_listed(left_out)}")
    if unmapped := _total(facts, "unmapped"):
        n_hits = sum(_total(facts, "hits").values())
        share = sum(unmapped.values()) / max(1, n_hits + sum(unmapped.values()))
        lines.append(f"notes of no drum, with all silence about them hidden ({share:.1%} of all): {_listed(unmapped)}")
    return lines


def _total(facts: Iterable[Mapping[str, Any]], name: str) -> Counter[str]:
    total = Counter[str]()
    for fact in facts:
        total.update(fact[name])
    return total


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{what} {n}" for what, n in counts.most_common())

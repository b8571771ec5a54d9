"""How well one-shots are classed: classes said and classes meant in, precision, recall and F1 of each out.

F1 of a class is 2 TP / (2 TP + FP + FN); the macro mean is over the classes that are present among those meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Score:
    """How well one class is heard, and how many sounds of it there are."""

    precision: float
    recall: float
    f: float
    n: int


@dataclass(frozen=True)
class Report:
    """Scores by class, the share of sounds that are right, and the commonest confusions (meant, said, times)."""

    scores: dict[str, Score]
    accuracy: float
    confusions: tuple[tuple[str, str, int], ...]

    @property
    def macro_f(self) -> float:
        """The mean F1 of the classes present."""
        return float(np.mean([score.f for score in self.scores.values()])) if self.scores else 0.0

    def as_dict(self) -> dict[str, Any]:
        """The figures as JSON can hold them."""
        return {
            "macro_f": round(self.macro_f, 4),
            "accuracy": round(self.accuracy, 4),
            "f": {name: round(score.f, 4) for name, score in self.scores.items()},
            "n": {name: score.n for name, score in self.scores.items()},
        }

    def __str__(self) -> str:
        rows = [f"{'class':8}{'P':>7}{'R':>7}{'F1':>7}{'n':>6}"]
        rows += [f"{name:8}{s.precision:7.3f}{s.recall:7.3f}{s.f:7.3f}{s.n:6}" for name, s in self.scores.items()]
        rows.append(f"macro F1 {self.macro_f:.3f} over {len(self.scores)} classes, accuracy {self.accuracy:.3f}")
        if self.confusions:
            rows.append("confused: " + ", ".join(f"{meant} as {said} {n}" for meant, said, n in self.confusions))
        return "\n".join(rows)


def report(meant: Sequence[str], said: Sequence[str], n_confusions: int = 12) -> Report:
    """Scores of what was said against what was meant, sound by sound."""
    pairs = Counter(zip(meant, said, strict=True))
    scores = {}
    for name in sorted(set(meant)):
        hits = pairs[name, name]
        n_meant = sum(n for (meant_name, _), n in pairs.items() if meant_name == name)
        n_said = sum(n for (_, said_name), n in pairs.items() if said_name == name)
        scores[name] = Score(hits / max(1, n_said), hits / n_meant, 2 * hits / (n_meant + n_said), n_meant)
    wrong = [(meant, said, n) for (meant, said), n in pairs.most_common() if meant != said]
    right = sum(n for (meant, said), n in pairs.items() if meant == said)
    return Report(scores, right / max(1, len(meant)), tuple(wrong[:n_confusions]))


def auroc(scores: NDArray[np.floating], positive: NDArray[np.bool_]) -> float:
    """The area under the ROC curve: how often a positive scores above a negative, ties counting half.

    Mann & Whitney 1947's U over the number of pairs. Raises ValueError where either kind is missing.
    """
    from scipy.stats import rankdata

    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if not n_positive or not n_negative:
        raise ValueError("an AUROC needs sounds of both kinds")
    ranks = rankdata(scores)
    return float((ranks[positive].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))

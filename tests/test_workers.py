"""Work side by side: outcomes with their jobs, failures as sentences, settings in every process."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest

import configs
from drum_tabber.errors import CorpusError, DrumTabberError
from drum_tabber.tasks import workers


@dataclass(frozen=True)
class Job:
    """A number to be doubled."""

    number: int

    @property
    def name(self) -> str:
        return f"job {self.number}"


def double(job: Job) -> tuple[int, int, str]:
    if job.number == 2:
        raise CorpusError("two can't be doubled; take three")
    if job.number == 3:
        raise ZeroDivisionError("three")
    return 2 * job.number, os.getpid(), configs.RUN_NAME


def vanish(job: Job) -> None:
    os._exit(9)


@pytest.mark.parametrize("n_workers", [1, 2])
def test_every_job_has_its_outcome(page: None, n_workers: int) -> None:
    configs.RUN_NAME = "as it is here"
    outcomes = {
        each.job.number: each for each in workers.each(double, [Job(n) for n in range(5)], "doubling", n_workers)
    }
    results = {number: each.result for number, each in outcomes.items() if each.result}
    assert {number: result[0] for number, result in results.items()} == {0: 0, 1: 2, 4: 8}
    assert {result[2] for result in results.values()} == {"as it is here"}
    assert (os.getpid() in {result[1] for result in results.values()}) == (n_workers == 1)
    assert outcomes[2].failure == "two can't be doubled; take three"
    assert outcomes[3].failure.startswith("job 3: ZeroDivisionError three; this is our fault")


def test_no_jobs() -> None:
    assert list(workers.each(double, [], "doubling")) == []


def test_a_process_that_vanishes_is_told_of() -> None:
    with pytest.raises(DrumTabberError, match=r"a worker was killed.* set WORKERS to less than 2"):
        list(workers.each(vanish, [Job(0), Job(1)], "vanishing", 2))

"""Many jobs side by side: each is done or failed by itself, and a failure is a sentence, not an end.

Processes are started afresh (a fork of TensorFlow's threads hangs) and get the settings page as it stands here.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import configs
from drum_tabber import settings
from drum_tabber.errors import DrumTabberError, sentence

_FEW = 3  # jobs


class Job(Protocol):
    """Some work that has a name."""

    @property
    def name(self) -> str:
        """What a failure is reported of."""


Work = TypeVar("Work", bound=Job)
Result = TypeVar("Result")


@dataclass(frozen=True)
class Outcome(Generic[Work, Result]):
    """A job with its result, or with the sentence that says why there is none."""

    job: Work
    result: Result | None = None
    failure: str = ""


def number(n_jobs: int, wanted: int | None = None) -> int:
    """The processes that do so many jobs: as many as are wanted, WORKERS, or one for each core.

    Where their number is left open, a few jobs are done here: they are ready before processes have started.
    """
    return min(n_jobs, wanted or configs.WORKERS or (1 if n_jobs <= _FEW else os.cpu_count() or 1))


def each(
    work: Callable[[Work], Result], jobs: Sequence[Work], what: str, n_workers: int | None = None
) -> Iterator[Outcome[Work, Result]]:
    """Do the jobs under a progress bar named `what`, in that `number` of processes; outcomes come as they are ready.

    Raises DrumTabberError where the system kills a worker.
    """
    from tqdm import tqdm

    n_workers = number(len(jobs), n_workers)
    with tqdm(total=len(jobs), desc=what, disable=not jobs, dynamic_ncols=True) as bar:
        for outcome in _parallel(work, jobs, n_workers) if n_workers > 1 else (_done(work, job) for job in jobs):
            bar.update()
            yield outcome


def _parallel(work: Callable[[Work], Result], jobs: Sequence[Work], n_workers: int) -> Iterator[Outcome[Work, Result]]:
    context = multiprocessing.get_context("spawn")
    page = settings.snapshot(configs)
    with ProcessPoolExecutor(n_workers, context, _begin, (page,)) as pool:
        waiting: list[Future[Outcome[Work, Result]]] = [pool.submit(_done, work, job) for job in jobs]
        try:
            for future in as_completed(waiting):
                yield future.result()
        except BrokenProcessPool as error:
            raise DrumTabberError(
                f"a worker was killed, probably for lack of memory; set WORKERS to less than {n_workers}"
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _begin(page: dict[str, Any]) -> None:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # one core a worker
    for name, value in page.items():
        setattr(configs, name, value)


def _done(work: Callable[[Work], Result], job: Work) -> Outcome[Work, Result]:
    try:
        return Outcome(job, work(job))
    except Exception as error:
        return Outcome(job, failure=sentence(error, job.name))

"""Compute on other machines: whatever joblib runs inside `cluster` runs on the workers of an existing Dask cluster.

Dask unpickles what it is sent, so whoever reaches the scheduler or a worker can run any code there: a trusted network
only (docs/scale.md). The extra `cluster` brings Dask.
"""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import joblib
from distributed import CancelledError, Client, KilledWorker
from distributed.comm import CommClosedError, connect
from distributed.security import Security
from joblib._dask import Batch, DaskDistributedBackend

from mnistcore.errors import ClusterError

TIMEOUT = 10  # seconds to wait for the scheduler, and for a first worker

# What the results depend on, or what is sent consists of: one version on all machines.
PACKAGES = ("mnistcore", "distributed", "joblib", "numpy", "pillow", "scikit-learn", "scipy")


@contextmanager
def cluster(scheduler: str, shared: Sequence[object] = ()) -> Iterator[None]:
    """Have joblib run its tasks on the workers of a Dask cluster. The task of a worker that dies is given to another.

    Args:
        scheduler: its address, such as "tcp://10.0.0.1:8786".
        shared: arguments of many tasks: they are sent once, to every worker, instead of with each task.

    Raises:
        ClusterError: there is no such scheduler, it has no workers, these have other versions of what the results
            depend on, or all of them are lost while the block runs.
    """
    with _quiet():
        client = _connect(scheduler)
        try:
            _check_workers(client, scheduler)
            with joblib.parallel_config(_Backend(client, shared)):
                yield
        except KilledWorker as error:
            raise ClusterError(
                f"{error.allowed_failures + 1} workers of {scheduler} died at the same task, as they do when they run "
                "out of memory; their logs say more."
            ) from error
        except (CancelledError, CommClosedError, TimeoutError) as error:
            raise ClusterError(f"The cluster of {scheduler} is lost: its scheduler, or all of its workers.") from error
        finally:
            client.close()


class _Backend(DaskDistributedBackend):
    """joblib's, with four gaps closed."""

    def __init__(self, client: Client, shared: Sequence[object]) -> None:
        super().__init__(client=client, wait_for_workers_timeout=TIMEOUT)
        self._shared = shared  # an object's id is its own only as long as it is there
        # Not scattered, as joblib does: that is lost for all tasks with the last worker that has it. The result of a
        # task is made again.
        self.data_futures = {id(each): client.submit(_itself, each, pure=False) for each in shared}
        self.client.loop.add_callback(self._watch)  # once: joblib makes a call of every few tasks

    async def _to_func_args(self, func: Any) -> tuple[Batch, list]:
        """What is shared is replaced by where it is; all else goes with its task. joblib would scatter that, too."""

        def sent(argument: object) -> object:
            return self.data_futures.get(id(argument), argument)

        tasks = [
            (function, [sent(value) for value in positional], {name: sent(value) for name, value in named.items()})
            for function, positional, named in func.items
        ]
        return Batch(tasks), tasks

    async def _watch(self) -> None:
        """Give waiting tasks up when there have been no workers for a while; Dask would wait for ever for another."""
        alone = 0
        while True:
            await asyncio.sleep(1)
            try:
                alone = 0 if not self._results or await self.client.scheduler.ncores() else alone + 1
            except OSError:  # nor is there a scheduler: the client is closed, or notices it itself
                return
            if alone >= TIMEOUT:
                for job in [job for job in self._results.values() if not job.done()]:
                    job.set_exception(TimeoutError())

    def submit(self, func: Callable, callback: Callable) -> Future:
        """A task that Dask gives up ends with its error; joblib would wait for it for ever."""

        def give_up(job: Future) -> None:
            if error := job.exception():
                callback(error)

        job = super().submit(func, callback)
        job.add_done_callback(give_up)
        return job

    def effective_n_jobs(self, n_jobs: int) -> int:
        """At least two: joblib would compute here what it takes for the work of one."""
        return max(2, super().effective_n_jobs(n_jobs))


def _itself(argument: object) -> object:
    return argument


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask neither logs lost connections nor warns of other versions, which end in an exception here, nor of how large
    the digits are."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        with warnings.catch_warnings():
            for message in (r"\s*Mismatched versions found", "Sending large graph"):
                warnings.filterwarnings("ignore", message)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _connect(scheduler: str) -> Client:
    async def probe() -> None:  # a Client waits for ever for a server that is silent
        certificates = Security().get_connection_args("client")  # of Dask's configuration, if there are any
        connected = await asyncio.wait_for(connect(scheduler, timeout=TIMEOUT, **certificates), TIMEOUT)
        await connected.close()

    try:
        with ThreadPoolExecutor(1) as thread:  # the caller's may have a loop of its own
            thread.submit(asyncio.run, probe()).result()
        return Client(scheduler, timeout=TIMEOUT, set_as_default=False)
    except Exception as error:  # the answer of another kind of server can make it fail in any way
        if isinstance(error, ValueError):
            reason = f"{scheduler!r} is no address of a Dask scheduler, such as tcp://10.0.0.1:8786."
        else:
            reason = f"No Dask scheduler answers at {scheduler}."
        raise ClusterError(reason) from error


def _check_workers(client: Client, scheduler: str) -> None:
    """Raise ClusterError if there are no workers, or if they have other versions than are here."""
    if not client.ncores():
        try:
            client.submit(int, pure=False).result(TIMEOUT)  # a cluster that grows with its work starts a worker for it
        except TimeoutError:
            raise ClusterError(
                f"The scheduler {scheduler} has no workers; to start some: dask worker {scheduler}"
            ) from None
    versions: Any = client.get_versions(packages=PACKAGES)
    ours = _versions(versions["client"])
    machines = {f"the worker {address}": _versions(worker) for address, worker in versions["workers"].items()}
    machines[f"the scheduler {scheduler}"] = ours | {"distributed": _versions(versions["scheduler"])["distributed"]}
    for machine, theirs in machines.items():
        for name, version in ours.items():
            if theirs[name] != version:
                raise ClusterError(
                    f"{name} must be of the same version everywhere: it is {version} here, {theirs[name]} at {machine}."
                )


def _versions(machine: dict) -> dict[str, str]:
    """The version of each of PACKAGES, and of Python without its last part."""
    packages = machine["packages"]
    python = ".".join(packages["python"].split(".")[:2])
    return {"Python": python} | {name: packages[name] or "missing" for name in PACKAGES}

"""Dask workers for the tests, each a process of its own: `dask_workers.py SCHEDULER` starts one for each line it reads.

They are forked after the imports, which take each of them seconds when they are started by `dask worker`.
"""

import asyncio
import os
import sys

from distributed import Worker

import mnistcore.bulk.label
import mnistcore.training.train  # noqa: F401


async def work(scheduler: str) -> None:
    """Work until the process is killed or the scheduler is closed."""
    async with Worker(scheduler, nthreads=1, dashboard_address=":0") as worker:
        await worker.finished()


while sys.stdin.readline():
    if not os.fork():
        asyncio.run(work(sys.argv[1]))
        os._exit(0)

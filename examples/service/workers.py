"""A pool of worker processes whose work can be stopped: a worker that runs out of time is killed and replaced."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import signal
from multiprocessing.connection import Connection
from time import monotonic
from typing import Any

log = logging.getLogger("service")
_spawn = multiprocessing.get_context("spawn")  # a forked copy of a process with threads may hang


class TooLong(Exception):
    """The work was stopped because its time was over."""


class Busy(Exception):
    """No worker became free in time; the work was not begun."""


class Died(Exception):
    """The worker ended before it answered, for want of memory for example."""


class Worker:
    """One process that does one job after the other; it is made when it is ready to."""

    def __init__(self) -> None:
        self._here, there = _spawn.Pipe()
        self._process = _spawn.Process(target=serve, args=(there,), daemon=True)
        self._process.start()
        there.close()
        self._here.recv()

    def call(self, name: str, body: dict[str, Any], seconds: float) -> tuple[int, bytes]:
        """Status and answer of a job; TooLong after so many seconds."""
        try:
            self._here.send((name, body))
            if not self._here.poll(max(0.0, seconds)):
                raise TooLong
            answer: tuple[int, bytes] = self._here.recv()
        except (EOFError, OSError) as error:
            raise Died from error
        return answer

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.join()
        self._here.close()


class Workers:
    """So many workers; who asks for more waits, inside the request's own time."""

    def __init__(self, count: int) -> None:
        self.count, self.ready = count, 0
        self._free: asyncio.Queue[Worker] = asyncio.Queue()
        self._hiring: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Start all workers."""
        for _ in range(self.count):
            self._hire()

    def stop(self) -> None:
        """End the workers that are free; those at work end with this process."""
        while not self._free.empty():
            self._free.get_nowait().stop()

    @property
    def free(self) -> int:
        """Workers without work."""
        return self._free.qsize()

    async def run(self, name: str, body: dict[str, Any], seconds: float) -> tuple[int, bytes]:
        """Status and answer of a job, within so many seconds, the wait for a worker included."""
        began = monotonic()
        try:
            worker = await asyncio.wait_for(self._free.get(), seconds)
        except TimeoutError:
            raise Busy from None
        try:
            found = await asyncio.to_thread(worker.call, name, body, seconds - (monotonic() - began))
        except BaseException:  # also when the request is cancelled: the worker may still be at it
            worker.stop()
            self.ready -= 1
            self._hire()
            raise
        self._free.put_nowait(worker)
        return found

    def _hire(self) -> None:
        task = asyncio.create_task(self._enlist())
        self._hiring.add(task)  # the loop itself keeps no hold of its tasks
        task.add_done_callback(self._hiring.discard)

    async def _enlist(self) -> None:
        try:
            worker = await asyncio.to_thread(Worker)
        except (EOFError, OSError):
            log.exception("a worker could not start")
            return
        self.ready += 1
        self._free.put_nowait(worker)


def serve(requests: Connection) -> None:
    """The life of a worker process: a job in, an answer out, until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then closes the pipe
    import jobs

    requests.send("ready")
    while True:
        try:
            name, body = requests.recv()
        except EOFError:
            return
        requests.send(jobs.answer(name, body))

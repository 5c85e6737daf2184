"""Pure. Processes side by side: started together, and waited for.

    async with Scope() as scope:            # occam's FORKING
        scope.fork(worker(requests))
    ...                                     # all are over here

    left, right = await par(one(), other())

A child that fails is reported by the scheduler, and nobody else is touched. A scope whose own block fails or is
cancelled cancels its children, and waits for them.
"""

from collections.abc import Coroutine
from typing import Any

from .current import here
from .process import Joining, Process


class Scope:
    """Waits for the processes that were started in it."""

    __slots__ = ("_children", "_owner")

    def __init__(self) -> None:
        self._children: dict[Process, None] = {}
        self._owner: Process | None = None

    def fork(self, routine: Coroutine, name: str = "") -> Process:
        """Start a process that the scope waits for."""
        owner = self._owner
        if owner is None or owner.done:
            routine.close()
            raise RuntimeError("a process can be forked only while its scope is open")
        child = owner.scheduler.spawn(routine, name, owner)
        self._children[child] = None
        child.when_ended(self._children.pop)
        return child

    def cancel(self) -> None:
        """Cancel all that were started in it."""
        for child in list(self._children):
            child.cancel()

    async def __aenter__(self) -> "Scope":
        self._owner = here().process
        return self

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if error is not None:
            self.cancel()
        interrupted: BaseException | None = None
        while self._children:
            try:
                await Joining(*self._children).over()
            except GeneratorExit:  # its scheduler was forgotten, and it with that: nobody would let it go on
                raise
            except BaseException as other:
                interrupted = interrupted or other
                self.cancel()
                if self._owner.killed:  # it may not wait any more: they end without it
                    for child in list(self._children):
                        child.kill()
                    break
        self._owner = None
        if interrupted is not None:
            raise interrupted


async def par(*routines: Coroutine) -> list[Any]:
    """Run some processes side by side until all have ended (occam's PAR).

    :return: what they returned, in their order.
    :raise: what one of them died of; an `ExceptionGroup` when there are several such.
    """
    processes: list[Process] = []
    try:
        async with Scope() as scope:
            for routine in routines:
                processes.append(scope.fork(routine))
                processes[-1].observed = True
    except BaseException:  # it is cancelled, and raises that: their failures are told to nobody else
        for process in processes:
            process.observed = False
            if process.failure is not None:
                process.scheduler.report(process)
        raise
    failures = [process.failure for process in processes if process.failure is not None]
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise BaseExceptionGroup("several processes failed", failures)
    return [process.result for process in processes]

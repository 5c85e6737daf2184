"""Scenes of the outlet: bytes and pieces of files to one client, by `sendfile`, in their order."""

from collections.abc import Callable

from occwserv.http.answer import FilePart
from occwserv.net.outlet import Outlet

from .transport_parties import MUCH, HalfParty, told
from .transport_stage import LOCAL, Stage, scene


class Desk(HalfParty):
    """A party that sends through an outlet, and notes what becomes of it."""

    def connectionMade(self) -> None:
        self.outlet = Outlet(self.transport, lambda: None)
        super().connectionMade()

    def send(self, *parts) -> None:
        self.outlet.send(parts, self.sent)

    def sent(self, error: Exception | None) -> None:
        self.sheet.note("not sent" if error else "sent")
        if error is not None and not self.outlet.gone:
            self.outlet.abort()

    def connectionLost(self, reason) -> None:
        self.outlet.lost()
        self.sheet.note("lost")  # by the reset, or because it was met with while sending


class Shelf:
    """A file with much in it."""

    def __init__(self, stage: Stage) -> None:
        self.path = stage.folder / "much"
        self.path.write_bytes(MUCH)
        self._file = self.path.open("rb")

    def piece(self, offset: int = 0, length: int = len(MUCH)) -> FilePart:
        return FilePart(self._file.fileno(), offset, length)


async def meet(stage: Stage, act: Callable, where: str = LOCAL) -> tuple[Desk, Shelf]:
    """A client who does not read yet is sent something."""
    desk, guest = await stage.meet(Desk, where)
    shelf = Shelf(stage)
    guest.reading = False
    act(desk, shelf)
    await stage.turns()
    desk.guest = guest
    return desk, shelf


def mixed(desk: Desk, shelf: Shelf) -> None:
    """Bytes and pieces of a file, and a close behind them."""
    piece = shelf.piece
    desk.send(b"head", piece(5, 10), b"", piece(0, 0), piece(), b"between" * 20_000, piece(0, 200_000), b"tail")


MIXED = b"head" + MUCH[5:15] + MUCH + b"between" * 20_000 + MUCH[:200_000] + b"tail"


@scene(host=["made", "sent", "lost"], guest=[told(MIXED), "ended"])
async def bytes_and_pieces_of_files_in_their_order(stage: Stage) -> None:
    desk, _ = await meet(stage, mixed)
    assert desk.outlet.full
    desk.guest.reading = True
    await stage.noted("sent")
    assert not desk.outlet.full
    desk.outlet.close()
    await stage.heard("ended")


@scene(host=["made", "sent", "lost"], guest=[told(MIXED), "ended"])
async def the_same_over_unix(stage: Stage) -> None:
    desk, _ = await meet(stage, mixed, stage.unix)
    desk.guest.reading = True
    await stage.noted("sent")
    desk.outlet.close()
    await stage.heard("ended")


@scene(host=["made", "sent", "lost"], guest=[told(MUCH + MUCH[:1000] + b"end"), "ended"])
async def a_file_behind_a_full_buffer(stage: Stage) -> None:
    def act(desk: Desk, shelf: Shelf) -> None:
        desk.outlet.write(MUCH)
        desk.send(shelf.piece(0, 1000), b"end")

    desk, _ = await meet(stage, act)
    assert desk.outlet.full and desk.outlet.taken < desk.outlet.total == len(MUCH)
    desk.guest.reading = True
    await stage.noted("sent")
    await stage.until(lambda: desk.outlet.taken == desk.outlet.total == len(MUCH) + 1003)
    desk.outlet.close()
    await stage.heard("ended")


@scene(host=["made", "sent", "lost"], guest=["held", told(MUCH[:1000] + b"end"), "ended"])
async def a_file_behind_a_little_that_is_held(stage: Stage) -> None:
    desk, shelf = await meet(stage, lambda desk, shelf: None)
    while desk.outlet.taken == desk.outlet.total:
        desk.outlet.write(b"x" * 16_384)
        await stage.turns(2)
    before = desk.outlet.total
    desk.send(shelf.piece(0, 1000), b"end")
    desk.guest.reading = True
    await stage.until(lambda: len(stage.guest.unsettled) == before + 1003)
    data = stage.guest.forget()
    if data[:before] == b"x" * before:
        stage.guest.note("held")
    stage.guest.data(data[before:])
    desk.outlet.close()
    await stage.heard("ended")


@scene(host=["made", "sent", "write lost", "data b'thanks'", "read lost", "lost"],
       guest=[told(MUCH), "ended"])  # fmt: skip
async def our_side_is_closed_behind_a_file(stage: Stage) -> None:
    desk, _ = await meet(stage, lambda desk, shelf: desk.send(shelf.piece()))
    desk.guest.reading = True
    await stage.noted("sent")
    desk.outlet.half_close()
    await stage.heard("ended")
    desk.guest.send(b"thanks")
    desk.guest.finish()
    await stage.noted("read lost")
    desk.outlet.close()


@scene(host=["made", "not sent", "lost"], guest=["reset"])
async def a_file_that_becomes_shorter(stage: Stage) -> None:
    stage.guest.data = lambda data: None
    desk, shelf = await meet(stage, lambda desk, shelf: desk.send(shelf.piece(), b"never sent"))
    with shelf.path.open("r+b") as file:
        file.truncate(len(MUCH) - 1)
    desk.guest.reading = True
    await stage.heard("reset")
    assert desk.outlet.total == len(MUCH) - 1


@scene(host=["made", "not sent", "lost", "not sent"], guest=[])
async def a_client_that_leaves_amid_a_file(stage: Stage) -> None:
    desk, shelf = await meet(stage, lambda desk, shelf: desk.send(shelf.piece()))
    desk.guest.reset()
    await stage.noted("lost")
    desk.send(b"too late", shelf.piece())


@scene(host=["made", "not sent", "lost"], guest=[])
async def a_client_that_leaves_amid_a_file_and_is_not_read(stage: Stage) -> None:
    desk, _ = await meet(stage, lambda desk, shelf: (desk.transport.pauseProducing(), desk.send(shelf.piece())))
    desk.guest.reset()
    await stage.noted("lost")


@scene(host=["made", "not sent", "lost"], guest=["reset"])
async def aborting_amid_a_file(stage: Stage) -> None:
    stage.guest.data = lambda data: None
    desk, _ = await meet(stage, lambda desk, shelf: desk.send(shelf.piece()))
    desk.outlet.abort()
    await stage.noted("lost")
    desk.guest.reading = True
    await stage.heard("reset")

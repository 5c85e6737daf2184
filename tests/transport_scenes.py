"""Scenes of writing, reading and ending: what the server's side and the client's side are told in each."""

from .transport_parties import MUCH, HalfParty, Party, told
from .transport_stage import Stage, scene

ALL = told(MUCH)


@scene(host=["made", "data b'abc'", "lost ConnectionDone"], guest=["data b'123456789'"])
async def what_is_written_arrives_in_its_order(stage: Stage) -> None:
    def answer(host: Party, data: bytes) -> None:
        if host.sheet.unsettled == b"abc":
            host.transport.write(b"1")
            host.transport.writeSequence([b"2", b"3", b"", b"4"])
            host.transport.write(b"")
            host.transport.writeSequence([])
            host.transport.writeSequence(tuple(b"%d" % number for number in range(5, 9)))
            host.transport.write(b"9")

    _, guest = await stage.meet(data=answer)
    for piece in (b"a", b"b", b"c"):
        guest.send(piece)
        await stage.turns(3)
    await stage.until(lambda: guest.sheet.unsettled == b"123456789")
    guest.close()


@scene(host=["made", "lost ConnectionDone"], guest=[ALL, "ended"])
async def closing_sends_what_is_held_to_one_who_reads_late(stage: Stage) -> None:
    host, guest = await stage.meet()
    guest.reading = False
    for start in range(0, len(MUCH), 1_000_000):
        host.transport.write(MUCH[start : start + 1_000_000])
    host.transport.loseConnection()
    await stage.turns()
    assert host.transport.connected
    guest.reading = True
    await stage.heard("ended")


@scene(host=["made", "lost ConnectionDone"], guest=["data b'beforebehind'", "ended"])
async def what_is_written_in_the_turn_of_the_closing_is_sent(stage: Stage) -> None:
    host, _ = await stage.meet()
    host.transport.write(b"before")
    host.transport.loseConnection()
    host.transport.write(b"behind")
    host.transport.loseConnection()
    await stage.noted("lost ConnectionDone")
    host.transport.write(b"too late")
    host.transport.writeSequence([b"this", b"too"])
    host.transport.loseConnection()


@scene(host=["made", "lost ConnectionDone"], guest=["ended"])
async def to_write_is_no_mistake_until_the_end_is_told(stage: Stage) -> None:
    host, guest = await stage.meet()
    guest.sheet.data = lambda data: None  # how much of it comes is chance
    host.transport.loseConnection()
    while host.transport.connected:
        host.transport.write(b"late")
        await stage.turns(1)
    await stage.heard("ended")


@scene(host=["made", "lost ConnectionDone"], guest=[told(MUCH + b"+"), "ended"])
async def what_is_written_while_closing_is_sent(stage: Stage) -> None:
    host, guest = await stage.meet()
    guest.reading = False
    host.transport.write(MUCH)
    host.transport.loseConnection()
    await stage.turns()
    host.transport.write(b"+")
    guest.reading = True
    await stage.heard("ended")


@scene(host=["made", "data b'1'", "lost ConnectionDone"], guest=["ended"])
async def nothing_is_read_behind_the_closing(stage: Stage) -> None:
    def close(host: Party, data: bytes) -> None:
        host.transport.write(MUCH)
        host.transport.loseConnection()
        host.transport.resumeProducing()

    _, guest = await stage.meet(data=close)
    guest.sheet.data = lambda data: None  # how much of it comes is chance
    guest.reading = False
    guest.send(b"1")
    await stage.turns()
    guest.send(b"2")
    await stage.turns()
    guest.reading = True
    await stage.until(lambda: guest.sheet.lines)


@scene(host=["made", "lost ConnectionDone"], guest=["ended"])
async def nothing_is_read_when_it_is_closed_at_once(stage: Stage) -> None:
    _, guest = await stage.meet(first=b"unread", made=lambda host: host.transport.loseConnection())
    await stage.until(lambda: guest.sheet.lines)


@scene(host=["made", "lost ConnectionDone"], guest=["ended"])
async def to_stop_producing_is_to_close(stage: Stage) -> None:
    host, _ = await stage.meet()
    host.transport.stopProducing()
    await stage.heard("ended")


@scene(host=["made", "lost ConnectionAborted"], guest=["reset"])
async def aborting_resets_and_drops_what_is_held(stage: Stage) -> None:
    host, guest = await stage.meet()
    guest.reading = False
    guest.sheet.data = lambda data: None
    host.transport.write(MUCH)
    await stage.turns()
    host.transport.abortConnection()
    host.transport.abortConnection()
    host.transport.loseConnection()
    host.transport.write(b"more")
    await stage.noted("lost ConnectionAborted")
    host.transport.abortConnection()
    guest.reading = True
    await stage.heard("reset")


@scene(host=["made", "lost ConnectionAborted"], guest=["reset"])
async def what_is_being_closed_can_still_be_aborted(stage: Stage) -> None:
    host, guest = await stage.meet()
    guest.reading = False
    guest.sheet.data = lambda data: None
    host.transport.write(MUCH)
    host.transport.loseConnection()
    await stage.turns()
    host.transport.abortConnection()
    await stage.noted("lost ConnectionAborted")
    guest.reading = True
    await stage.heard("reset")


@scene(host=["made", "lost ConnectionAborted"], guest=["reset"])
async def closing_and_aborting_in_one_turn_is_aborting(stage: Stage) -> None:
    host, _ = await stage.meet()
    host.transport.loseConnection()
    host.transport.abortConnection()
    await stage.heard("reset")


@scene(host=["made", "lost ConnectionAborted"], guest=["reset"])
async def aborting_at_once(stage: Stage) -> None:
    await stage.meet(made=lambda host: host.transport.abortConnection())
    await stage.heard("reset")


@scene(host=["made", "data b'x'", "lost ConnectionAborted"], guest=["reset"])
async def aborting_when_data_comes(stage: Stage) -> None:
    _, guest = await stage.meet(data=lambda host, data: host.transport.abortConnection())
    guest.send(b"x")
    await stage.heard("reset")


@scene(host=["made", "lost ConnectionLost"], guest=[])
async def a_client_that_resets(stage: Stage) -> None:
    _, guest = await stage.meet(HalfParty)
    guest.reset()
    await stage.noted("lost ConnectionLost")


@scene(host=["made", "lost ConnectionLost"], guest=[])
async def a_client_that_resets_while_only_written_to(stage: Stage) -> None:
    host, guest = await stage.meet(HalfParty)
    guest.reading = False
    host.transport.pauseProducing()
    host.transport.write(MUCH)
    await stage.turns()
    guest.reset()
    await stage.noted("lost ConnectionLost")


@scene(host=["made", "lost ConnectionLost"], guest=[])
async def a_client_that_resets_while_it_is_closed(stage: Stage) -> None:
    host, guest = await stage.meet(HalfParty)
    guest.reading = False
    host.transport.write(MUCH)
    host.transport.loseConnection()
    await stage.turns()
    guest.reset()
    await stage.noted("lost ConnectionLost")


@scene(host=["made", "data b'last'", "lost ConnectionDone"], guest=["ended"])
async def a_client_that_closes_its_side_ends_one_who_knows_no_halves(stage: Stage) -> None:
    _, guest = await stage.meet()
    guest.send(b"last")
    guest.finish()
    await stage.heard("ended")


@scene(host=["made", "data b'last'", "read lost", "lost ConnectionDone"], guest=["data b'still here'", "ended"])
async def a_client_that_closes_its_side_can_be_written_to(stage: Stage) -> None:
    host, guest = await stage.meet(HalfParty)
    guest.send(b"last")
    guest.finish()
    await stage.noted("read lost")
    await stage.turns()
    host.transport.write(b"still ")
    await stage.turns()
    host.transport.write(b"here")
    host.transport.loseConnection()
    await stage.heard("ended")


@scene(
    host=["made", "write lost", "data b'reading on'", "read lost", "lost ConnectionDone"],
    guest=["data b'lastagain'", "ended"],
)
async def our_side_is_closed_and_we_read_on(stage: Stage) -> None:
    host, guest = await stage.meet(HalfParty)
    host.transport.write(b"last")
    host.transport.loseWriteConnection()
    host.transport.write(b"again")
    host.transport.loseWriteConnection()
    await stage.heard("ended")
    host.transport.write(b"not sent any more")
    host.transport.writeSequence([b"nor", b"this"])
    guest.send(b"reading ")
    await stage.turns()
    guest.send(b"on")
    guest.finish()
    await stage.noted("read lost")
    await stage.turns()
    assert host.transport.connected
    host.transport.loseConnection()


@scene(host=["made", "data b'reading on'", "lost ConnectionDone"], guest=["data b'last'", "ended"])
async def our_side_is_closed_by_one_who_knows_no_halves(stage: Stage) -> None:
    host, guest = await stage.meet()
    host.transport.write(b"last")
    host.transport.loseWriteConnection()
    await stage.heard("ended")
    guest.send(b"reading on")
    guest.finish()
    await stage.noted("lost ConnectionDone")


@scene(host=["made", "write lost", "lost ConnectionDone"], guest=[ALL, "ended"])
async def our_side_is_closed_behind_what_is_held(stage: Stage) -> None:
    host, guest = await stage.meet(HalfParty)
    guest.reading = False
    host.transport.write(MUCH)
    host.transport.loseWriteConnection()
    await stage.turns()
    assert "write lost" not in host.sheet
    guest.reading = True
    await stage.heard("ended")
    host.transport.loseConnection()


@scene(host=["made", "lost ConnectionDone"], guest=[ALL, "ended"])
async def closing_goes_before_closing_our_side(stage: Stage) -> None:
    host, guest = await stage.meet(HalfParty)
    guest.reading = False
    host.transport.write(MUCH)
    host.transport.loseWriteConnection()
    await stage.turns()
    host.transport.loseConnection()
    host.transport.loseWriteConnection()
    guest.reading = True
    await stage.heard("ended")


@scene(host=["made", "data b'abc'", "lost ConnectionDone"], guest=[])
async def one_who_does_not_read_is_given_nothing(stage: Stage) -> None:
    host, guest = await stage.meet()
    host.transport.pauseProducing()
    await stage.turns()
    guest.send(b"a")
    await stage.turns()
    assert not host.sheet.unsettled
    host.transport.resumeProducing()
    host.transport.resumeProducing()
    await stage.until(lambda: host.sheet.unsettled == b"a")
    host.transport.pauseProducing()
    host.transport.pauseProducing()
    guest.send(b"bc")
    guest.close()
    await stage.turns()
    assert host.sheet.unsettled == b"a" and host.transport.connected
    host.transport.resumeProducing()
    await stage.noted("lost ConnectionDone")


@scene(host=["made", "data b'abc'", "read lost", "lost ConnectionDone"], guest=["ended"])
async def one_who_does_not_read_from_the_beginning_is_given_nothing(stage: Stage) -> None:
    host, guest = await stage.meet(HalfParty, first=b"a", made=lambda host: host.transport.pauseProducing())
    await stage.turns()
    guest.send(b"bc")
    guest.finish()
    await stage.turns()
    assert not host.sheet.unsettled and "read lost" not in host.sheet
    host.transport.resumeProducing()
    await stage.noted("read lost")
    host.transport.loseConnection()


@scene(host=["made", "data b'abc'", "lost ConnectionDone"], guest=[])
async def one_who_does_not_read_for_a_moment_is_given_it_later(stage: Stage) -> None:
    def hesitate(host: Party) -> None:
        host.transport.pauseProducing()
        host.transport.resumeProducing()
        host.transport.pauseProducing()

    host, guest = await stage.meet(first=b"abc", made=hesitate)
    guest.close()
    await stage.turns()
    assert not host.sheet.unsettled
    host.transport.resumeProducing()
    await stage.noted("lost ConnectionDone")

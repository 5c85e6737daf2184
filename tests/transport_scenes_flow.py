"""Scenes of producers and of mistakes: what the server's side and the client's side are told in each."""

from .transport_parties import MUCH, HalfParty, Party, Producer, told
from .transport_stage import Stage, scene

ALL = told(MUCH)


@scene(host=["made", "pause", "resume", "pause", "resume", "stop", "lost ConnectionDone"], guest=[told(MUCH * 2)])
async def a_push_producer_is_held_back_by_a_slow_reader(stage: Stage) -> None:
    host, guest = await stage.meet()
    host.transport.registerProducer(Producer(host), True)
    for _ in range(2):
        guest.reading = False
        host.transport.write(MUCH)
        await stage.turns()
        assert host.sheet.lines[-1] == "pause"
        guest.reading = True
        await stage.until(lambda: host.sheet.lines[-1] == "resume")
        await stage.turns()
    await stage.until(lambda: len(guest.sheet.unsettled) == 2 * len(MUCH))
    guest.close()


@scene(host=["made", "pause", "resume", "pause", "resume", "lost ConnectionDone"], guest=[told(MUCH * 2), "ended"])
async def a_push_producer_goes_on_when_it_is_resumed(stage: Stage) -> None:
    def go_on(host: Party) -> None:
        if not host.transport.disconnecting:
            host.transport.write(MUCH)
            host.transport.loseConnection()

    host, guest = await stage.meet(resumed=go_on)
    guest.reading = False
    host.transport.registerProducer(Producer(host), True)
    host.transport.write(MUCH)
    await stage.turns()
    guest.reading = True
    await stage.until(lambda: len(guest.sheet.unsettled) == 2 * len(MUCH))
    await stage.turns()
    if host.transport.connected:
        host.transport.unregisterProducer()
    await stage.heard("ended")


@scene(host=["made", "pause", "resume", "lost ConnectionDone"], guest=[told(MUCH + b"the rest"), "ended"])
async def closing_waits_for_a_paused_producer_to_be_unregistered(stage: Stage) -> None:
    def finish(host: Party) -> None:
        host.transport.write(b"the rest")
        host.transport.unregisterProducer()

    host, guest = await stage.meet(resumed=finish)
    guest.reading = False
    host.transport.registerProducer(Producer(host), True)
    host.transport.write(MUCH)
    host.transport.loseConnection()
    await stage.turns()
    guest.reading = True
    await stage.heard("ended")


@scene(host=["made", "pause", "resume", "stop", "lost ConnectionDone"], guest=[told(MUCH + b"the rest"), "ended"])
async def closing_does_not_wait_for_a_producer_that_was_resumed(stage: Stage) -> None:
    host, guest = await stage.meet(resumed=lambda host: host.transport.write(b"the rest"))
    guest.reading = False
    host.transport.registerProducer(Producer(host), True)
    host.transport.write(MUCH)
    host.transport.loseConnection()
    await stage.turns()
    guest.reading = True
    await stage.heard("ended")


@scene(host=["made", "stop", "lost ConnectionDone"], guest=["data b'hello'", "ended"])
async def closing_does_not_wait_for_a_producer_that_is_not_paused(stage: Stage) -> None:
    host, _ = await stage.meet()
    host.transport.registerProducer(Producer(host), True)
    host.transport.write(b"hello")
    host.transport.loseConnection()
    await stage.heard("ended")


@scene(host=["made", "pause", "lost ConnectionDone"], guest=[ALL, "ended"])
async def a_producer_is_unregistered_while_closing(stage: Stage) -> None:
    host, guest = await stage.meet()
    guest.reading = False
    host.transport.registerProducer(Producer(host), True)
    host.transport.write(MUCH)
    host.transport.loseConnection()
    await stage.turns()
    host.transport.unregisterProducer()
    await stage.turns()
    assert host.transport.connected
    guest.reading = True
    await stage.heard("ended")


@scene(host=["made", "pause", "stop", "lost ConnectionLost"], guest=[])
async def a_producer_is_stopped_before_the_end_is_told(stage: Stage) -> None:
    host, guest = await stage.meet()
    guest.reading = False
    host.transport.registerProducer(Producer(host), True)
    host.transport.write(MUCH)
    await stage.turns()
    guest.reset()
    await stage.noted("lost ConnectionLost")


@scene(host=["made", "pause", "stop", "lost ConnectionAborted"], guest=["reset"])
async def a_producer_is_stopped_by_aborting(stage: Stage) -> None:
    host, guest = await stage.meet()
    guest.reading = False
    guest.sheet.data = lambda data: None
    host.transport.registerProducer(Producer(host), True)
    host.transport.write(MUCH)
    await stage.turns()
    host.transport.abortConnection()
    await stage.noted("lost ConnectionAborted")
    guest.reading = True
    await stage.heard("reset")


@scene(host=["made", *["resume"] * 4, "lost ConnectionDone"], guest=["data b'onetwothree'", "ended"])
async def a_pull_producer_is_asked_until_it_has_no_more(stage: Stage) -> None:
    host, _ = await stage.meet()
    host.transport.registerProducer(Producer(host, [b"one", b"two", b"three"]), False)
    await stage.turns()
    host.transport.loseConnection()
    await stage.heard("ended")


@scene(host=["made", *["resume"] * 4, "lost ConnectionDone"], guest=[told(b"head" + MUCH * 3), "ended"])
async def a_pull_producer_is_asked_when_all_has_left(stage: Stage) -> None:
    host, guest = await stage.meet(produced=lambda host: host.transport.loseConnection())
    guest.reading = False
    host.transport.write(b"head")
    host.transport.registerProducer(Producer(host, [MUCH] * 3), False)
    await stage.turns()
    assert host.sheet.lines.count("resume") == 1
    guest.reading = True
    await stage.heard("ended")


@scene(host=["made", *["resume"] * 7, "lost ConnectionDone"], guest=["data b'abcdef'", "ended"])
async def closing_waits_for_a_pull_producer(stage: Stage) -> None:
    host, _ = await stage.meet()
    host.transport.registerProducer(Producer(host, [b"a", b"b", b"c", b"d", b"e", b"f"]), False)
    host.transport.loseConnection()
    await stage.heard("ended")


@scene(host=["made", "resume", "stop", "lost ConnectionLost"], guest=[])
async def a_pull_producer_is_stopped(stage: Stage) -> None:
    host, guest = await stage.meet()
    guest.reading = False
    host.transport.registerProducer(Producer(host, [MUCH] * 3), False)
    await stage.turns()
    guest.reset()
    await stage.noted("lost ConnectionLost")


@scene(host=["made", "RuntimeError", "stop", "lost ConnectionDone", "late", "stop"], guest=["ended"])
async def one_producer_at_a_time(stage: Stage) -> None:
    host, _ = await stage.meet()
    host.transport.registerProducer(Producer(host), True)
    host.transport.unregisterProducer()
    host.transport.unregisterProducer()
    host.transport.registerProducer(Producer(host), True)
    try:
        host.transport.registerProducer(Producer(host), False)
    except RuntimeError:
        host.sheet.note("RuntimeError")
    host.transport.loseConnection()
    await stage.heard("ended")
    await stage.turns()
    host.sheet.note("late")
    host.transport.registerProducer(Producer(host), True)


def fail(*args) -> None:
    raise ValueError("a mistake of the protocol")


@scene(host=["made", "data b'x'", "logged ValueError", "lost ValueError"], guest=["ended"])
async def a_mistake_when_data_comes(stage: Stage) -> None:
    _, guest = await stage.meet(data=fail)
    guest.send(b"x")
    await stage.heard("ended")


@scene(host=["made", "logged ValueError", "data b'x'", "lost ConnectionDone"], guest=[])
async def a_mistake_when_the_connection_is_made(stage: Stage) -> None:
    host, guest = await stage.meet(made=fail)
    guest.send(b"x")
    await stage.until(lambda: host.sheet.unsettled)
    guest.close()
    await stage.noted("lost ConnectionDone")


@scene(host=["made", "read lost", "logged ValueError", "lost ValueError"], guest=["ended"])
async def a_mistake_when_the_client_closes_its_side(stage: Stage) -> None:
    _, guest = await stage.meet(HalfParty, read_lost=fail)
    guest.finish()
    await stage.heard("ended")


@scene(host=["made", "write lost", "logged ValueError", "lost ValueError"], guest=["ended"])
async def a_mistake_when_our_side_is_closed(stage: Stage) -> None:
    host, _ = await stage.meet(HalfParty, write_lost=fail)
    host.transport.loseWriteConnection()
    await stage.noted("lost ValueError")


@scene(host=["made", "pause", "resume", "logged ValueError", "stop", "lost ValueError"], guest=[ALL, "ended"])
async def a_mistake_of_a_producer(stage: Stage) -> None:
    host, guest = await stage.meet(resumed=fail)
    guest.reading = False
    host.transport.registerProducer(Producer(host), True)
    host.transport.write(MUCH)
    await stage.turns()
    guest.reading = True
    await stage.heard("ended")


@scene(host=["made", "lost ConnectionDone", "logged ValueError"], guest=[])
async def a_mistake_at_the_end(stage: Stage) -> None:
    _, guest = await stage.meet(lost=fail)
    guest.close()
    await stage.noted("logged ValueError")


@scene(host=["built", "built"], guest=["ended", "ended"])
async def a_client_that_is_refused(stage: Stage) -> None:
    port = await stage.listen(lambda: stage.host.note("built"))
    for number in (1, 2):
        stage.connect(port)
        await stage.heard("ended", number)


@scene(host=["logged ValueError", "made", "data b'x'"], guest=[])
async def a_mistake_when_the_protocol_is_built(stage: Stage) -> None:
    results = [fail, lambda: Party(stage.host)]
    port = await stage.listen(lambda: results.pop(0)())
    stage.connect(port).reading = False  # Twisted closes it when its memory is next looked through
    await stage.until(lambda: stage.host.lines)
    stage.connect(port).send(b"x")
    await stage.until(lambda: stage.host.unsettled)

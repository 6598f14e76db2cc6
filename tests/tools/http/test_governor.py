"""The pace of many calls at once, in virtual time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import anyio
import httpx2
import pytest

from closient_mcp.tools.caller import Caller, caller
from closient_mcp.tools.errors import UnreachableError
from closient_mcp.tools.http.governor import Governor, NoTurnError
from closient_mcp.tools.http.messages import Request, Response
from closient_mcp.tools.http.sender import Sender

from ...fakes.limited_service import URL, Headers, LimitedService, epoch, ietf, on_refusal, silent
from ...fakes.virtual_time import in_virtual_time


class Calls:
    """Calls through a sender to a limited service, with what became of them."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self.statuses: Counter[int] = Counter()
        self.failures: list[UnreachableError] = []
        self.reported: list[str] = []

    async def call(self, path: str = "/a", group: str = "a", name: str = "") -> None:
        caller.set(Caller(report=self.report, queue=name))
        try:
            response = await self.sender.send(Request("GET", f"{URL}{path}", group=group))
            self.statuses[response.status] += 1
        except UnreachableError as error:
            self.failures.append(error)

    async def report(self, message: str) -> None:
        self.reported.append(message)


def calling(service: LimitedService, scenario: Callable[[Calls], Awaitable[None]]) -> Calls:
    """Run calls to a service in virtual time."""

    async def main() -> Calls:
        async with service.client() as client:
            calls = Calls(Sender(client, frozenset({URL}), "acme"))
            await scenario(calls)
            return calls

    return in_virtual_time(main)


async def hundred(calls: Calls) -> None:
    async with anyio.create_task_group() as group:
        for _ in range(100):
            group.start_soon(calls.call)


@pytest.mark.parametrize(("headers", "refusals"), [(ietf, 0), (epoch, 0), (on_refusal, 15), (silent, 20)])
def test_a_burst_of_100_calls_is_answered_within_the_limit(headers: Headers, refusals: int) -> None:
    service = LimitedService(headers)
    calls = calling(service, hundred)
    assert (calls.statuses, calls.failures) == (Counter({200: 100}), [])
    assert len(service.refused) <= refusals
    assert max(time for _, time in service.answered) < 35
    assert re.fullmatch(r"Waiting \d s for the rate limit of acme", calls.reported[0])
    assert calls.reported[-1] == "Calling acme"


def test_callers_take_turns_however_many_calls_each_has() -> None:
    service = LimitedService(epoch)

    async def scenario(calls: Calls) -> None:
        async with anyio.create_task_group() as group:
            for _ in range(40):
                group.start_soon(calls.call, "/many", "a", "many")
            await anyio.sleep(0.2)
            for _ in range(4):
                group.start_soon(calls.call, "/few", "a", "few")

    calls = calling(service, scenario)
    assert calls.statuses == Counter({200: 44})
    second_window = [path for path, time in service.answered if 5 < time < 9]
    assert second_window[:9].count("/few") == 4


def test_callers_of_a_burst_get_equal_shares_though_requests_are_refused() -> None:
    service = LimitedService(ietf)

    async def scenario(calls: Calls) -> None:
        async with anyio.create_task_group() as group:
            for name, number in {"many": 60, "few": 10, "some": 10, "others": 10, "last": 10}.items():
                for _ in range(number):
                    group.start_soon(calls.call, f"/{name}", "a", name)

    calls = calling(service, scenario)
    assert calls.statuses == Counter({200: 100})
    shares = Counter(path for path, _ in service.answered[:50])
    in_flight_at_first = 8
    assert len(shares) == 5
    assert max(shares.values()) - min(shares.values()) <= in_flight_at_first + 1


async def test_a_limit_is_kept_from_the_headers_on_though_the_body_breaks_off() -> None:
    async def broken() -> AsyncGenerator[bytes]:
        yield b"{"
        raise httpx2.ReadError("connection lost")

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"RateLimit": "limit=20, remaining=0, reset=40"}, content=broken())

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        sender = Sender(client, frozenset({URL}), "acme")
        with pytest.raises(UnreachableError, match="broke off"):
            await sender.send(Request("POST", f"{URL}/a", group="a"))
        assert 39 < sender.governor.limits.delay("a") <= 41


async def test_many_slow_calls_of_a_caller_do_not_delay_another() -> None:
    arrived: list[str] = []
    released = anyio.Event()

    async def answer(request: httpx2.Request) -> httpx2.Response:
        arrived.append(request.url.path)
        if request.url.path == "/slow":
            await released.wait()
        return httpx2.Response(200, json={})

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client, anyio.create_task_group() as group:
        calls = Calls(Sender(client, frozenset({URL}), "acme"))
        for _ in range(9):
            group.start_soon(calls.call, "/slow", "a", "one")
        await anyio.wait_all_tasks_blocked()
        await calls.call("/fast", "a", "another")
        assert arrived == ["/slow"] * 8 + ["/fast"]
        released.set()
    assert arrived[9:] == ["/slow"]


def test_groups_with_limits_of_their_own_do_not_wait_for_each_other() -> None:
    services = {"/a": LimitedService(ietf, limit=2, window=20), "/b": LimitedService(ietf, limit=50)}

    async def answer(request: httpx2.Request) -> httpx2.Response:
        return await services[request.url.path].answer(request)

    async def main() -> float:
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
            calls = Calls(Sender(client, frozenset({URL}), "acme"))
            await calls.call("/a", "a")
            await calls.call("/a", "a")
            await calls.call("/b", "b")
            return anyio.current_time()

    assert in_virtual_time(main) < 1


def test_a_limit_that_groups_turn_out_to_share_is_waited_for_in_all() -> None:
    service = LimitedService(ietf)

    async def scenario(calls: Calls) -> None:
        async with anyio.create_task_group() as group:
            for number in range(100):
                group.start_soon(calls.call, "/a", f"group {number % 5}")

    calls = calling(service, scenario)
    assert calls.statuses == Counter({200: 100})
    assert len(service.refused) <= 8  # those in flight when the limit was first reached


@pytest.mark.parametrize(
    ("status", "headers", "waited"),
    [
        (429, {"Retry-After": "1"}, 1.0),
        (503, {"Retry-After": "1"}, 1.0),
        (429, {"Retry-After-Ms": "1500"}, 1.5),
        (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "7"}, 7.0),
        (429, {}, 1.0),
    ],
)
def test_rule_4_a_refused_request_waits_and_is_sent_again(
    status: int, headers: Mapping[str, str], waited: float
) -> None:
    replies = [httpx2.Response(status, headers=headers), httpx2.Response(200)]

    async def main() -> Response:
        transport = httpx2.MockTransport(lambda _: replies.pop(0))
        async with httpx2.AsyncClient(transport=transport) as client:
            return await Sender(client, frozenset({URL}), "acme").send(Request("POST", f"{URL}/a"))

    response = in_virtual_time(main)
    assert (response.status, round(response.waited, 3)) == (200, waited)


def test_waits_without_a_hint_grow_and_end() -> None:
    sent: list[float] = []

    async def refuse(_: httpx2.Request) -> httpx2.Response:
        sent.append(anyio.current_time())
        return httpx2.Response(429)

    async def main() -> Response:
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(refuse)) as client:
            return await Sender(client, frozenset({URL}), "acme").send(Request("GET", f"{URL}/a"))

    assert in_virtual_time(main).status == 429
    assert [round(time) for time in sent] == [0, 1, 3, 7, 15]


def test_a_limit_that_refused_for_longer_than_a_call_waits_stops_the_sending() -> None:
    service = LimitedService(on_refusal, limit=1, window=90)

    async def scenario(calls: Calls) -> None:
        for _ in range(4):
            await calls.call()

    calls = calling(service, scenario)
    assert calls.statuses == Counter({200: 1, 429: 1})
    assert len(service.refused) == 1
    assert calls.failures[0].message == "The rate limit of acme is used up for the next 90 seconds."
    assert calls.failures[0].next_step == "Nothing was sent. Wait 90 seconds, then try again."
    assert calls.failures[0].details["retry_after_seconds"] == 90


@pytest.mark.parametrize(("status", "later", "sent"), [(429, 0, 1), (429, 70, 2), (503, 0, 2)])
def test_a_long_limit_is_tried_again_after_a_minute_and_an_outage_at_once(status: int, later: float, sent: int) -> None:
    received: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        received.append(request)
        return httpx2.Response(status, headers={"Retry-After": "86400"})

    async def main() -> None:
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
            calls = Calls(Sender(client, frozenset({URL}), "acme"))
            await calls.call()
            await anyio.sleep(later)
            await calls.call()

    in_virtual_time(main)
    assert len(received) == sent


def test_a_limit_that_was_only_announced_does_not_stop_the_sending() -> None:
    def misleading(remaining: int, reset: float, refused: bool) -> Mapping[str, str]:
        return {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "86400"}

    async def scenario(calls: Calls) -> None:
        async with anyio.create_task_group() as group:
            for _ in range(30):
                group.start_soon(calls.call)

    service = LimitedService(misleading, limit=1_000)
    assert calling(service, scenario).statuses == Counter({200: 30})


@asynccontextmanager
async def hanging(ended: list[str]) -> AsyncGenerator[Calls]:
    """Calls to a service that never answers under /hang, and notes which requests ended."""

    async def answer(request: httpx2.Request) -> httpx2.Response:
        try:
            await anyio.sleep_forever() if request.url.path == "/hang" else None
        finally:
            ended.append(request.url.path)
        return httpx2.Response(200)

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        yield Calls(Sender(client, frozenset({URL}), "acme"))


def test_a_cancelled_call_leaves_the_queue_and_its_request_is_stopped() -> None:
    ended: list[str] = []

    async def main() -> None:
        async with hanging(ended) as calls:
            async with anyio.create_task_group() as group:
                for _ in range(20):
                    group.start_soon(calls.call, "/hang")
                await anyio.sleep(1)
                group.cancel_scope.cancel()
            await calls.call("/next")
            assert anyio.current_time() == 1

    in_virtual_time(main)
    assert ended == ["/hang"] * 8 + ["/next"]


def test_a_call_that_gets_no_turn_in_30_seconds_says_that_nothing_was_sent() -> None:
    async def main() -> list[UnreachableError]:
        async with hanging([]) as calls:
            async with anyio.create_task_group() as group:
                for _ in range(9):
                    group.start_soon(calls.call, "/hang")
                await anyio.sleep(31)
                group.cancel_scope.cancel()
            return calls.failures

    (failure,) = in_virtual_time(main)
    assert failure.message == "acme is busy with other calls: no free slot within 30 seconds."
    assert "Nothing was sent" in failure.next_step


def test_rule_2_groups_whose_limits_are_over_are_forgotten() -> None:
    async def main() -> int:
        governor = Governor("acme")
        for number in range(200):
            async with governor.turn(f"GET /{number}", 1) as turn:
                turn.record(200, {"ratelimit": "limit=9, remaining=5, reset=0.5"})
            await anyio.sleep(1)
        return governor.limits.groups

    assert in_virtual_time(main) <= 2


def test_a_turn_that_cannot_come_in_time_is_refused_at_once() -> None:
    async def main() -> float:
        governor = Governor("acme")
        async with governor.turn("a", 1) as turn:
            turn.record(429, {"retry-after": "60"})
        with pytest.raises(NoTurnError) as caught:
            async with governor.turn("a", 30):
                raise AssertionError
        assert caught.value.seconds == 60
        return anyio.current_time()

    assert in_virtual_time(main) == 0


@pytest.mark.parametrize(("per_caller", "waits"), [(True, False), (False, True)])
def test_the_limits_of_a_callers_own_credential_are_not_those_of_another(per_caller: bool, waits: bool) -> None:
    async def main() -> bool:
        governor = Governor("acme", per_caller)
        caller.set(Caller("ann"))
        async with governor.turn("a", 1) as turn:
            turn.record(429, {"retry-after": "60"})
        assert governor.limits.delay("a") > 0
        caller.set(Caller("bob"))
        return governor.limits.delay("a") > 0

    assert in_virtual_time(main) is waits

import threading

import pytest

from app.lib.queues import BoundedQueue, QueueClosed
from app.lib.threads import Worker

pytestmark = pytest.mark.unit

WAIT_S = 10.0


def queue_of(max_weight: float) -> BoundedQueue[float]:
    return BoundedQueue(max_weight=max_weight, weigh=lambda item: item)


def test_items_come_out_in_order_and_weight_follows() -> None:
    queue = queue_of(10)

    for item in (1.0, 2.0, 3.0):
        queue.put(item)

    assert (len(queue), queue.weight) == (3, 6.0)
    assert [queue.get(), queue.get(), queue.get()] == [1.0, 2.0, 3.0]
    assert (len(queue), queue.weight) == (0, 0.0)


def test_put_gives_up_when_queue_stays_full() -> None:
    queue = queue_of(1)
    queue.put(1.0)

    assert queue.put(0.5, timeout_s=0.01) is False
    assert len(queue) == 1


def test_empty_queue_accepts_an_item_heavier_than_itself() -> None:
    queue = queue_of(1)

    assert queue.put(5.0, timeout_s=0.01) is True


def test_get_gives_up_when_nothing_comes() -> None:
    assert queue_of(1).get(timeout_s=0.01) is None


def test_waiting_put_goes_on_when_room_is_made() -> None:
    queue = queue_of(1)
    queue.put(1.0)
    results: list[bool] = []
    worker = Worker("putter", lambda stop: results.append(queue.put(1.0, timeout_s=WAIT_S)))
    worker.start()

    first = queue.get()

    assert worker.join(WAIT_S)
    assert (first, results, len(queue)) == (1.0, [True], 1)


def test_waiting_get_goes_on_when_an_item_comes() -> None:
    queue = queue_of(1)
    results: list[float | None] = []
    worker = Worker("getter", lambda stop: results.append(queue.get(timeout_s=WAIT_S)))
    worker.start()

    queue.put(1.0)

    assert worker.join(WAIT_S)
    assert results == [1.0]


def test_closed_queue_gives_what_waits_then_ends() -> None:
    queue = queue_of(10)
    queue.put(1.0)

    queue.close()

    assert queue.get() == 1.0
    with pytest.raises(QueueClosed):
        queue.get()


def test_closed_queue_refuses_items() -> None:
    queue = queue_of(10)
    queue.close()

    with pytest.raises(QueueClosed):
        queue.put(1.0)


@pytest.mark.parametrize("is_full", [True, False])
def test_close_wakes_who_waits(is_full: bool) -> None:
    queue = queue_of(1)
    ended = threading.Event()

    def wait(stop: threading.Event) -> None:
        with pytest.raises(QueueClosed):
            queue.put(1.0) if is_full else queue.get()
        ended.set()

    if is_full:
        queue.put(1.0)
    worker = Worker("waiter", wait).start()

    queue.close()

    assert worker.join(WAIT_S)
    assert ended.is_set()


def test_push_out_makes_room_by_giving_up_the_oldest() -> None:
    queue = queue_of(5)

    assert [queue.push_out(item) for item in (2.0, 3.0, 1.0)] == [(), (), (2.0,)]
    assert queue.push_out(9.0) == (3.0, 1.0)
    assert (queue.weight, queue.get(), queue.weight) == (9.0, 9.0, 0.0)


def test_push_out_refuses_once_the_queue_is_closed() -> None:
    queue = queue_of(5)
    queue.close()

    with pytest.raises(QueueClosed):
        queue.push_out(1.0)

"""How many lines may be under way to a board."""

from firmware_bridge.stream import LineWindow

SHORT = b"N1001 M105*20\n"


def room_for(window: LineWindow) -> int:
    """Lines that go before an answer comes."""
    while window.has_room(len(SHORT)):
        window.sent(SHORT)
    return window.under_way_lines


def test_the_window_is_as_long_as_the_board_says() -> None:
    silent, told = LineWindow(), LineWindow()
    silent.offered(None)
    told.offered(7)
    told.offered(2)  # some are waiting by then: the queue is as long as before
    assert (room_for(silent), room_for(told)) == (4, 8)


def test_no_offer_widens_it_after_a_resend() -> None:
    window = LineWindow(next_number=1001)
    room_for(window)
    assert window.resend_from(1002)
    window.offered(31)
    assert window.lines_max == 1


def test_bytes_stay_within_what_the_board_receives() -> None:
    window = LineWindow()
    window.offered(31)
    assert room_for(window) * len(SHORT) <= window.capacity_bytes

"""One thread at a time, in the order in which they came."""

import threading
from collections import deque


class Turnstile:
    """A lock that is handed on: whoever comes again waits behind those who wait.

    A plain lock goes to whoever asks at the right instant, so that of many who write
    in a loop one may wait without end. Another thread than took it may release it.
    """

    def __init__(self) -> None:
        self._door = threading.Lock()  # held for moments only
        self._is_taken = False
        self._waiting: deque[threading.Lock] = deque()

    def acquire(self, timeout: float) -> bool:
        """Wait for my turn, `timeout` seconds at most; False: it did not come."""
        with self._door:
            if not self._is_taken:
                self._is_taken = True
                return True
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        if turn.acquire(timeout=timeout):
            return True
        with self._door:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return False
        return True  # it was handed over at the last moment

    def release(self) -> None:
        """Hand it to who has waited longest."""
        with self._door:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False

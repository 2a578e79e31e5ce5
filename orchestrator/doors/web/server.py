"""The web server, which ends its open streams before it waits for them."""

from types import FrameType

import uvicorn

from orchestrator.doors.web.live import Feed


class PageServer(uvicorn.Server):
    """Closes the feed at the first signal: uvicorn waits for open streams otherwise."""

    def __init__(self, config: uvicorn.Config, feed: Feed) -> None:
        super().__init__(config)
        self.feed = feed

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.feed.close()
        super().handle_exit(sig, frame)

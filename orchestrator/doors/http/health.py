"""Whether the node lives and can do its work, for supervisors and for a person."""

from collections.abc import Callable, Mapping

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

Probe = Callable[[], str | None]  # None: well; else what is wrong, in words


def health_router(probes: Mapping[str, Probe]) -> APIRouter:
    """`/health/live`, `/health/ready` (503 while any probe finds fault), `/metrics`."""
    router = APIRouter(tags=["health"])

    @router.get("/health/live")
    def live() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @router.get("/health/ready")
    def ready(response: Response) -> dict[str, str]:
        """Each part and what is wrong with it."""
        found = {name: probe() for name, probe in probes.items()}
        if any(found.values()):
            response.status_code = 503
        return {name: wrong or "ok" for name, wrong in found.items()}

    @router.get("/metrics")
    def metrics() -> Response:
        """Counters in Prometheus' text form."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router

"""A demo player's hold on the network: HTTP with the player's own key, nothing else."""

from dataclasses import dataclass
from typing import Any

import httpx

TIMEOUT_S = 30.0


class RefusedError(Exception):
    """The network said no; `code` is of its problem."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Speaks as one player."""

    http: httpx.Client
    key: str

    def get(self, path: str, **query: str | int) -> Any:
        """The answer's JSON. Errors: RefusedError, httpx.TransportError."""
        return self._ask("GET", path, params=query)

    def post(
        self, path: str, body: dict[str, Any], *, idempotency_key: str | None = None
    ) -> Any:
        """Send JSON. Errors: RefusedError, httpx.TransportError."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return self._ask("POST", path, json=body, headers=headers)

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.key}", **more.pop("headers", {})}
        answer = self.http.request(method, path, headers=headers, **more)
        if answer.is_error:
            raise _refusal(answer)
        return answer.json()


def http_client(base_url: str) -> httpx.Client:
    """One pool of connections for all players."""
    return httpx.Client(base_url=base_url, timeout=TIMEOUT_S)


def _refusal(answer: httpx.Response) -> RefusedError:
    try:
        problem = answer.json()
        return RefusedError(answer.status_code, problem["code"], problem["detail"])
    except (ValueError, KeyError, TypeError):
        return RefusedError(answer.status_code, "http", answer.text[:200])

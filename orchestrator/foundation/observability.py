"""Logs as JSON lines without secrets, and the counters that the health page shows."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from prometheus_client import Counter
from structlog.typing import Processor

HIDDEN = "***"
_SECRET_NAME = re.compile(
    r"(password|passwd|secret|token|authorization|cookie|private|credential|csrf"
    r"|enrolment_code|api_key)",
    re.IGNORECASE,
)
_SECRET_TEXT = re.compile(
    r"fab(?:device|key|session)_[A-Za-z0-9_-]{8,}"
    r"|(?i:bearer|basic) [A-Za-z0-9._~+/=-]{8,}"
    r"|\$argon2[^\s\"]+|\$7\$[0-9]+\$[^\s\"]+"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
)

ALARMS = Counter("fabcommons_alarms", "Alarms raised, by kind.", ["kind"])


def configure_logging(
    stream: TextIO | None = None, *, level: int = logging.INFO
) -> None:
    """Write every log line, ours and the libraries', as one JSON object."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                scrub,
                structlog.processors.JSONRenderer(default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def scrub(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Blacken values under names that sound secret, and texts that look so."""
    return {name: _scrubbed(name, value) for name, value in event.items()}


def _scrubbed(name: str, value: Any) -> Any:
    if _SECRET_NAME.search(name) and value is not None and not isinstance(value, bool):
        return HIDDEN
    if isinstance(value, str):
        return _SECRET_TEXT.sub(HIDDEN, value)
    if isinstance(value, bytes):
        return _SECRET_TEXT.sub(HIDDEN, value.decode("utf-8", "replace"))
    if isinstance(value, Mapping):
        return {str(key): _scrubbed(str(key), item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_scrubbed("", item) for item in value]
    return value

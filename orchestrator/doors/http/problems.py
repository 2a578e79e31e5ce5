"""Every refusal over HTTP is an RFC 9457 problem with the field at fault; no trace leaves."""

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from orchestrator.foundation.errors import FabcommonsError
from orchestrator.foundation.ids import new_id

MEDIA_TYPE = "application/problem+json"
log = structlog.get_logger()


def install(app: FastAPI) -> None:
    """Answer every error of `app` as a problem."""
    app.add_exception_handler(FabcommonsError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DataError, _unstorable)
    app.add_exception_handler(Exception, _crashed)


def problem(
    *,
    code: str,
    status: int,
    title: str,
    detail: str,
    field: str | None = None,
    errors: list[dict[str, str]] | None = None,
) -> JSONResponse:
    """An `application/problem+json` answer; `type` is our code as a URN."""
    body: dict[str, object] = {
        "type": f"urn:fabcommons:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if field is not None:
        body["field"] = field
    if errors:
        body["errors"] = errors
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE)


def _refused(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, FabcommonsError):
        raise error
    title = (type(error).__doc__ or error.code).partition("\n")[0].rstrip(".")
    return problem(
        code=error.code,
        status=error.status,
        title=title,
        detail=str(error),
        field=error.field,
    )


def _invalid(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    faults = [
        {
            "field": ".".join(str(part) for part in fault["loc"][1:]) or "body",
            "message": fault["msg"],
        }
        for fault in error.errors()
    ]
    first = faults[0]
    return problem(
        code="invalid-input",
        status=422,
        title="The input cannot be understood or is out of its range",
        detail=f"{first['field']}: {first['message']}",
        field=first["field"],
        errors=faults,
    )


def _unstorable(_request: Request, error: Exception) -> JSONResponse:
    """A value that no column takes, for instance NUL in an address: nothing was done."""
    log.warning("a value cannot be stored", reason=str(error.__cause__)[:200])
    return problem(
        code="invalid-input",
        status=422,
        title="The input cannot be understood or is out of its range",
        detail="A value in the request cannot be stored; nothing was changed.",
    )


def _http(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    answer = problem(
        code="not-found" if error.status_code == 404 else f"http-{error.status_code}",
        status=error.status_code,
        title=str(error.detail),
        detail=str(error.detail),
    )
    answer.headers.update(error.headers or {})
    return answer


def _crashed(request: Request, error: Exception) -> JSONResponse:
    incident = new_id("incident")
    log.error(
        "unexpected error", incident=incident, path=request.url.path, exc_info=error
    )
    return problem(
        code="internal",
        status=500,
        title="Something went wrong here",
        detail=f"Nothing was changed. Tell the steward this number: {incident}.",
    )

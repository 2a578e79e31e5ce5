"""`fabcommons match`: who can make this, from two files, without a running node."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from orchestrator.foundation.clock import WallClock
from orchestrator.planning.match_answer import answer
from orchestrator.planning.match_files import (
    InvalidMatchFileError,
    read_facilities,
    read_requirements,
)

UNREADABLE_EXIT = 2


def match_command(  # noqa: PLR0917 - options by name
    requirements: Annotated[
        Path, typer.Option(help="What is asked: JSON, YAML or TOML.")
    ],
    facilities: Annotated[
        Path,
        typer.Option(
            help="Labs and machines: the same, or OKW; a file, or a folder of them."
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="The whole answer, for programs.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(min=0, help="So many matches each; else all.")
    ] = None,
    language: Annotated[
        Literal["en", "fr", "de", "es"], typer.Option(help="Of the reasons.")
    ] = "en",
    brief: Annotated[
        bool, typer.Option(help="Count refused machines, without their reasons.")
    ] = False,
) -> None:
    """Say which machines can make what is asked, and why each other one can't.

    Exit 0: each requirement has a machine; 1: one has none; 2: a file is not readable.
    """
    try:
        asked = read_requirements(requirements)
        offered = read_facilities(facilities, today=WallClock().now().date())
    except InvalidMatchFileError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(UNREADABLE_EXIT) from error
    for left_out in offered.left_out:
        typer.echo(f"left out: {left_out}", err=True)
    found = answer(
        asked,
        offered.machines,
        limit=len(offered.machines) if limit is None else limit,
        language=language,
        brief=brief or not as_json,
    )
    if as_json:
        json.dump(found, sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
    else:
        for about in found["requirements"]:
            typer.echo(_sentence(about))
    if not all(about["count"] for about in found["requirements"]):
        raise typer.Exit(1)


def _sentence(about: dict[str, Any]) -> str:
    best = ", ".join(
        f"{match['facility']}/{match['machine']}" for match in about["matches"][:3]
    )
    refused = ", ".join(f"{count} {code}" for code, count in about["refused"].items())
    return f"{about['id']}: {about['count']} can ({best or '-'}); refused: {refused or '-'}"

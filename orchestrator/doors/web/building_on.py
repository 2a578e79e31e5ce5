"""Publishing on what there is: a new version of one's own, a design that builds on others."""

from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlencode, urlsplit

from fastapi import Depends, Form, Query
from pydantic import Field
from sqlalchemy.orm import Session

from orchestrator.catalogue.designs import (
    citations_of,
    design_of,
    latest_of,
    version_of,
)
from orchestrator.catalogue.draft_manifest import is_written_here
from orchestrator.catalogue.process import CITATIONS_MAX, MILLION, CitationIn
from orchestrator.catalogue.publish import KeptFile, Upload, keep_files
from orchestrator.catalogue.rows import DesignVersionRow
from orchestrator.foundation.errors import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.foundation.money import cents_of

SHARE_PROPOSED: Final = "20"  # percent, of a design that was just named
PPM_OF_PERCENT: Final = MILLION // 100

Id = Annotated[str, Field(max_length=64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What the address names: the design that gets a new version, and what is built on."""

    of: str = ""
    on: tuple[str, ...] = ()

    @property
    def query(self) -> str:
        """As it stands in addresses, with its question mark; empty for a new design."""
        pairs = [("of", self.of)] if self.of else []
        pairs += [("on", each) for each in self.on]
        return f"?{urlencode(pairs)}" if pairs else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """A version that is built on, and its share in percent, as the form has it."""

    version: DesignVersionRow
    percent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a draft is published on. `of`: its newest version so far; None: a new design.

    `fee`: what its designer asks for a piece, as the form has it.
    """

    of: DesignVersionRow | None = None
    upstreams: tuple[Upstream, ...] = ()
    fee: str = "0.00"

    @property
    def design_id(self) -> str | None:
        """The design that gets a new version."""
        return self.of.design_id if self.of else None

    @property
    def licence(self) -> str:
        """The likeliest one: as before, or as what it builds on first; "" for neither."""
        known = [self.of] if self.of else [each.version for each in self.upstreams]
        return known[0].licence if known else ""

    def fee_cents(self) -> int:
        """For each piece, at least 0. Errors: InvalidInputError."""
        cents = cents_of(self.fee, "fee") if self.fee.strip() else 0
        if cents < 0:
            raise InvalidInputError("what you ask is at least 0", field="fee")
        return cents

    def citations(self) -> tuple[CitationIn, ...]:
        """With a share of 0 it is not built on. Errors: InvalidInputError."""
        weighed = [(each.version.id, ppm_of(each.percent)) for each in self.upstreams]
        if sum(ppm for _, ppm in weighed) >= MILLION:
            raise InvalidInputError(
                "the shares of all that it builds on stay below 100 %: some of the "
                "value is yours",
                field="share",
            )
        return tuple(
            CitationIn(version_id=name, weight_ppm=ppm) for name, ppm in weighed if ppm
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What the form says of it. `another`: a design that is to be added, by its address."""

    upstream: tuple[str, ...]
    share: tuple[str, ...]
    fee: str
    another: str


def _named(
    of: Annotated[Id, Query()] = "",
    on: Annotated[list[Id], Query(max_length=CITATIONS_MAX)] = [],  # noqa: B006
) -> Named:
    return Named(of=of, on=tuple(dict.fromkeys(on)))


def _built(
    upstream: Annotated[list[Id], Form(max_length=CITATIONS_MAX)] = [],  # noqa: B006
    share: Annotated[list[Id], Form(max_length=CITATIONS_MAX)] = [],  # noqa: B006
    fee: Annotated[str, Form(max_length=40)] = "",
    another: Annotated[str, Form(max_length=500)] = "",
) -> Built:
    return Built(
        upstream=tuple(upstream), share=tuple(share), fee=fee, another=another.strip()
    )


NamedDep = Annotated[Named, Depends(_named)]
BuiltDep = Annotated[Built, Depends(_built)]


def basis_of(session: Session, designer_id: str, named: Named) -> Basis:
    """What the address names. Errors: NotFoundError; NotAllowedError, where a new
    version would be of somebody else's design.
    """
    new = tuple(
        Upstream(version=version_named(session, each), percent=SHARE_PROPOSED)
        for each in named.on
    )
    if not named.of:
        return Basis(upstreams=new)
    newest = latest_of(session, version_named(session, named.of).design_id)
    if design_of(session, newest.design_id).designer_id != designer_id:
        raise NotAllowedError(
            "only its designer publishes a new version: build a design of your own on it"
        )
    cited = tuple(
        Upstream(
            version=version_of(session, row.upstream_id),
            percent=f"{row.weight_ppm / PPM_OF_PERCENT:g}",
        )
        for row in citations_of(session, newest.id)
    )
    return Basis(of=newest, upstreams=cited + new, fee=f"{newest.fee_cents / 100:.2f}")


def as_built(session: Session, basis: Basis, built: Built) -> Basis:
    """The same as the form says. Errors: NotFoundError for a design that is not here."""
    upstreams = [
        Upstream(version=version_of(session, name), percent=percent)
        for name, percent in zip(built.upstream, built.share, strict=False)
    ]
    return replace(basis, upstreams=tuple(upstreams), fee=built.fee)


def with_another(session: Session, basis: Basis, address: str) -> Basis:
    """With one more that it builds on. Errors: InvalidInputError, NotFoundError."""
    name = urlsplit(address).path.rstrip("/").rpartition("/")[2]
    if not name:
        raise InvalidInputError("name the design by its address here", field="another")
    version = version_named(session, name)
    if version.design_id == basis.design_id or version.id in {
        each.version.id for each in basis.upstreams
    }:
        return basis
    added = Upstream(version=version, percent=SHARE_PROPOSED)
    return replace(basis, upstreams=(*basis.upstreams, added))


def version_named(session: Session, name: str) -> DesignVersionRow:
    """The version; the id of a design stands for its newest. Errors: NotFoundError."""
    try:
        return version_of(session, name)
    except NotFoundError:
        return latest_of(session, name)


def manifest_before(folder: Path, basis: Basis) -> KeptFile | None:
    """The manifest that a new version keeps where none comes along.

    One that was written here says nothing but what the page asks again.
    """
    if basis.of is None or is_written_here(basis.of.manifest):
        return None
    end = basis.of.manifest_media_type.removeprefix("application/")
    (kept,) = keep_files(
        folder, [Upload(name=f"okh.{end}", chunks=[basis.of.manifest])]
    )
    return kept


def ppm_of(percent: str) -> int:
    """'20', '12,5 %': parts per million, below a million. Errors: InvalidInputError."""
    plain = percent.strip().removesuffix("%").strip().replace(",", ".")
    try:
        share = Decimal(plain or "0")
    except InvalidOperation:
        share = Decimal("NaN")
    if not share.is_finite() or not 0 <= share < 100:
        raise InvalidInputError(
            f"{percent[:20]!r} is no share: write percent from 0 to 99, such as 20",
            field="share",
        )
    return int(share * PPM_OF_PERCENT)

"""The bodies that files hold: meshes, and the parts of models."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from orchestrator.catalogue.found import Found, Mesh, Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """One body, once or several times in the whole.

    `key`: of the step that makes it. `found`: its file, as if it held this body alone.
    `number`: which part of a model it is, from 0; None: it is the file's only thing, a
    mesh. `placed`: how many the file tells; None: it does not. `names`: it is called so.
    """

    key: str
    called: str
    found: Found
    mesh: Mesh
    number: int | None
    placed: int | None
    names: tuple[str, ...]

    @property
    def subject(self) -> str:
        """What a number of it is told for: its file, or its part in the file."""
        return (
            self.found.name if self.number is None else f"{self.found.name}#{self.key}"
        )


def bodies_in(index: int, found: Found) -> Iterator[Body]:
    """The bodies of the file that is the `index`th of its draft, from 0."""
    key, stem = f"part-{index + 1}", PurePosixPath(found.name).stem[:80]
    match found.what:
        case Mesh() as mesh:
            yield Body(
                key=key,
                called=stem,
                found=found,
                mesh=mesh,
                number=None,
                placed=None,
                names=(found.name,),
            )
        case Model() as model:
            alone = (found.name,) if len(model.parts) == 1 else ()
            for number, part in enumerate(model.parts):
                yield Body(
                    key=f"{key}-{number + 1}",
                    called=part.name or f"{stem}, part {number + 1}",
                    found=replace(found, what=part.body),
                    mesh=part.body,
                    number=number,
                    placed=part.count,
                    names=tuple(filter(None, (part.name, *alone))),
                )
        case _:
            return


def bodies_of(founds: Sequence[Found]) -> tuple[Body, ...]:
    """All bodies of all files."""
    return tuple(
        body for index, found in enumerate(founds) for body in bodies_in(index, found)
    )

"""No reader of design files fails but in words, whatever is in the file.

With FABCOMMONS_SOAK=1 thousands of broken files are read. G-code is read by the
firmware bridge, which `test_programs.py` feeds in this way.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.catalogue.files import (
    archive,
    bom,
    dxf,
    excellon,
    gerber,
    stl,
    svg,
    threemf,
)
from orchestrator.catalogue.files.reading import Read, Source, UnreadableError
from tests.unit.orchestrator.catalogue.files import made
from tests.unit.orchestrator.catalogue.files.test_archives import zipped
from tests.unit.orchestrator.catalogue.files.test_boards import DRILL, HEAD, TRACK
from tests.unit.orchestrator.catalogue.files.test_drawings import SQUARE, plate, saved
from tests.unit.orchestrator.catalogue.files.test_other_files import model, threemf_of

ODD = (  # macros, blocks, repeats, polarity
    "%FSTAX24Y24*MOIN*%%AMA*$2=$1x.5*1,1,$1,0,0*20,0,.1,0,0,$2,0,45*7,1,1,.4,.2,.1,0*%"
    "%ADD10A,.1*%%ABD11*%D10*X0Y0D03*%AB*%%SRX2Y2I.5J.5*%%LPC*%%LR30*%D11*X01Y01D03*"
    "%SR*%%LPD*%G36*X0Y0D02*G74*G02X01Y01I01J0D01*X0D01*G37*M02*"
)
EXAMPLES = 3_000 if os.environ.get("FABCOMMONS_SOAK") == "1" else 6
WHOLE: list[tuple[Callable[[Source], Read], bytes]] = [
    (stl.read, made.stl(made.block(1, 2, 3))),
    (stl.read, made.text_stl(made.block(1, 2, 3))),
    (threemf.read, threemf_of(model("inch", '<item objectid="1"/>'))),
    (dxf.read, saved(plate(unit=4))),
    (svg.read, SQUARE.format(size='width="9mm" height="9mm"').encode()),
    (gerber.read, (HEAD.format(function="") + TRACK).encode()),
    (gerber.read, ODD.encode()),
    (excellon.read, DRILL.encode()),
    (bom.read, b'qty,name,ref\n2,screw,"a, b"\n'),
    (archive.read, zipped(a=b"x", b=b"y" * 99)),
]


@st.composite
def broken(draw: st.DrawFn, content: bytes) -> bytes:
    """`content` cut short, with some bytes changed, and some put in."""
    result = bytearray(content[: draw(st.integers(0, len(content)))])
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(result)))
        result[at : at + draw(st.integers(0, 3))] = draw(
            st.binary(max_size=8)
            | st.sampled_from([b"nan", b"-1e39", b"9" * 30, b"\0"])
        )
    return bytes(result)


@pytest.mark.parametrize(
    ("read", "content"), WHOLE, ids=lambda each: getattr(each, "__module__", "")
)
def test_a_broken_file_is_read_or_refused_in_words(
    read: Callable[[Source], Read], content: bytes
) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES == 6)
    @given(broken(content))
    def holds(upload: bytes) -> None:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "upload"
            path.write_bytes(upload)
            with suppress(UnreadableError):
                read(Source(name="upload", path=path))

    holds()

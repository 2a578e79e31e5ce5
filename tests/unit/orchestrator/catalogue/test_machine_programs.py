"""Only words that machines of this network may be told get into the catalogue."""

import pytest

from orchestrator.catalogue.programs import InvalidProgramError, check_program

GRBL = b"%\nG21 G90 ; mm\nM3 S800 (spin)\nG1 X10.5 Y-3 F600\n$10=1 ; no\n"


def test_usual_programs_pass() -> None:
    check_program(
        b"; sliced\nG28\nM104 S210\nG1 X1.5Y2 E0.4 F900\nM117 Hi!\n", "marlin"
    )
    check_program(b"G21 G90\nM3 S800\nG2 X1 Y1 I0.5 J0 F300\nN7 M5\nM30\n", "grbl")


@pytest.mark.parametrize(
    ("program", "dialect", "fault"),
    [
        (b"", "grbl", "1 to"),
        (GRBL, "grbl", "line 5"),
        (b"G1 X1\nM502\n", "marlin", "line 2: M502"),
        (b"M500\n", "marlin", "M500"),
        (b"M28 a.gco\n", "marlin", "M28"),
        (b"G10 L2 P1 X0\n", "grbl", "word L|G10"),
        (b"G1 X1 (stop! now)\n", "grbl", "0x21"),
        (b"G1 X1 ; \x18\n", "grbl", "0x18"),
        (b"G1 X1 ; caf\xc3\xa9\n", "marlin", "0xC3"),
        (b"G1 X1 @pause\n", "marlin", "no word"),
        (b"G1 " + b"X1" * 60, "grbl", "at most 80"),
        (b"G1 X1\n", "klipper", "dialect"),
        (b"G1 X1\n", "fabnode", "dialect"),
    ],
)
def test_what_no_machine_may_be_told_is_refused_with_its_line(
    program: bytes, dialect: str, fault: str
) -> None:
    with pytest.raises(InvalidProgramError, match=fault):
        check_program(program, dialect)

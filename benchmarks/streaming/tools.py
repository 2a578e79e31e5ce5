"""The C programs of this folder, compiled once."""

from pathlib import Path

from firmware_bridge.sketches.build import built_once, run_tool

HERE = Path(__file__).parent


def tool(name: str, *libraries: str) -> Path:
    """The program of `name`.c, linked with these. Errors: BuildError."""
    sources = [HERE / f"{name}.c", HERE / "avr_board.h"]

    def compile_into(folder: Path) -> None:
        program = str(folder / name)
        run_tool("gcc", "-O2", "-o", program, str(sources[0]), *libraries)

    return built_once(name, sources, " ".join(libraries), compile_into) / name

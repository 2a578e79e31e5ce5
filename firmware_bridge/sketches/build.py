"""How the fabnode sketch becomes an image for an ATmega328P, with nothing but avr-gcc."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from firmware_bridge.errors import BridgeError

SKETCH = Path(__file__).parent / "fabnode"
SHIPPED = SKETCH.with_suffix(".hex")  # what labs write, that have no compiler
ARDUINO = Path("/usr/share/arduino/hardware/arduino/avr")
MCU = "atmega328p"
FREQUENCY_HZ = 16_000_000
FLASH_BYTES_MAX = 24 * 1024
RAM_BYTES_MAX = 1_536

COMMON_FLAGS = (
    "-Os",
    "-g",
    f"-mmcu={MCU}",
    f"-DF_CPU={FREQUENCY_HZ}L",
    "-DARDUINO=10807",
    "-DARDUINO_AVR_UNO",
    "-DARDUINO_ARCH_AVR",
    "-ffunction-sections",
    "-fdata-sections",
    "-flto",
    "-fno-fat-lto-objects",
)
# DECIMAL_DIG: avr-libc's float.h hides it from C++11, and the core's WString wants it.
CORE_FLAGS = ("-w", "-DDECIMAL_DIG=9")
CPP_FLAGS = ("-std=gnu++11", "-fno-exceptions", "-fno-threadsafe-statics")
OWN_FLAGS = ("-Wall", "-Wextra", "-Werror")
LINK_FLAGS = ("-Os", "-g", "-flto", "-fuse-linker-plugin", "-Wl,--gc-sections")


class BuildError(BridgeError):
    """A compiler is missing or refused our sources."""

    code: ClassVar[str] = "build-failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A built sketch: what runs in the simulator, what is flashed, what it costs."""

    elf: Path
    hex: Path
    flash_bytes: int
    ram_bytes: int  # statically used: the stack needs some of what is left


def build_sketch(cache: Path | None = None) -> Image:
    """Compile and link the sketch, or return what an earlier call has built from it.

    `cache` is the folder of built things (default: the person's own cache folder).
    Errors: BuildError with the compiler's words, or if it takes too much of the chip.
    """
    own = sorted(path for path in SKETCH.iterdir() if path.is_file())
    core = sorted((ARDUINO / "cores/arduino").glob("*.*"))
    compiler = run_tool("avr-gcc", "--version")
    flags = " ".join((compiler, *COMMON_FLAGS, *CPP_FLAGS, *CORE_FLAGS, *LINK_FLAGS))
    folder = built_once("fabnode", [*own, *core], flags, _compile, cache)
    flash_bytes, ram_bytes = _sizes(folder / "fabnode.elf")
    if flash_bytes > FLASH_BYTES_MAX or ram_bytes > RAM_BYTES_MAX:
        raise BuildError(f"the sketch is too large: {_told(flash_bytes, ram_bytes)}")
    return Image(
        elf=folder / "fabnode.elf",
        hex=folder / "fabnode.hex",
        flash_bytes=flash_bytes,
        ram_bytes=ram_bytes,
    )


def built_once(
    name: str,
    sources: Sequence[Path],
    flags: str,
    build: Callable[[Path], None],
    cache: Path | None = None,
) -> Path:
    """Return the folder that `build` has filled for exactly these sources and flags.

    Two processes may build the same thing at once: the first to finish wins.
    """
    root = cache if cache is not None else default_cache()
    key = hashlib.sha256(flags.encode())
    for source in sources:
        key.update(source.name.encode() + b"\0")
        key.update(source.read_bytes() if source.is_file() else b"")
    folder = root / f"{name}-{key.hexdigest()[:16]}"
    if folder.is_dir():
        return folder
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root) as scratch:
        fresh = Path(scratch) / "built"
        fresh.mkdir()
        build(fresh)
        try:
            fresh.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
    return folder


def default_cache() -> Path:
    """Return the folder for built things: XDG_CACHE_HOME or ~/.cache, then ours."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "fabcommons"


def run_tool(*command: str) -> str:
    """Run a compiler and return what it printed. Errors: BuildError."""
    tool = shutil.which(command[0])
    if tool is None:
        raise BuildError(
            f"{command[0]} is not installed; "
            "apt-get install gcc gcc-avr avr-libc arduino-core-avr libsimavr-dev"
        )
    done = subprocess.run(
        [tool, *command[1:]], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        first_words = "\n".join(done.stderr.strip().splitlines()[:12])
        raise BuildError(f"{' '.join(command)} failed:\n{first_words}")
    return done.stdout


def _compile(folder: Path) -> None:
    core = _compile_core(folder)
    sketch = folder / "fabnode.ino.cpp"
    text = (SKETCH / "fabnode.ino").read_text()
    sketch.write_text(f'#include <Arduino.h>\n#line 1 "fabnode.ino"\n{text}')
    own = [_object(folder, sketch, OWN_FLAGS)]
    own += [_object(folder, path, OWN_FLAGS) for path in sorted(SKETCH.glob("*.cpp"))]
    elf = folder / "fabnode.elf"
    run_tool(
        "avr-gcc", *LINK_FLAGS, f"-mmcu={MCU}", "-o", str(elf), *own, str(core), "-lm"
    )
    run_tool(
        "avr-objcopy",
        "-O",
        "ihex",
        "-R",
        ".eeprom",
        str(elf),
        str(elf.with_suffix(".hex")),
    )


def _compile_core(folder: Path) -> Path:
    sources = sorted((ARDUINO / "cores/arduino").glob("*.*"))
    if not sources:
        raise BuildError(
            f"no Arduino core in {ARDUINO}; apt-get install arduino-core-avr"
        )
    objects = [
        _object(folder, path, CORE_FLAGS)
        for path in sources
        if path.suffix in {".c", ".cpp", ".S"}
    ]
    archive = folder / "core.a"
    run_tool("avr-gcc-ar", "rcs", str(archive), *objects)
    return archive


def _object(folder: Path, source: Path, flags: Sequence[str]) -> str:
    target = folder / f"{source.name}.o"
    compiler = "avr-g++" if source.suffix == ".cpp" else "avr-gcc"
    language: Sequence[str] = CPP_FLAGS if source.suffix == ".cpp" else ()
    if source.suffix == ".S":
        language = ("-x", "assembler-with-cpp")
    include = (
        f"-I{ARDUINO / 'cores/arduino'}",
        f"-I{ARDUINO / 'variants/standard'}",
        f"-I{SKETCH}",
    )
    run_tool(
        compiler,
        *language,
        *COMMON_FLAGS,
        *flags,
        *include,
        "-c",
        str(source),
        "-o",
        str(target),
    )
    return str(target)


def _sizes(elf: Path) -> tuple[int, int]:
    printed = run_tool("avr-size", "-A", str(elf))
    of = {
        name: int(size) for name, size in re.findall(r"^(\.\w+) +(\d+)", printed, re.M)
    }
    data = of.get(".data", 0)
    return of[".text"] + data, data + of.get(".bss", 0) + of.get(".noinit", 0)


def _told(flash_bytes: int, ram_bytes: int) -> str:
    return (
        f"flash {flash_bytes} of at most {FLASH_BYTES_MAX} bytes, "
        f"RAM {ram_bytes} of at most {RAM_BYTES_MAX} bytes"
    )


def main() -> int:
    """Build and print the sizes; exit 1: it can't be built, or is too large.

    With `--ship` the image becomes the one that `fabcommons agent flash` writes.
    """
    try:
        image = build_sketch()
    except BuildError as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    sys.stdout.write(f"{_told(image.flash_bytes, image.ram_bytes)}\n{image.hex}\n")
    if sys.argv[1:] == ["--ship"]:
        SHIPPED.write_bytes(image.hex.read_bytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())

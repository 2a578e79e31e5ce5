"""What a board's own line reader takes, whatever the words mean."""

from firmware_bridge.errors import ProgramError

# GRBL's LINE_BUFFER_SIZE, Marlin's MAX_CMD_SIZE less N number and checksum.
_GRBL_LINE_BYTES_MAX = 78
_MARLIN_LINE_BYTES_MAX = 80

# GRBL takes these out of the stream at once, even inside a comment.
_GRBL_REAL_TIME = "!~?"


def refuse_unfit(code: str, *, printer: bool) -> None:
    """Errors: ProgramError for a line of code that would not arrive whole.

    GRBL keeps no blanks, so they don't count there.
    """
    longest = _MARLIN_LINE_BYTES_MAX if printer else _GRBL_LINE_BYTES_MAX
    if len(code) > longest:
        size = len(code) if printer else len(code.replace(" ", "").replace("\t", ""))
        if size > longest:
            raise ProgramError(f"{size} bytes of code; the board takes {longest}")
    if not printer:
        refuse_real_time(code)


def refuse_real_time(text: str) -> None:
    """Errors: ProgramError for what GRBL would act on before its turn."""
    if any(mark in text for mark in _GRBL_REAL_TIME):
        raise ProgramError("'!', '~' and '?' act at once on this board, wherever")

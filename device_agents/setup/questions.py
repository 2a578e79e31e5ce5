"""Asking a person in plain words; a script answers by flags, and nobody by silence."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import typer

from device_agents.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """`take_proposed`: whoever called wants every proposal taken without a question."""

    take_proposed: bool

    def say(self, words: str = "") -> None:
        """Tell, without a question."""
        typer.echo(words)

    def text[T](
        self,
        words: str,
        *,
        flag: str,
        read: Callable[[str], T],
        proposed: str | None = None,
    ) -> T:
        """What `read` makes of the answer; asked again where it raises ValueError.

        Errors: SettingsError where nobody can be asked, naming the flag.
        """
        if proposed is not None and self.take_proposed:
            return self._unasked(words, proposed, flag, read)
        self._must_be_there(words, flag)
        while True:
            answer: str = typer.prompt(words, default=proposed, type=str)
            try:
                return read(answer.strip())
            except ValueError as error:
                typer.echo(f"  That can't be: {error}.")

    def agreed(self, words: str, *, flag: str, proposed: bool) -> bool:
        """Yes or no. Errors: SettingsError as in `text`."""
        if self.take_proposed:
            return proposed
        self._must_be_there(words, flag)
        return typer.confirm(words, default=proposed)

    def chosen(
        self,
        words: str,
        options: Sequence[tuple[str, str]],
        *,
        flag: str,
        proposed: str,
    ) -> str:
        """The key of one of `options`, (key, words). Errors: SettingsError as in `text`."""

        def read(answer: str) -> str:
            if not answer.isdecimal() or not 1 <= int(answer) <= len(options):
                raise ValueError(f"answer with a number from 1 to {len(options)}")
            return options[int(answer) - 1][0]

        if self.take_proposed:
            return proposed
        self._must_be_there(words, flag)
        typer.echo(words)
        for number, (_key, told) in enumerate(options, start=1):
            typer.echo(f"  {number}  {told}")
        keys = [key for key, _told in options]
        return self.text(
            "Number", flag=flag, read=read, proposed=str(keys.index(proposed) + 1)
        )

    def _unasked[T](
        self, words: str, proposed: str, flag: str, read: Callable[[str], T]
    ) -> T:
        try:
            return read(proposed)
        except ValueError as error:
            raise SettingsError(f"{words}: {error}; give {flag}") from error

    def _must_be_there(self, words: str, flag: str) -> None:
        if not sys.stdin.isatty():
            raise SettingsError(
                f"there is nobody to ask “{words}”: run this in a terminal, or give "
                f"{flag}; --yes takes whatever is proposed"
            )

"""How words on pages are marked, and how they are put into a reader's language."""

import gettext
from pathlib import Path

DOMAIN = "fabcommons"


def N_(word: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Mark a word for translation where it stands; it is translated when shown."""
    return word


def translations_of(folder: Path | None, language: str) -> gettext.NullTranslations:
    """The words of `language` from `folder`, or English as written."""
    if folder is None:
        return gettext.NullTranslations()
    return gettext.translation(
        DOMAIN, localedir=folder, languages=[language], fallback=True
    )

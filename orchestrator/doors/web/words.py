"""How words on pages are marked, and how they are put into a reader's language."""

from fastapi import Request
from markupsafe import Markup

from orchestrator.planning.makeable import LANGUAGES
from orchestrator.planning.reasons import told_in


def N_(word: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Mark a word for translation where it stands; it is translated when shown."""
    return word


def language_of(request: Request) -> str:
    """The first language that the reader's browser asks for and reasons are told in."""
    asked = request.headers.get("Accept-Language", "").split(",")
    codes = (one.split(";")[0].strip()[:2].casefold() for one in asked)
    return next((code for code in codes if code in LANGUAGES), LANGUAGES[0])


def reason_in(text: str, *, language: str) -> Markup:
    """A reason that planning kept, as the reader's browser asks for it and marked so."""
    told = told_in(text, language)
    if told == text:
        return Markup("{}").format(text)
    return Markup('<span lang="{}">{}</span>').format(language, told)

"""One mail to one mail server: STARTTLS where it is offered, TLS from the start by smtps."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final
from urllib.parse import unquote, urlsplit

from orchestrator.foundation.errors import FabcommonsError, InvalidInputError

TIMEOUT_S: Final = 20.0
PORTS: Final = {"smtp": 587, "smtps": 465}
PERMANENT_FROM: Final = 500  # SMTP answers from here on are for good


class MailAwayError(FabcommonsError):
    """The mail server does not take it now: it is sent later."""

    code = "mail-away"


class MailRefusedError(FabcommonsError):
    """The mail server will never take this one."""

    code = "mail-refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mails are handed in; `user` "": without signing in."""

    host: str
    port: int
    is_tls: bool
    user: str
    password: str

    @classmethod
    def of(cls, url: str) -> "MailServer":
        """From `smtp://user:password@host:587` or `smtps://…`. InvalidInputError."""
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise InvalidInputError(
                "a mail server is smtp://user:password@host:587 or smtps://…",
                field="FABCOMMONS_SMTP_URL",
            )
        return cls(
            host=parts.hostname,
            port=parts.port or PORTS[parts.scheme],
            is_tls=parts.scheme == "smtps",
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )

    def send(self, message: EmailMessage) -> None:
        """Hand it in. Errors: MailAwayError, MailRefusedError."""
        try:
            with self._connected() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            codes = [code for code, _ in refused.recipients.values()]
            raise _error(min(codes), "its address is not taken") from refused
        except smtplib.SMTPResponseException as refused:
            raise _error(refused.smtp_code, "the mail is not taken") from refused
        except (OSError, smtplib.SMTPException) as away:
            raise MailAwayError(f"{self.host}:{self.port} does not answer") from away

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.is_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=TIMEOUT_S, context=context
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
            server.ehlo_or_helo_if_needed()
            if server.has_extn("starttls"):
                server.starttls(context=context)
        if self.user:
            server.login(self.user, self.password)
        return server


def _error(code: int, words: str) -> FabcommonsError:
    kind = MailRefusedError if code >= PERMANENT_FROM else MailAwayError
    return kind(f"{words}: the mail server says {code}")

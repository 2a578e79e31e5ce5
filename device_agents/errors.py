"""Every refusal of this package that a caller can act on."""


class DeviceAgentError(Exception):
    """Root. `code` is stable and public; the message is for people."""

    code: str = "device-agent"


class SettingsError(DeviceAgentError):
    """The agent's folder holds something that it can't start with."""

    code = "settings"


class EnrolmentError(DeviceAgentError):
    """The network did not take this device, or answered something unreadable."""

    code = "enrolment"


class UpdateError(DeviceAgentError):
    """Another release was not put in force, or was taken back; the message says which."""

    code = "update"


class StorageError(DeviceAgentError):
    """The disk did not keep what it was given: the agent must stop, not go on."""

    code = "storage"


class RefusedError(DeviceAgentError):
    """A person or a command asked for something that may not be done now.

    `reason` is the stable code of the one refusal, for instance "wrong-pin".
    """

    code = "refused"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class FetchError(DeviceAgentError):
    """A job's program could not be had. `reason` as in RefusedError.

    `lasting` tells whether another try can't help (a wrong hash, no such file).
    """

    code = "fetch"

    def __init__(self, reason: str, message: str, *, lasting: bool) -> None:
        super().__init__(message)
        self.reason = reason
        self.lasting = lasting

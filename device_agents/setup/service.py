"""A systemd unit that starts the agent with its computer and gives it little else."""

import grp
import os
import pwd
import re
import subprocess
from pathlib import Path

from device_agents.errors import SettingsError
from device_agents.settings import load_settings, write_private

UNIT = "fabcommons-agent.service"
SYSTEM_UNITS = Path("/etc/systemd/system")
SYSTEMD_RUNS = Path("/run/systemd/system")
SERIAL_GROUP = "dialout"

# Devices are not closed off: a rule for a port whose driver is not loaded yet would
# keep out what is plugged in later. The group decides which ports may be opened.
_TEXT = """\
[Unit]
Description=Fabcommons agent beside the machines
Documentation=https://www.freedesktop.org/software/systemd/man/systemd.service.html
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart={command}
User={user}
{groups}UMask=0077
Restart=always
RestartSec=5
WatchdogSec=120
TimeoutStartSec=60
TimeoutStopSec=60

NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={folder}
PrivateTmp=yes
PrivateMounts=yes
ProtectProc=invisible
ProcSubset=pid
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectHostname=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""


def unit_text(folder: Path, *, program: Path, user: str) -> str:
    """The unit for an agent's folder, its `fabcommons`, and who it runs as."""
    folder = folder.resolve()
    command = " ".join(
        _quoted(word) for word in (str(program), "agent", "run", str(folder))
    )
    groups = f"SupplementaryGroups={SERIAL_GROUP}\n" if _has_group() else ""
    return _TEXT.format(
        command=command,
        user=user,
        groups=groups,
        folder=_quoted(str(folder)),
    )


def user_of(folder: Path, wanted: str | None) -> str:
    """Who the agent runs as: the folder's owner, never root. Errors: SettingsError."""
    if wanted is not None:
        try:
            user = pwd.getpwnam(wanted)
        except KeyError as error:
            raise SettingsError(f"there is no user {wanted!r} here") from error
    else:
        user = pwd.getpwuid(folder.stat().st_uid)
    if user.pw_uid == 0:
        raise SettingsError(
            f"{folder} belongs to root, and an agent shall not run as root: give it to "
            f"somebody (chown -R NAME {folder}) or name somebody by --user"
        )
    if folder.stat().st_uid != user.pw_uid:
        raise SettingsError(
            f"{folder} does not belong to {user.pw_name}: chown -R {user.pw_name} "
            f"{folder}"
        )
    return user.pw_name


def install(folder: Path, *, program: Path, user: str | None, units: Path) -> Path:
    """Write the unit; where systemd runs, start it now and at each boot.

    Errors: SettingsError, also where that needs another user or systemctl fails.
    """
    load_settings(folder)
    text = unit_text(folder, program=program, user=user_of(folder, user))
    path = units / UNIT
    if not os.access(units, os.W_OK):
        raise SettingsError(
            f"{units} can't be written: sudo {program} agent install-service "
            f"{folder.resolve()}"
        )
    write_private(path, text)
    path.chmod(0o644)
    if units == SYSTEM_UNITS and SYSTEMD_RUNS.is_dir():
        for words in (("daemon-reload",), ("enable", UNIT), ("restart", UNIT)):
            _systemctl(*words)
    return path


def _systemctl(*words: str) -> None:
    done = subprocess.run(
        ["systemctl", *words], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SettingsError(f"systemctl {' '.join(words)}: {done.stderr.strip()}")


def _has_group() -> bool:
    try:
        grp.getgrnam(SERIAL_GROUP)
    except KeyError:
        return False
    return True


def _quoted(word: str) -> str:
    """A word of a unit file. Errors: SettingsError for a name that systemd would read."""
    if not re.fullmatch(r"[\w/.,:+@ -]+", word):
        raise SettingsError(f"{word!r} can't stand in a unit file: take a plainer name")
    return f'"{word}"' if " " in word else word

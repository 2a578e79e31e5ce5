"""A PostgreSQL of our own that really writes to disk before it says yes."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

BINARIES = Path("/usr/lib/postgresql/15/bin")
START_WAIT_S = 30


@contextmanager
def durable() -> Iterator[str]:
    """The URL of a fresh database; all defaults stay, fsync among them."""
    folder = Path(tempfile.mkdtemp(prefix="fabcommons-durable-"))
    user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    make = [str(BINARIES / "initdb"), "-D", str(folder / "pg"), "-A", "trust"]
    make += ["-U", "fab", "-E", "UTF8", "--locale=C.UTF-8"]
    subprocess.run([*user, *make], check=True, stdout=subprocess.DEVNULL, cwd="/")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = [str(BINARIES / "postgres"), "-D", str(folder / "pg"), "-p", str(port)]
    serve += ["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"]
    serve += ["-c", f"unix_socket_directories={folder}"]
    server = subprocess.Popen(
        [*user, *serve], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/"
    )
    try:
        _wait(port)
        yield f"postgresql+psycopg://fab@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(port: int) -> None:
    deadline = time.monotonic() + START_WAIT_S
    while True:
        try:
            psycopg.connect(
                host="127.0.0.1", port=port, user="fab", dbname="postgres"
            ).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return

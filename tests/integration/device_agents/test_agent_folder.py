"""Enrolment, fetching and the command line against a real small server."""

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from device_agents.agent.fetch import (
    client_for,
    fetch,
    forget_halves,
    prune,
    still_whole,
)
from device_agents.agent.identity import enrol, load_identity, load_signer
from device_agents.contract.messages import Program
from device_agents.errors import EnrolmentError, FetchError, SettingsError
from device_agents.settings import load_settings
from tests.integration.device_agents.stage import TOKEN, FileServer

ROOT = Path(__file__).parents[3]


@pytest.fixture
def files() -> Iterator[FileServer]:
    server = FileServer(1883)
    yield server
    server.close()


@pytest.fixture
def server(files: FileServer) -> Iterator[httpx.Client]:
    with client_for(files.url, TOKEN) as client:
        yield client


def test_code_is_spent_once_and_the_secrets_are_private(
    files: FileServer, tmp_path: Path
) -> None:
    files.codes.add("code-1")
    enrol(tmp_path, server_url=files.url, code="code-1", name="kallio")
    identity = load_identity(tmp_path)
    assert identity.device_id == "dev-kallio"
    assert identity.token.get_secret_value() == TOKEN
    assert TOKEN not in repr(identity)
    load_signer(tmp_path, identity)
    for name in ("identity.json", "device.key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    with pytest.raises(EnrolmentError, match="has an identity already"):
        enrol(tmp_path, server_url=files.url, code="code-1", name="kallio")
    second = tmp_path / "second"
    second.mkdir()
    with pytest.raises(EnrolmentError, match="410: the code is used up"):
        enrol(second, server_url=files.url, code="code-1", name="toolo")
    key = (second / "device.key").read_bytes()
    files.codes.add("code-2")
    enrol(second, server_url=files.url, code="code-2", name="toolo")
    assert (second / "device.key").read_bytes() == key  # the key outlives a bad code


def test_identity_that_others_can_read_or_that_is_damaged_stops_the_start(
    files: FileServer, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="is not enrolled yet"):
        load_identity(tmp_path)
    files.codes.add("code-1")
    enrol(tmp_path, server_url=files.url, code="code-1", name="kallio")
    path = tmp_path / "identity.json"
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        load_identity(tmp_path)
    path.chmod(0o600)
    path.write_text(path.read_text()[:-40])
    with pytest.raises(SettingsError, match="damaged"):
        load_identity(tmp_path)


def test_nobody_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnrolmentError, match="does not answer"):
        enrol(tmp_path, server_url="http://127.0.0.1:9", code="c", name="n")


def test_file_is_fetched_once_and_hashed_each_time(
    files: FileServer, server: httpx.Client, tmp_path: Path
) -> None:
    program = files.put(b"G1 X1\n" * 50_000)
    path = fetch(server, program, tmp_path / "cache")
    assert path.read_bytes() == b"G1 X1\n" * 50_000
    fetch(server, program, tmp_path / "cache")
    assert files.asked[program.path] == 1
    path.write_bytes(b"G1 X9\n" * 50_000)  # somebody changed it on this disk
    with pytest.raises(FetchError, match="changed on this disk"):
        still_whole(tmp_path / "cache", program)
    fetch(server, program, tmp_path / "cache")
    assert files.asked[program.path] == 2
    assert still_whole(tmp_path / "cache", program) == path


@pytest.mark.parametrize(
    ("change", "reason", "lasting"),
    [
        ({"sha256": "0" * 64}, "program-hash", True),
        ({"size_bytes": 5}, "program-size", True),
        ({"size_bytes": 500}, "program-short", False),
        ({"path": "/gone"}, "program-missing", True),
    ],
)
def test_wrong_file_leaves_nothing_behind(  # noqa: PLR0917
    files: FileServer,
    server: httpx.Client,
    tmp_path: Path,
    change: dict[str, object],
    reason: str,
    lasting: bool,
) -> None:
    program = Program(**{**files.put(b"G1 X1\n" * 10).model_dump(), **change})
    with pytest.raises(FetchError) as error:
        fetch(server, program, tmp_path / "cache")
    assert (error.value.reason, error.value.lasting) == (reason, lasting)
    assert list((tmp_path / "cache").iterdir()) == []


def test_wrong_token_and_dead_server_may_pass(
    files: FileServer, tmp_path: Path
) -> None:
    program = files.put(b"G1 X1\n")
    for url, token in ((files.url, "wrong"), ("http://127.0.0.1:9", TOKEN)):
        with client_for(url, token) as client, pytest.raises(FetchError) as error:
            fetch(client, program, tmp_path / "cache")
        assert not error.value.lasting


def test_many_machines_fetch_one_program_at_once(
    files: FileServer, server: httpx.Client, tmp_path: Path
) -> None:
    program, cache = files.put(b"G1 X1\n" * 200_000), tmp_path / "cache"

    def one(_number: int) -> bool:
        path = fetch(server, program, cache)
        prune(cache, {program.sha256}, limit_bytes=1)
        return still_whole(cache, program) == path

    with ThreadPoolExecutor(8) as machines:
        assert all(machines.map(one, range(24)))
    assert [path.name for path in cache.iterdir()] == [program.sha256]


def test_half_fetched_file_of_a_killed_agent_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / ".abc.0011.part").write_bytes(b"G1")
    forget_halves(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_cache_forgets_the_oldest_but_never_what_is_needed(
    files: FileServer, server: httpx.Client, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    kept = [fetch(server, files.put(b"G1 X%d\n" % n), cache) for n in range(4)]
    prune(cache, {kept[0].name}, limit_bytes=12)
    left = {path.name for path in cache.iterdir()}
    assert kept[0].name in left
    assert len(left) == 2


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "device_agents.entry", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_command_line_from_an_empty_folder(files: FileServer, tmp_path: Path) -> None:
    folder = tmp_path / "lab"
    made = command(
        *("init", str(folder), "--server", files.url, "--region", "helsinki"),
        *("--machine", "mill-1,cnc-mill,/dev/nowhere", "--local-port", "0"),
    )
    assert made.returncode == 0, made.stderr
    refused = command("run", str(folder))
    assert refused.returncode == 1
    assert "is not enrolled yet" in refused.stderr
    files.codes.add("code-1")
    enrolled = command("enrol", str(folder), "--code", "code-1", "--name", "kallio")
    assert enrolled.returncode == 0, enrolled.stderr
    assert "dev-kallio" in enrolled.stdout
    assert TOKEN not in enrolled.stdout + enrolled.stderr
    (folder / "agent.toml").write_text(
        (folder / "agent.toml").read_text().replace("machine_kind", "machine_kin")
    )
    wrong = command("run", str(folder))
    assert wrong.returncode == 1
    assert "did you mean 'machine_kind'" in wrong.stderr
    assert "Traceback" not in wrong.stderr
    assert json.loads((folder / "identity.json").read_text())["region"] == "helsinki"


def test_machines_are_named_as_people_name_them_and_told_apart_between_labs(
    tmp_path: Path,
) -> None:
    machines = []
    for lab in ("one", "two"):
        folder = tmp_path / lab
        made = command(
            *("init", str(folder), "--server", "https://fab.example.org"),
            *("--region", "helsinki"),
            *("--machine", "Printer A,fdm-printer,/dev/ttyUSB0"),
            *("--machine", "Лазер,laser-cutter,/dev/ttyACM0"),
        )
        assert made.returncode == 0, made.stderr
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        machines += load_settings(folder).machines
    assert [one.name for one in machines] == ["Printer A", "Лазер"] * 2
    assert len({one.machine_id for one in machines}) == 4
    assert machines[0].machine_id.startswith("printer-a-")

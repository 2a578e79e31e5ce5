"""What an agent's folder says is read strictly, and a mistake is named with its remedy."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from device_agents.contract.messages import Birth, Material
from device_agents.errors import SettingsError
from device_agents.settings import (
    AgentSettings,
    ClockSettings,
    Envelope,
    Limits,
    LocalPage,
    Machine,
    clock_of,
    load_secrets,
    load_settings,
    store_key,
    toml_of,
    write_private,
)
from firmware_bridge.clock import WallClock

GOOD = """
server_url = "http://localhost:8000"
region = "helsinki"
[[machines]]
machine_id = "mill-1"
name = "Mill"
machine_kind = "cnc-mill"
port = "/dev/ttyUSB0"
processes = ["CNC"]
"""
BEHIND = GOOD.replace("/dev/ttyUSB0", "octoprint+http://octopi.local").replace(
    "cnc-mill", "fdm-printer"
)


def read(folder: Path, text: str) -> AgentSettings:
    (folder / "agent.toml").write_text(text, encoding="utf-8")
    return load_settings(folder)


def test_written_settings_are_read_back_as_they_were(tmp_path: Path) -> None:
    settings = AgentSettings(
        server_url="https://example.org",
        region="helsinki",
        machines=(
            Machine(
                machine_id="mill-1",
                name='Mill "by" the\twindow \\ ä',
                machine_kind="cnc-mill",
                port="/dev/ttyUSB0",
                processes=("CNC",),
                envelope=Envelope(x_mm=300, y_mm=200, z_mm=80, z_min_mm=-40),
                materials=(Material(code="PLA", colour="red"),),
                limits=Limits(spindle_max=1000),
            ),
        ),
        local=LocalPage(port=0, names=("kone.local",)),
        clock=ClockSettings(factor=60, wall_origin=datetime(2026, 1, 1, tzinfo=UTC)),
    )
    assert read(tmp_path, toml_of(settings)) == settings


@pytest.mark.parametrize(
    ("local", "url"),
    [
        (LocalPage(), None),  # reached from this computer alone
        (LocalPage(names=("kone.local",)), None),
        (LocalPage(host="0.0.0.0"), None),  # noqa: S104  # which of its names?
        (LocalPage(host="10.0.0.7"), "http://10.0.0.7:8735/"),
        (LocalPage(host="0.0.0.0", names=("pi.local",)), "http://pi.local:8735/"),  # noqa: S104
    ],
)
def test_local_page_is_told_where_others_reach_it(
    local: LocalPage, url: str | None
) -> None:
    assert local.url == url
    if url is not None:
        now = datetime(2026, 1, 1, tzinfo=UTC)
        birth = Birth(agent_version="1", machines=(), observed_at=now, local_page=url)
        assert birth.local_page == url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD.replace("region", "regoin"), "unknown setting 'regoin', did you mean 'r"),
        (GOOD + "dialetc = 'grbl'\n", "machines.0.dialetc', did you mean 'dialect'"),
        (GOOD + "[local]\nprot = 1\n", "unknown setting 'local.prot', did you mean"),
        (GOOD + "[machines.limits]\nnozle_max_c = 1\n", "did you mean 'nozzle_max_c'"),
        (GOOD.replace('"cnc-mill"', '"toaster"'), "machines.0.machine_kind"),
        (GOOD.replace('"mill-1"', '"Mill 1"'), "machines.0.machine_id"),
        (GOOD.replace("http:", "ftp:"), "server_url"),
        (GOOD + GOOD[GOOD.index("[[") :], "two machines have the machine_id 'mill-1'"),
        (GOOD + "[clock]\nfactor = 60\n", "needs wall_origin"),
        (GOOD + "[machines.limits]\nnozzle_max_c = nan\n", "nozzle_max_c"),
        (GOOD.replace("/dev/ttyUSB0", "http://pi"), "octoprint+http://octopi.local"),
        (BEHIND + "baud = 115200\n", "no baud and no dialect"),
        (BEHIND.replace("fdm-printer", "cnc-mill"), "only a printer"),
        ("a = ", "is not TOML"),
        ("", "region"),
    ],
)
def test_mistake_is_named(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(SettingsError) as error:
        read(tmp_path, text)
    assert expected in str(error.value)
    assert "agent.toml" in str(error.value)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"agent\.toml: No such file"):
        load_settings(tmp_path)


def test_secret_that_others_can_read_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    write_private(path, 'arming_pin = "4711"\n')
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_secrets(tmp_path).arming_pin.get_secret_value() == "4711"
    path.chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        load_secrets(tmp_path)


def test_key_of_a_machine_behind_a_server_is_kept_and_never_shown(
    tmp_path: Path,
) -> None:
    assert read(tmp_path, BEHIND).machines[0].port == "octoprint+http://octopi.local"
    write_private(tmp_path / "secrets.toml", 'arming_pin = "47\\"11"\n')
    store_key(tmp_path, "mill-1", "hush")
    store_key(tmp_path, "mill-2", "hushed")
    store_key(tmp_path, "mill-1", "quiet")
    kept = load_secrets(tmp_path)
    assert kept.arming_pin.get_secret_value() == '47"11'
    assert kept.keys["mill-1"].get_secret_value() == "quiet"
    assert kept.keys["mill-2"].get_secret_value() == "hushed"
    assert "quiet" not in repr(kept)
    assert stat.S_IMODE((tmp_path / "secrets.toml").stat().st_mode) == 0o600


def test_key_that_is_none_is_told_without_it(tmp_path: Path) -> None:
    text = 'arming_pin = "4711"\n[keys]\nmill-1 = "two words"\n'
    write_private(tmp_path / "secrets.toml", text)
    with pytest.raises(SettingsError, match=r"keys\.mill-1: .*without blanks") as error:
        load_secrets(tmp_path)
    assert "two words" not in str(error.value)


def test_secret_is_never_shown(tmp_path: Path) -> None:
    write_private(tmp_path / "secrets.toml", 'arming_pin = "4711"\n')
    assert "4711" not in repr(load_secrets(tmp_path))
    write_private(tmp_path / "secrets.toml", 'arming_pin = "471"\nextra = "hush"\n')
    with pytest.raises(SettingsError) as error:
        load_secrets(tmp_path)
    assert "471" not in str(error.value)
    assert "hush" not in str(error.value)


def test_clock_of_a_demo_runs_faster_from_a_common_moment() -> None:
    assert isinstance(clock_of(ClockSettings()), WallClock)
    origin = datetime.now(UTC) - timedelta(seconds=60)
    clock = clock_of(ClockSettings(factor=60, wall_origin=origin))
    assert timedelta(minutes=59) < clock.now() - origin < timedelta(minutes=62)

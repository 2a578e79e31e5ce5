"""Uploads that nobody published are forgotten; what a version names stays."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from orchestrator.catalogue.rows import DesignFileRow, DesignRow, DesignVersionRow
from orchestrator.catalogue.waste import remove_waste
from orchestrator.foundation import files
from orchestrator.foundation.clock import WallClock
from orchestrator.foundation.database import Sessions
from orchestrator.members.agents import add_agent


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_old_contents_without_a_version_are_removed(
    sessions: Sessions, reading: sessionmaker[Session], tmp_path: Path
) -> None:
    now = WallClock().now()
    named, waste, fresh = (
        files.put(tmp_path, [word]).sha256 for word in (b"named", b"waste", b"fresh")
    )
    for sha256 in (named, waste):
        os.utime(files.path_of(tmp_path, sha256), (0, 0))
    looks = [
        tmp_path / "looks" / "1" / sha256[:2] / f"{sha256}-abc"
        for sha256 in (named, waste)
    ]
    for look in looks:
        look.parent.mkdir(parents=True, exist_ok=True)
        look.write_text("what it shows")
    with sessions.begin() as session:
        designer = add_agent(
            session, kind="person", name="Ada", legal_form="individual", now=now
        )
        session.add(
            DesignRow(
                id="design-one", title="Hook", designer_id=designer.id, created_at=now
            )
        )
        session.flush()
        session.add(
            DesignVersionRow(
                id="version-one",
                design_id="design-one",
                number=1,
                title="Hook",
                summary="",
                manifest=b"",
                manifest_media_type="application/toml",
                licence="CC0-1.0",
                licensor="Ada",
                content_hash="0" * 64,
                fee_cents=0,
                published_at=now,
            )
        )
        session.flush()
        session.add(
            DesignFileRow(
                version_id="version-one",
                name="hook.stl",
                sha256=named,
                size_bytes=5,
                media_type="model/stl",
                role="source",
            )
        )

    before = now - timedelta(days=14)
    assert remove_waste(reading, tmp_path, before=before) == 1
    assert remove_waste(reading, tmp_path, before=before) == 0

    assert [files.exists(tmp_path, one) for one in (named, waste, fresh)] == [
        True,
        False,
        True,
    ]
    assert [look.exists() for look in looks] == [True, False]

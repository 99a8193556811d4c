"""A refresh token on the disk: whole, for us alone, and not lost while the disk is full."""

import os
import stat
from pathlib import Path

import pytest

from monitor.core.token import TokenError
from monitor.tokens.kept import Kept


def test_it_outlives_the_process_and_only_we_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "state" / "tokens" / "info@ours.example.json"
    assert Kept(path).read() is None
    Kept(path).write("first")
    Kept(path).write("second")
    assert Kept(path).read() == "second"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == [path.name], "nothing is left beside it"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_one_that_others_may_open_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "kept"
    Kept(path).write("planted")
    path.chmod(mode)
    with pytest.raises(TokenError, match="open to others: delete it, and sign in again") as caught:
        Kept(path).read()
    assert caught.value.fault == "secret"


def test_what_is_no_text_is_told_as_that(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"\xff\xfe")
    path.chmod(0o600)
    with pytest.raises(TokenError, match="it is not text"):
        Kept(path).read()


def test_on_a_full_disk_it_goes_on_in_memory_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kept"
    kept = Kept(path)
    kept.write("first")

    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        kept.write("second")
        assert "No space left on device" in kept.fault
        assert "second" not in kept.fault
        assert kept.read() == "second"
        assert Kept(path).read() == "first", "the old one is whole"
        assert [file.name for file in tmp_path.iterdir()] == ["kept"]
    kept.write("third")
    assert (kept.fault, Kept(path).read()) == ("", "third")

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


def test_who_signs_in_while_a_token_is_asked_for_is_not_overwritten_nor_who_signs_out(tmp_path: Path) -> None:
    service, person = Kept(tmp_path / "kept"), Kept(tmp_path / "kept")
    person.write("first")
    read = service.read()
    person.write("signed in anew")
    service.write("renewed from the first", instead_of=read)
    assert Kept(tmp_path / "kept").read() == "signed in anew"
    read = service.read()
    (tmp_path / "kept").unlink()
    service.write("renewed from what is forgotten", instead_of=read)
    assert (Kept(tmp_path / "kept").read(), service.fault) == (None, "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_renews_belongs_to_whom_the_folder_does(tmp_path: Path) -> None:
    (folder := tmp_path / "tokens").mkdir()
    os.chown(folder, 12345, 12346)
    Kept(folder / "kept").write("as `check` does, typed by root")
    there = (folder / "kept").stat()
    assert (there.st_uid, there.st_gid, stat.S_IMODE(there.st_mode)) == (12345, 12346, 0o600)


def test_nobody_is_led_elsewhere_by_a_link(tmp_path: Path) -> None:
    (elsewhere := tmp_path / "elsewhere").mkdir(mode=0o755)
    (tmp_path / "tokens").symlink_to(elsewhere)
    kept = Kept(tmp_path / "tokens" / "kept")
    kept.write("planted")
    assert "cannot be written" in kept.fault
    assert (list(elsewhere.iterdir()), stat.S_IMODE(elsewhere.stat().st_mode)) == ([], 0o755)


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
    Kept(path).write("signed in anew, elsewhere")
    assert (kept.read(), kept.fault) == ("signed in anew, elsewhere", "")
    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        kept.write("second")
    kept.write("third")
    assert (kept.fault, Kept(path).read()) == ("", "third")

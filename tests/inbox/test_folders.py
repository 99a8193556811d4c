"""Which folders are read, and which part the others play when a mail has vanished."""

from collections.abc import Sequence

import pytest

from monitor.inbox.folders import choose, find_sent_by_share, missing_done, role_of, search_places, share_from
from monitor.inbox.source import RemoteFolder, SourceError, WatchedFolder


def folders(*names: str) -> list[RemoteFolder]:
    """Each as `name` or `name \\mark`."""
    return [RemoteFolder(n.partition(" \\")[0], frozenset(f"\\{m}" for m in n.split(" \\")[1:])) for n in names]


def roles(chosen: Sequence[WatchedFolder]) -> dict[str, str]:
    return {folder.name: folder.role for folder in chosen}


class TestChoosing:
    @pytest.mark.parametrize(
        ("there", "sent"),
        [
            (folders("INBOX", "Gesendet", "Post \\sent"), "Post"),
            (folders("INBOX", "SENT ITEMS"), "SENT ITEMS"),
            (folders("INBOX", "INBOX.Sent"), "INBOX.Sent"),
            (folders("INBOX", "[Gmail]/Gesendet", "[Gmail]/Spam"), "[Gmail]/Gesendet"),
            (folders("INBOX", "[Google Mail]/Sent Mail"), "[Google Mail]/Sent Mail"),
            (folders("INBOX", "E\u0301le\u0301ments envoye\u0301s"), "E\u0301le\u0301ments envoye\u0301s"),
        ],
        ids=["mark", "case", "below INBOX", "gmail", "google mail", "accents apart"],
    )
    def test_sent_is_found_by_its_mark_or_its_name(self, there: list[RemoteFolder], sent: str) -> None:
        assert roles(choose(there, (), ())) == {"INBOX": "inbox", sent: "sent"}

    @pytest.mark.parametrize("name", ["No reply needed", "INBOX.No reply needed", "INBOX/no reply needed"])
    def test_a_folder_called_so_is_where_mail_is_put_away(self, name: str) -> None:
        assert choose(folders("INBOX", name, "Sent"), (), ()) == [
            WatchedFolder("INBOX", "inbox"),
            WatchedFolder(name, "done"),
            WatchedFolder("Sent", "sent"),
        ]

    def test_the_config_names_other_done_folders_and_a_missing_one_is_no_error(self) -> None:
        there = folders("INBOX", "No reply needed", "Erledigt", "Sent")
        assert roles(choose(there, (), (), ("Erledigt", "Gone"))) == {
            "INBOX": "inbox",
            "Sent": "sent",
            "Erledigt": "done",
        }

    def test_where_only_replies_are_watched_nothing_but_sent_is_read(self) -> None:
        there = folders("INBOX", "No reply needed", "Erledigt", "Sent")
        assert roles(choose(there, ("INBOX",), (), ("Erledigt",), watch_inbox=False)) == {"Sent": "sent"}

    @pytest.mark.parametrize(("inbox", "sent"), [(("Gone",), ()), ((), ("Gone",))])
    def test_a_missing_inbox_or_sent_folder_is_an_error(self, inbox: tuple[str], sent: tuple[str]) -> None:
        with pytest.raises(SourceError, match='no folder "Gone"; the mailbox has "INBOX"'):
            choose(folders("INBOX"), inbox, sent)

    def test_one_folder_plays_one_part(self) -> None:
        assert roles(choose(folders("INBOX", "Sent"), (), (), ("INBOX", "Sent"))) == {"INBOX": "inbox", "Sent": "done"}


class TestMaking:
    @pytest.mark.parametrize(
        ("there", "done", "missing"),
        [
            (folders("INBOX", "Sent"), (), ["No reply needed"]),
            (folders("INBOX"), (), ["No reply needed"]),
            (folders("INBOX", "INBOX.Sent", "INBOX.Trash"), (), ["INBOX.No reply needed"]),
            (folders("INBOX", "no reply needed"), (), []),
            (folders("INBOX", "Erledigt"), ("Erledigt", "Fertig"), ["Fertig"]),
        ],
    )
    def test_what_may_be_made_is_what_is_missing(
        self, there: list[RemoteFolder], done: tuple[str, ...], missing: list[str]
    ) -> None:
        assert missing_done(there, done) == missing


class TestOtherFolders:
    @pytest.mark.parametrize(
        ("folder", "role"),
        [
            ("Unrat \\junk", "junk"),
            ("Weg \\trash", "trash"),
            ("Anfänge \\drafts", "drafts"),
            ("Spam \\all", "elsewhere"),
            ("[Gmail]/Alle Nachrichten \\all", "elsewhere"),
            ("Deleted Items", "trash"),
            ("Junk Email", "junk"),
            ("[Gmail]/Spam", "junk"),
            ("[Gmail]/Bin", "trash"),
            ("[Gmail]/Papierkorb", "trash"),
            ("[Gmail]/Entwürfe", "drafts"),
            ("[Google Mail]/Corbeille", "trash"),
            ("INBOX.Papelera", "trash"),
            ("inbox/brouillons", "drafts"),
            ("Нежелательная почта", "junk"),
            ("ごみ箱", "trash"),
            ("Çöp Kutusu", "trash"),
            ("Projects/Spam filter", "elsewhere"),
            ("Archive \\archive", "elsewhere"),
            ("Newsletter", "trash"),
        ],
    )
    def test_marks_count_before_names_and_what_the_config_ignores_is_trash(self, folder: str, role: str) -> None:
        assert role_of(*folders(folder), ignored=("Newsletter",)) == role

    def test_the_config_cannot_turn_junk_into_trash(self) -> None:
        assert role_of(*folders("Spam"), ignored=("Spam",)) == "junk"

    def test_a_vanished_mail_is_looked_for_where_it_tells_most_first(self) -> None:
        there = folders(
            "Drafts", "[Gmail] \\noselect", "All \\all", "Trash", "INBOX", "Sent", "Spam", "No reply needed", "Team"
        )
        places = search_places(there, choose(there, (), ()))
        assert [place.name for place in places] == [
            "No reply needed", "Spam", "Trash", "INBOX", "Sent", "All", "Team", "Drafts",
        ]  # fmt: skip
        assert [place.role for place in places] == [
            "done", "junk", "trash", "inbox", "sent", "elsewhere", "elsewhere", "drafts",
        ]  # fmt: skip

    def test_a_watched_folder_keeps_its_part(self) -> None:
        there = folders("Spam", "Sent")
        assert roles(search_places(there, choose(there, ("Spam",), ()))) == {"Spam": "inbox", "Sent": "sent"}


class TestSentByShare:
    OURS = ("info@ours.example", "help@ours.example")

    @pytest.mark.parametrize(
        ("ours", "others", "share"), [(5, 0, 1.0), (4, 0, 0.0), (0, 0, 0.0), (8, 2, 0.8), (0, 9, 0.0), (3, 1, 0.0)]
    )
    def test_the_share_needs_five_mails(self, ours: int, others: int, share: float) -> None:
        senders = ["info@ours.example"] * ours + ["ann@people.example"] * others
        assert share_from(senders, self.OURS) == share

    def test_a_folder_with_nearly_only_our_mail_is_sent(self) -> None:
        there = folders("INBOX", "Ausgang", "Archive", "Few", "Vorlagen", "All \\all", "Box \\noselect")
        mail = {
            "Ausgang": ["info@ours.example"] * 6 + ["help@ours.example"] * 3 + ["ann@people.example"],
            "Archive": ["info@ours.example"] * 8 + ["ann@people.example"] * 2,
            "Few": ["info@ours.example"] * 4,
        }
        # Only these are asked: a KeyError would tell of another.
        assert find_sent_by_share(there, choose(there, (), ()), self.OURS, mail.__getitem__) == ["Ausgang"]

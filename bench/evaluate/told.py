"""What the product says of an archive: put into folders, looked at, and told in the words of truth.py."""

from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import NamedTuple

from bench.evaluate.pipeline import Mail, Pipeline, whole_header, without
from bench.evaluate.stripped import FIELDS
from bench.evaluate.truth import Said, View
from monitor.store.stories import Story, StoryMessage, StoryWait
from tests.servers.archive import LIST_ADDRESS, Archive, ArchiveMail


class Told(NamedTuple):
    """What the product says: its view, each message by its id, and each wait in words by its opener's."""

    view: View
    messages: Mapping[str, StoryMessage]
    waits: Mapping[str, str]


def told(pipeline: Pipeline, archive: Archive, lost: Collection[str], to: Mapping[str, str]) -> Told:
    """What the product says of the archive when the replies `lost` name nothing, and bear the To of `to`."""
    folders: dict[str, list[Mail]] = {"INBOX": [], "Sent": []}
    for mail in archive.mails:
        folder = folders["Sent" if archive.is_staff(mail) else "INBOX"]
        folder.append(_delivered(mail, mail.message_id in lost, to.get(mail.message_id)))
    return retold(pipeline.stories(folders, frozenset({LIST_ADDRESS})))


def retold(stories: Iterable[Story]) -> Told:
    """Stories in the words of truth.py: ids without brackets, what nobody answered is late."""
    places: dict[str, Hashable] = {}
    messages: dict[str, StoryMessage] = {}
    waits: dict[str, Said] = {}
    words: dict[str, str] = {}
    for story in stories:
        for message in story.messages:
            name = message.shown_id.strip("<>")
            places[name], messages[name] = story.number, message
        for wait in story.waits:
            said = _said(wait)
            waits[said.opener] = said
            words[said.opener] = f"answered by <{said.answered_by}> ({wait.evidence})" if said.answered else wait.state
    return Told(View(places, waits), messages, words)


def _said(wait: StoryWait) -> Said:
    by = wait.answered_by.strip("<>") if wait.answered_by else None
    too_late = wait.state == "waiting" or (wait.answered_at is not None and wait.answered_at > wait.due_at)
    return Said(wait.opener.strip("<>"), wait.opened_at, wait.state == "answered", by, too_late)


def _delivered(mail: ArchiveMail, stripped: bool, to: str | None) -> Mail:
    header = whole_header(mail.raw)
    if stripped:
        header = without(header, FIELDS)
    if to:
        header = f"To: {to}\r\n".encode() + header
    return Mail(header, len(mail.raw), mail.when)

"""FLOOR 1. Which folders of a mailbox are read, and which part each other one plays when a mail has vanished."""

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence

from monitor.core.message import Role
from monitor.inbox.providers import DONE_NAME, DRAFTS_NAMES, JUNK_NAMES, PREFIXES, SENT_NAMES, TRASH_NAMES
from monitor.inbox.source import RemoteFolder, SourceError, WatchedFolder

LOOKED_AT = 50
"""So many of the newest mails of a folder tell whether it is a Sent folder."""
FEWEST = 5
"""A folder with fewer mails tells nothing."""
SHARE = 0.8
"""More than this share from our own addresses makes a Sent folder (rules.md §6)."""
MOST_ASKED = 30
"""So many folders are asked for senders: each costs two round trips."""

_MARKS: dict[str, Role] = {"\\junk": "junk", "\\trash": "trash", "\\drafts": "drafts", "\\sent": "sent"}
"""RFC 6154 §2. The others (\\All, \\Archive, \\Flagged) hold mail of every kind."""
_ELSEWHERE = frozenset({"\\all", "\\archive", "\\flagged"})
_ORDER: Sequence[Role] = ("done", "junk", "trash", "inbox", "sent", "elsewhere", "drafts")


def _bare(name: str) -> str:
    # Some servers hand out names with their accents apart, as file systems keep them (NFD).
    folded = unicodedata.normalize("NFC", name).casefold()
    return next((folded[len(p) :] for p in PREFIXES if folded.startswith(p)), folded)


_SENT = tuple(_bare(name) for name in SENT_NAMES)
_NAMES: dict[str, Role] = {
    **{_bare(name): "junk" for name in JUNK_NAMES},
    **{_bare(name): "trash" for name in TRASH_NAMES},
    **{_bare(name): "drafts" for name in DRAFTS_NAMES},
}


def choose(
    remote: Sequence[RemoteFolder],
    inbox: Sequence[str],
    sent: Sequence[str],
    done: Sequence[str] = (),
    watch_inbox: bool = True,
) -> list[WatchedFolder]:
    """The folders to read, Sent last: those the config names, else INBOX, "No reply needed", Sent by its mark or name.

    A mailbox without any Sent folder is no error: nobody may have sent from it yet. Neither is a `done` folder that is
    not there: nothing was put into it. Without `watch_inbox` only Sent is read. Raises SourceError("folder") where the
    config names an inbox or Sent folder that is not there, with the folders there are.
    """
    selectable = _selectable(remote)
    names: list[tuple[str, Role]] = []
    if watch_inbox:
        names += [(_named(name, selectable), "inbox") for name in inbox or ("INBOX",)]
        names += [(name, "done") for name in find_done(selectable, done)]
    names += [(name, "sent") for name in ([_named(n, selectable) for n in sent] or find_sent(selectable))]
    roles: dict[str, Role] = {}
    for name, role in names:
        roles.setdefault(name, role)
    return [WatchedFolder(name, role) for name, role in roles.items()]


def find_sent(selectable: Sequence[RemoteFolder]) -> list[str]:
    """The folders marked \\Sent, else the first one with a name that means Sent; none if there is none."""
    marked = [f.name for f in selectable if "\\sent" in f.attributes]
    if marked:
        return marked
    by_name = {_bare(f.name): f.name for f in reversed(selectable)}
    return next(([by_name[name]] for name in _SENT if name in by_name), [])


def looks_sent(folder: RemoteFolder) -> bool:
    """Whether a folder may hold what was sent, also where it was not chosen: by its mark, or by a name that means Sent,
    wherever it lies."""
    if folder.attributes & {"\\noselect", "\\nonexistent", "\\junk", "\\trash", "\\drafts", "\\all"}:
        return False
    last = _bare(re.split(r"[./]", folder.name)[-1])
    return "\\sent" in folder.attributes or _bare(folder.name) in _SENT or last in _SENT


def find_done(remote: Sequence[RemoteFolder], done: Sequence[str]) -> list[str]:
    """Those of the `done` folders of the config that are there; without any in the config the one called so."""
    selectable = _selectable(remote)
    if done:
        there = {f.name for f in selectable}
        return [name for name in done if name in there]
    return [f.name for f in selectable if _bare(f.name) == DONE_NAME.casefold()][:1]


def missing_done(remote: Sequence[RemoteFolder], done: Sequence[str]) -> list[str]:
    """The names of the `done` folders that `check --fix` may create; where all lie below INBOX, one below it too."""
    if done:
        return [name for name in done if name not in {f.name for f in remote}]
    if find_done(remote, done):
        return []
    others = [f.name for f in remote if f.name.upper() != "INBOX"]
    below = next((p for p in ("INBOX.", "INBOX/") if others and all(n.upper().startswith(p) for n in others)), "")
    return [below + DONE_NAME]


def role_of(folder: RemoteFolder, ignored: Collection[str] = ()) -> Role:
    """The part of a folder that is not read: by its mark (RFC 6154) or its name; what else the config ignores is trash.

    A folder that nothing is known of is `elsewhere`, as is Gmail's All Mail. It may be `sent` too (a second Sent
    folder, that nobody chose).
    """
    for mark, role in _MARKS.items():
        if mark in folder.attributes:
            return role
    if not folder.attributes & _ELSEWHERE:
        known = _NAMES.get(_bare(folder.name))
        if known is not None:
            return known
    return "trash" if folder.name in ignored else "elsewhere"


def search_places(
    remote: Sequence[RemoteFolder], watched: Sequence[WatchedFolder], ignored: Collection[str] = ()
) -> list[WatchedFolder]:
    """Every folder a vanished mail may be in, the telling ones first: done, junk, trash; then the others, drafts last.

    The first hit counts: Gmail's All Mail holds what has another label, too.
    """
    roles = {folder.name: folder.role for folder in watched}
    places = [WatchedFolder(f.name, roles.get(f.name) or role_of(f, ignored)) for f in _selectable(remote)]
    return sorted(places, key=lambda place: _ORDER.index(place.role))


def find_sent_by_share(
    remote: Sequence[RemoteFolder],
    watched: Sequence[WatchedFolder],
    own: Collection[str],
    senders: Callable[[str], Sequence[str]],
) -> list[str]:
    """The folders whose mail is nearly all ours, for servers where neither config nor mark nor name tells of Sent.

    `senders` asks the newest LOOKED_AT senders of a folder (`MailSource.senders`), `own` are the addresses that write
    from this mailbox, lower case. Raises what `senders` raises.
    """
    taken = {folder.name for folder in watched} | {f.name for f in remote if f.name.upper() == "INBOX"}
    open_ = [f for f in _selectable(remote) if f.name not in taken and role_of(f) == "elsewhere" and not _holds_all(f)]
    return [f.name for f in open_[:MOST_ASKED] if share_from(senders(f.name), own) > SHARE]


def share_from(senders: Sequence[str], own: Collection[str]) -> float:
    """The share (0 to 1) of these senders that is among our `own` addresses; 0 where there are too few to tell."""
    if len(senders) < FEWEST:
        return 0.0
    return sum(sender.lower() in own for sender in senders) / len(senders)


def _holds_all(folder: RemoteFolder) -> bool:
    return bool(folder.attributes & _ELSEWHERE)


def _selectable(remote: Sequence[RemoteFolder]) -> list[RemoteFolder]:
    return [f for f in remote if not f.attributes & {"\\noselect", "\\nonexistent"}]


def _named(name: str, selectable: Sequence[RemoteFolder]) -> str:
    for folder in selectable:
        # INBOX is the one name IMAP takes in any case (RFC 3501 §5.1).
        if folder.name == name or (name.upper() == "INBOX" == folder.name.upper()):
            return folder.name
    there = ", ".join(f'"{f.name}"' for f in selectable[:12])
    raise SourceError("folder", f'there is no folder "{name}"; the mailbox has {there}; name one of these')

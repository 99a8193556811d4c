"""FLOOR 1. What differs from one mail provider to the next: the names of Sent folders. One entry, one place."""

from collections.abc import Sequence

from monitor.inbox.source import RemoteFolder, SourceError, WatchedFolder

SENT_NAMES = (
    "Sent",
    "Sent Items",
    "Sent Mail",
    "Sent Messages",
    "[Gmail]/Sent Mail",
    "[Gmail]/Gesendet",
    "Gesendet",
    "Gesendete Elemente",
    "Gesendete Objekte",
    "Éléments envoyés",
    "Messages envoyés",
    "Envoyés",
    "Elementos enviados",
    "Enviados",
    "Posta inviata",
    "Inviata",
    "Itens Enviados",
    "Verzonden items",
    "Verzonden",
    "Skickat",
    "Skickade objekt",
    "Sendt post",
    "Sendte elementer",
    "Sendt",
    "Lähetetyt",
    "Wysłane",
    "Elementy wysłane",
    "Odeslaná pošta",
    "Odoslaná pošta",
    "Elküldött elemek",
    "Trimise",
    "Изпратени",
    "Отправленные",
    "Надіслані",
    "Gönderilmiş Öğeler",
    "Απεσταλμένα",
    "已发送",
    "已发送邮件",
    "送信済みアイテム",
    "送信済み",
    "보낸 편지함",
)
"""In order of preference, for servers that mark no folder \\Sent (RFC 6154). Matched in any case, also below INBOX."""

_PREFIXES = ("inbox.", "inbox/")


def choose(
    remote: Sequence[RemoteFolder], inbox: Sequence[str], sent: Sequence[str], watch_inbox: bool = True
) -> list[WatchedFolder]:
    """The folders to read: those the config names, else INBOX, and Sent by its mark or its name.

    A mailbox without any Sent folder is no error: nobody may have sent from it yet. Raises SourceError("folder") where
    the config names a folder that is not there, with the folders there are.
    """
    selectable = [f for f in remote if not f.attributes & {"\\noselect", "\\nonexistent"}]
    chosen = [WatchedFolder(_named(n, selectable), "inbox") for n in (inbox or ("INBOX",))] if watch_inbox else []
    names = [_named(n, selectable) for n in sent] if sent else find_sent(selectable)
    return chosen + [WatchedFolder(n, "sent") for n in names]


def find_sent(selectable: Sequence[RemoteFolder]) -> list[str]:
    """The folder marked \\Sent, else the first one with a name that means Sent; none if there is none."""
    marked = [f.name for f in selectable if "\\sent" in f.attributes]
    if marked:
        return marked
    by_name = {_bare(f.name): f.name for f in reversed(selectable)}
    return next(([by_name[n.casefold()]] for n in SENT_NAMES if n.casefold() in by_name), [])


def _bare(name: str) -> str:
    folded = name.casefold()
    return next((folded[len(p) :] for p in _PREFIXES if folded.startswith(p)), folded)


def _named(name: str, selectable: Sequence[RemoteFolder]) -> str:
    for folder in selectable:
        # INBOX is the one name IMAP takes in any case (RFC 3501 §5.1).
        if folder.name == name or (name.upper() == "INBOX" == folder.name.upper()):
            return folder.name
    there = ", ".join(f'"{f.name}"' for f in selectable[:12])
    raise SourceError("folder", f'there is no folder "{name}"; the mailbox has {there}; name one of these')

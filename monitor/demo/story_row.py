"""ROOF. One line of the demo's story, and short ways to write the usual ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field

DOMAIN = "harbourcity.example"

DESKS = {
    "info": ("Harbour City Libraries", f"info@{DOMAIN}"),
    "events": ("Events & rooms", f"events@{DOMAIN}"),
    "loans": ("Loans & collections", f"loans@{DOMAIN}"),
}

PEOPLE = {
    # Staff, who write from their own addresses.
    "priya": ("Priya Nair", f"priya.nair@{DOMAIN}"),
    "tom": ("Tom Okafor", f"tom.okafor@{DOMAIN}"),
    # Everybody else.
    "zoe": ("Zoë Lindqvist", "zoe@lindqvist.example"),
    "kenji": ("田中 健二", "kenji.tanaka@mailbox.example"),
    "maria": ("Maria Costa", "maria.costa@parkview.example"),
    "choir": ("Anneliese Brandt", "secretary@harbourchoir.example"),
    "samuel": ("Samuel Adeyemi", "s.adeyemi@mailbox.example"),
    "wen": ("Wen Li", "wen.li@cityschool.example"),
    "grace": ("Grace O'Connell", "grace@oconnell.example"),
    "lantern": ("Lantern Walk Committee", "hello@lanternwalk.example"),
    "sanne": ("Sanne de Wit", "sanne@dewit.example"),
    "arthur": ("Arthur Pemberton", "arthur@pemberton.example"),
    "noor": ("Noor Haddad", "noor.haddad@mailbox.example"),
    "luc": ("Luc Marchand", "luc.marchand@quai.example"),
    "ada": ("Imogen Clarke", "imogen@codeclub.example"),
    "piotr": ("Piotr Zieliński", "piotr@zielinski.example"),
    "hana": ("Hana Novotná", "hana@novotna.example"),
    "desmond": ("Desmond Blake", "desmond.blake@mailbox.example"),
    "ines": ("Inês Moreira", "ines@moreira.example"),
    "olu": ("Olu Bankole", "olu@bankole.example"),
    "ravi": ("Ravi Menon", "ravi.menon@mailbox.example"),
    "ellen": ("Ellen Fraser", "ellen@fraserbooks.example"),
    "yusuf": ("Yusuf Demir", "yusuf@demir.example"),
    "rosa": ("Rosa Ferrante", "rosa@ferrante.example"),
    "school": ("Harbour Primary School", "office@harbourprimary.example"),
    "poet": ("Marguerite Dunne", "m.dunne@poets.example"),
    "yoga": ("Quiet Yoga", "book@quietyoga.example"),
    "chess": ("Harbour Chess Club", "captain@harbourchess.example"),
    "museum": ("Dockside Museum", "talks@docksidemuseum.example"),
    "amir": ("Amir Rahimi", "amir@rahimi.example"),
    "historian": ("Dr Fiona Gale", "fiona.gale@retired.example"),
    "trade": ("Library Trade Weekly", "news@librarytrade.example"),
    "hire": ("Stage & Light Hire", "offers@stagelight.example"),
    "mailer": ("Mail Delivery System", "MAILER-DAEMON@mx.retired.example"),
    "forger": ("Priya Nair", f"priya.nair@{DOMAIN}"),
}
"""All invented, all under .example (RFC 2606)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One mail. `when` is the day of November 2026 and the time, in UTC, which is London's time in November.

    `places` are mailboxes, each with `/Sent` behind it where it is not the inbox. `replies_to` is the key of another
    row; without a subject the mail bears that one's, after "Re: ". `bare_ids` leaves the brackets off the ids it names.
    """

    key: str
    when: str
    places: str
    who: str
    to: str
    subject: str
    text: str
    replies_to: str = ""
    cc: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    bare_ids: bool = False


def asks(key: str, when: str, places: str, subject: str, text: str, replies_to: str = "") -> Row:
    """A person writes to one desk or more. The key is who it is, and a number after the first mail."""
    return Row(key, when, places, key.rstrip("23456789"), places, subject, text, replies_to)


def answers(of: str, when: str, desk: str, text: str, bare_ids: bool = False) -> Row:
    """A desk answers the person who wrote the mail `of`, from the mail client it always had."""
    return Row(f"{of}-answer", when, f"{desk}/Sent", desk, of.rstrip("23456789"), "", text, of, bare_ids=bare_ids)

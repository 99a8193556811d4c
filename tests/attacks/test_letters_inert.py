"""Letters about hostile mails hold no element, attribute, link, header or command that we did not write."""

from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from html.parser import HTMLParser
from itertools import cycle, islice

import pytest

from monitor.core.said import say
from monitor.outbox.letters import Rendered
from monitor.outbox.told import Context, Gap, NextStep, Why
from tests.attacks.hostile import BIDI, EVERYTHING, LINES, MARKUP, SHOWN_TO_NOBODY, TEMPLATE, UNSEEN, ZALGO
from tests.outbox.rendered import LETTERS, read, sent
from tests.outbox.samples import NOW, acting, facts, line, notice, opening, reminder


class Skeleton(HTMLParser):
    """What a document is made of: elements, attributes with their values, comments; and its text apart."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.made: list[tuple[object, ...]] = []
        self.hrefs: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.made.append(("<", tag, *attrs))
        self.hrefs += [value or "" for name, value in attrs if name in ("href", "src", "action", "background")]

    def handle_endtag(self, tag: str) -> None:
        self.made.append((">", tag))

    def handle_comment(self, data: str) -> None:
        self.made.append(("!", data))

    def handle_data(self, data: str) -> None:
        self.text += data


def pages(text: str, language: str = "en") -> dict[str, Rendered]:
    """Each letter, with this text wherever a stranger, or a server, can put any."""
    told = (
        Context("passed on", NOW, text, text),
        Context("decided", NOW, text, text),
        Context("assigned", NOW, person=text),
    )
    evil = acting(line(subject=text, who=text, address=f"{text}@evil.example", context=told, mailbox="a@b.example"))
    named = replace(evil, team=text, position=2, mailbox=text)
    why, step = Why(((text, text),), (text,)), NextStep(NOW, (text,), text)
    both = replace(reminder((evil, named)), why=why, next_step=step, teams=(text,), organisation=text)
    both = replace(both, unseen=(Gap((text,), NOW, NOW),), language=language)
    both = replace(both, done_folders=(text,), hand_to=text, tag=text, instead_of=(text,), holds=(text,))
    said = say("Since %(since)s: %(fault)s.", since=text, fault=text)
    news = replace(
        notice(), headline=said, sentences=(text, said), what_to_do=(said,), commands=(text,), organisation=text
    )
    news = replace(news, language=language)
    first = replace(opening(), lines=(evil, named), total=2, why=why, replies_unseen=(text,), replies_hidden=(text,))
    first = replace(first, language=language)
    made = facts(teams=tuple((text, figures) for _, figures in facts().teams), unseen=(text,))
    return {
        "reminder": LETTERS.render_reminder(both),
        "opening": LETTERS.render_opening(first),
        "notice": LETTERS.render_notice(news),
        "report": LETTERS.render_report(replace(made, organisation=text, left_out=((text, 1),)), why=text),
    }


PLAIN = pages("plain")
BUTTONS = {action.url for action in acting(line()).actions}


@pytest.mark.parametrize("text", EVERYTHING)
def test_no_element_attribute_or_link_that_the_template_did_not_write(text: str) -> None:
    for kind, rendered in pages(text).items():
        skeleton, plain = Skeleton(rendered.html), Skeleton(PLAIN[kind].html)
        assert skeleton.made == plain.made, kind
        assert set(skeleton.hrefs) <= {"https://mail.harbourcity.example/search?id=1", *BUTTONS}
        for part in (rendered.subject, rendered.text.replace("\n", ""), skeleton.text.replace("\n", "")):
            # The breaks in endless names are the report's own; what strangers hide in theirs is tested below.
            assert not set(part.replace("\u200b", "")) & set(SHOWN_TO_NOBODY), kind


def test_the_control_without_escaping_the_skeleton_would_be_another() -> None:
    html = PLAIN["reminder"].html
    changed = [Skeleton(html.replace("plain", text)).made != Skeleton(html).made for text in MARKUP]
    assert changed.count(True) >= len(MARKUP) - 2


@pytest.mark.parametrize("text", TEMPLATE)
def test_a_template_in_a_text_is_text(text: str) -> None:
    for kind, rendered in pages(text).items():
        assert " ".join(text.split()) in " ".join(Skeleton(rendered.html).text.split()), kind
        assert "49" not in rendered.text.replace("4179", ""), kind


@pytest.mark.parametrize(
    "text", ["%(who)s", "%s %(", "100%", "{who} {0.__class__}", "{% trans %}x{% endtrans %}", "&lt;b&gt;"]
)
def test_a_place_for_a_value_in_a_text_is_text_in_every_language(text: str) -> None:
    for language in ("en", "de", "fr"):
        for kind, rendered in pages(text, language).items():
            assert text in " ".join(Skeleton(rendered.html).text.split()), kind
            assert text in " ".join(rendered.text.split()), kind


@pytest.mark.parametrize("text", LINES)
def test_no_line_end_in_any_spelling_begins_a_header(text: str) -> None:
    for kind, rendered in pages(text).items():
        raw = sent(replace(rendered, subject=text), from_=f"{text} <m@ours.example>", kind=text)
        message = read(raw)
        assert message["Bcc"] is None
        assert sorted(message.keys()) == sorted(read(sent(PLAIN[kind])).keys()), kind
        head = raw.partition(b"\r\n\r\n")[0].decode("ascii")
        assert all(field[0].isalpha() or field[0] in " \t" for field in head.split("\r\n"))


@pytest.mark.parametrize("text", [*BIDI, *UNSEEN])
def test_what_nobody_sees_is_not_there(text: str) -> None:
    for rendered in pages(text).values():
        for part in (rendered.subject, rendered.text, rendered.html):
            assert not any(0xE0000 <= ord(c) < 0xE1000 or c in "\u200b\u2060\u00ad\u200f\u202e\u3164" for c in part)


def test_a_flood_of_marks_does_not_grow_over_the_lines_around_it() -> None:
    for rendered in pages(ZALGO).values():
        assert "\u0301\u0316\u0334\u0489" * 2 not in rendered.text + rendered.html


def letters_of(texts: tuple[str, ...], when: datetime) -> list[bytes]:
    """Mails whose sender and subject are these texts, encoded, as any mail program can write them."""
    made = []
    for number, (subject, name) in enumerate(zip(texts, islice(cycle(texts), 3, None), strict=False)):
        mail = EmailMessage(policy=SMTP)
        mail["To"], mail["Message-ID"] = "info@ours.example", f"<{number}@evil.example>"
        mail["Date"] = when
        mail.set_content("Good morning.\n.\n..\nQUIT\n")
        head = f"From: {encoded(name)} <eve{number}@evil.example>\r\nSubject: {encoded(subject)}\r\n"
        made.append(head.encode("ascii") + mail.as_bytes())
    return made


def encoded(text: str) -> str:
    """RFC 2047, also for what it must not hold: `=0D=0A`."""
    quoted = "".join(f"={byte:02X}" for byte in text.encode("utf-8"))
    words = [quoted[at : at + 48] for at in range(0, len(quoted), 48)]
    return " ".join(f"=?utf-8?q?{word}?=" for word in words)

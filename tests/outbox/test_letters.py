"""The letters: what they say, that strangers' text is inert in them, and that their bytes are frozen."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.outbox.actions import Action, examples
from monitor.outbox.letters import Attachment, Letters, Rendered
from monitor.outbox.plain import defang, safe_name, tame
from tests.outbox.rendered import ALL, LETTERS, Outline, each_letter, forty, read, sent
from tests.outbox.samples import DAY, TAG, THREE, line, notice, reminder

HOSTILE = "{{7*7}}<script>alert(1)</script>{% raw %}\r\nBcc: all@evil.example\u2028\u202egnp.exe\udc80"


def subject_of(letter: Rendered) -> str:
    """The subject without the tag of a letter that can be answered."""
    return letter.subject.removesuffix(f" [{TAG}]")


def test_reminder_subjects() -> None:
    assert subject_of(ALL["reminder"]) == "3 people are waiting to hear from Events & rooms (longest 2 days)"
    one = LETTERS.render_reminder(reminder((THREE[1],)))
    assert subject_of(one) == "Daniel Okafor is waiting to hear from Events & rooms (42 hours)"
    assert subject_of(ALL["warning"]) == "Ellen Marsh will have waited 24 hours at 14:00 (Events & rooms)"


UNFIT = ("evil.example/login", "Your account: 1 problem", "x" * 60, "", "a@b.example", HOSTILE)


@pytest.mark.parametrize("name", UNFIT)
def test_a_name_unfit_for_a_subject_line_is_not_in_it(name: str) -> None:
    rendered = LETTERS.render_reminder(reminder((line(who=name),)))
    assert subject_of(rendered) == "1 person is waiting to hear from Events & rooms (2 days)"


def test_one_person_with_two_questions_is_one_person() -> None:
    rendered = LETTERS.render_reminder(reminder((line(1), line(2, "Another question"))))
    assert rendered.subject.startswith("Ellen Marsh is waiting")


def test_reminder_says_what_the_picture_says() -> None:
    for part in (ALL["reminder"].text, ALL["reminder"].html):
        flat = " ".join(re.sub(r"<[^>]+>", " ", part).split())
        assert "The longest has waited 2 days; our promise is 24 hours." in flat
        assert "Replies sent up to 09:58 are already taken off this list." in flat
        assert "Answer the person, the way you always do. The monitor sees your reply within 5 minutes" in flat
        assert "18 hours past the target" in flat
        assert "ellen.marsh@post.example" in flat
        assert "just past the target" in flat


OFFERS = r"snooze|no reply needed|assign|hand over|undo|mailto:|k7qm"


def test_what_nobody_hears_is_not_offered() -> None:
    for part in (ALL["unheard"].text, ALL["unheard"].html):
        assert not re.search(OFFERS, part.partition("</head>")[2] or part, re.IGNORECASE)
    bare = LETTERS.render_reminder(reminder((replace(line(), open_url=None),)))
    assert "Open message" not in bare.html + bare.text


def test_what_is_heard_can_be_pressed_dragged_or_typed() -> None:
    html, text = ALL["reminder"].html, ALL["reminder"].text
    flat = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    for pressed in ("No reply needed", "Snooze 1 day", "Hand over"):
        assert html.count(f">{pressed}</a>") == 3
    for part in (flat, " ".join(text.split())):
        assert "Drag the message into the folder “No reply needed”." in part
        assert "done 2 number 2 needs no reply snooze 1 2d quiet about number 1 for 2 days (at most 7)" in part
        assert "assign 3 anna hand number 3 over to anna; the wait goes on undo take back" in part
        assert part.endswith(f"Inbox Monitor, Harbour City Libraries · [{TAG}]")


def test_the_lines_to_type_name_only_numbers_that_the_letter_has() -> None:
    assert [line for _, line, _ in examples(1, "anna")] == ["done 1", "snooze 1 2d", "assign 1 anna", "undo", "help"]
    assert [line for _, line, _ in examples(2, "")] == ["done 2", "snooze 1 2d", "undo", "help"]


def test_a_long_name_to_hand_over_to_stands_on_a_line_of_its_own() -> None:
    text = LETTERS.render_reminder(replace(reminder(), hand_to=f"{'a' * 60}@desk.example")).text
    assert f"    assign 3 {'a' * 60}@desk.example\n                      hand number 3 over to" in text


@pytest.mark.parametrize("url", ["https://x.example/done", "javascript:alert(1)", " //x.example", "mailtos:x", ""])
def test_only_what_opens_a_mail_becomes_a_button(url: str) -> None:
    rendered = LETTERS.render_reminder(reminder((replace(line(), open_url=None, actions=(Action("done", url),)),)))
    assert "<a " not in rendered.html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "JaVaScRiPt:x", "//evil.example"])
def test_only_web_addresses_become_links(url: str) -> None:
    rendered = LETTERS.render_reminder(reminder((replace(line(), open_url=url),)))
    assert "<a " not in rendered.html
    assert url not in rendered.html + rendered.text


def test_a_wait_that_is_not_past_the_target_is_not_red() -> None:
    warning = ALL["warning"]
    assert 'class="waiting"' not in warning.html
    assert "24 hours at 14:00" in warning.text
    assert 'class="waiting"' in ALL["reminder"].html


def test_a_very_long_list_counts_what_it_cuts() -> None:
    rendered = LETTERS.render_reminder(reminder(forty() + forty()[:5], more=7))
    assert rendered.subject.startswith("47 people are waiting")
    assert re.search(r"(1[2-9]|2\d|3\d) more messages wait", rendered.text)


def test_opening_says_calmly_that_reminders_stay_off() -> None:
    text = " ".join(ALL["opening"].text.split())
    assert "14 messages had waited more than 24 hours when the monitor first looked." in text
    assert "No reply sent from events@harbourcity.example has been seen yet" in text
    assert 'replies = "confirmed"' in text
    assert "and 11 more" in text
    assert "Nobody had waited" in ALL["nothing late"].text


def test_notice_says_what_to_do() -> None:
    assert ALL["notice"].subject == "events@harbourcity.example cannot be read since 09:10"
    assert " 1. Check the password" in ALL["notice"].text


def test_report_opens_with_the_answer() -> None:
    report = ALL["report"]
    assert report.subject.startswith("92% of people heard back within 24 hours")
    assert report.text.startswith("92% of people heard back within 24 hours.\n")
    seen = re.sub(r"<[^>]+>", "", report.html).replace("&nbsp;", " ")
    for figure in ("154 of 168", "30 of 36", "too few to rate", "5 of 7", "8 of 16 waiting", "214", "4121", "5 d 16 h"):
        assert figure in report.text
        assert figure in seen
    assert "Tue 10 Nov, 15:12" in report.text


def test_strangers_text_is_inert_in_all_three_parts() -> None:
    evil = line(subject=HOSTILE, who=HOSTILE, address='a"><img src=x>@evil.example', context=(HOSTILE,))
    rendered = LETTERS.render_reminder(reminder((evil,)))
    assert "49" not in rendered.text
    assert "{{7*7}}" in rendered.text
    assert "{{7*7}}" in rendered.html
    outline = Outline(rendered.html)
    assert not outline.of("script", "img")
    for part in (rendered.subject, rendered.text, rendered.html):
        assert not re.search("[\u2028\u202e\r\udc80]", part)
        assert not re.search(r"^Bcc:", part, re.MULTILINE)


def test_headers_cannot_be_forged() -> None:
    rendered = Rendered("Hello\r\nBcc: all@evil.example\x85X-Evil: 1\u2028Y: 2\udcff\u202e", "text\n", "<p>html</p>")
    message = read(sent(rendered, to="desk@harbourcity.example"))
    assert message["Bcc"] is None
    assert message["X-Evil"] is None
    assert message["Subject"] == "Hello Bcc: all@evil.example X-Evil: 1 Y: 2\ufffd"


def test_headers() -> None:
    message = read(sent(ALL["reminder"], references=("<a@harbourcity.example>", "<b@harbourcity.example>")))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply, RN, NRN"
    assert message["List-Id"] == "<inbox-monitor.harbourcity.example>"
    assert message["X-Inbox-Monitor"] == "reminder"
    assert message["References"] == "<a@harbourcity.example> <b@harbourcity.example>"
    assert message["Message-ID"].startswith("<im.reminder.")
    assert message["Date"] == "Sat, 14 Nov 2026 10:00:00 +0000"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_no_references_without_earlier_letters() -> None:
    message = read(sent(ALL["reminder"]))
    assert message["References"] is None
    assert message["In-Reply-To"] is None


@each_letter
def test_bytes_are_the_same_every_time_and_safe_on_the_way(letter: Rendered) -> None:
    file = Attachment("2026-W46.csv", "number,team\r\n1,Ä\r\n")
    raw = sent(letter, attachments=(file,))
    assert raw == sent(letter, attachments=(file,))
    assert raw.isascii()
    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not any(b"\r" in one or b"\n" in one for one in lines)
    message = read(raw)
    assert message.get_content_type() == "multipart/mixed"
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == letter.text
    (attached,) = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("2026-W46.csv", "number,team\r\n1,Ä\r\n")


def test_an_operators_own_letter_comes_first(tmp_path: Path) -> None:
    (tmp_path / "notice.txt").write_text("Ours: {{ page.headline }}\n", encoding="utf-8")
    rendered = Letters(tmp_path).render_notice(notice())
    assert rendered.text == "Ours: events@harbourcity.example cannot be read since 09:10\n"
    assert rendered.html == ALL["notice"].html


COMMAND = f"Set-Mailbox {'a-long-name' * 6}@harbourcity.example -MessageCopyForSendOnBehalfEnabled $true"


@pytest.mark.parametrize("what_to_do", [("Run these.",), ()])
def test_a_command_can_be_copied_however_long_it_is(what_to_do: tuple[str, ...]) -> None:
    rendered = LETTERS.render_notice(replace(notice(), what_to_do=what_to_do, commands=(COMMAND, "second")))
    assert f"\n    {COMMAND}\n    second\n" in rendered.text
    assert f">{COMMAND}<" in rendered.html
    body = read(sent(rendered)).get_body(("plain",))
    assert body is not None
    assert COMMAND in body.get_content()


@given(st.text())
def test_tame_is_one_harmless_line(text: str) -> None:
    clean = tame(text)
    assert tame(clean) == clean
    assert len(clean.splitlines()) <= 1
    clean.encode()


@settings(max_examples=40)
@given(st.text(max_size=300), st.text(max_size=80))
def test_any_subject_and_name_gives_a_letter(subject: str, who: str) -> None:
    rendered = LETTERS.render_reminder(reminder((line(subject=subject, who=who),)))
    assert Outline(rendered.html).open == []
    assert read(sent(rendered))["Subject"] == rendered.subject


@pytest.mark.parametrize(
    ("text", "dead"),
    [
        ("see https://evil.example/x", "see https[:]//evil[.]example/x"),
        ("javascript:alert(1)", "javascript[:]alert(1)"),
        ("www.evil.example", "www[.]evil.example"),
        ("Re: opening hours on 12.11., 10:30", "Re: opening hours on 12.11., 10:30"),
    ],
)
def test_links_in_subjects_are_dead(text: str, dead: str) -> None:
    assert defang(text) == dead


def test_safe_names() -> None:
    assert safe_name("J. O’Brien-Łukasz") == "J. O’Brien-Łukasz"
    assert safe_name("सीता") == "सीता"
    assert safe_name("evil.example") == ""


def test_due_on_another_day_names_the_day() -> None:
    soon = replace(line(waited=timedelta(hours=2)), past=-timedelta(hours=22))
    assert subject_of(LETTERS.render_reminder(reminder((soon,)))) == (
        "Ellen Marsh will have waited 24 hours at 08:00 on Sunday (Events & rooms)"
    )
    assert soon.due == soon.arrived + DAY

"""Who wrote is told by the address beside the name: no name, script or invisible sign can pass for somebody else."""

import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.visible import MOST_MARKS, visible
from monitor.outbox.plain import isolated, safe_name, shown_address, tame
from tests.attacks.hostile import ZALGO
from tests.attacks.test_letters_inert import encoded
from tests.outbox.rendered import LETTERS
from tests.outbox.samples import TAG, line, reminder
from tests.story.house import House, at, text_of

HEBREW, ARABIC = "\u05d0\u05d1\u05d2 \u05d3\u05d4", "\u0645\u062d\u0645\u062f"
DISGUISES = {
    "Reply monitor <eve1@evil.example>": "eve1@evil.example",
    "Nobody <eve2@evil.example>": "eve2@evil.example",
    "Eva Staff <eve3@evil.example>": "eve3@evil.example",
    '"boss@ours.example" <eve4@evil.example>': "eve4@evil.example",
    "=?utf-8?b?Ym9zc++8oG91cnMuZXhhbXBsZQ==?= <eve5@evil.example>": "eve5@evil.example",
    f"{encoded(HEBREW)} <eve6@evil.example>": "eve6@evil.example",
    f"{encoded('a' + chr(0x202E) + 'elpmaxe.sruo@ssob')} <eve7@evil.example>": "eve7@evil.example",
    "Ann <ann@p\u0430ypal.example>": "ann@xn--pypal-4ve.example",
    "Ann <ann@\uff4f\uff55\uff52\uff53.example>": "ann@xn--0i7cgdg.example",
    "Ann <ann@b\u00fccher.example>": "ann@xn--bcher-kva.example",
    f"{encoded(ZALGO)} <eve8@evil.example>": "eve8@evil.example",
}


@pytest.fixture
def attacked(house: House) -> House:
    """Each disguise has asked something, and waits."""
    house.opens(at("Mon 08:00"))
    for number, who in enumerate(DISGUISES):
        head = f"From: {who}\r\nTo: info@ours.example\r\nSubject: {encoded(f'{ARABIC} 12 {number}')}\r\n"
        head += f"Message-ID: <{number}@evil.example>\r\nDate: Mon, 11 Nov 2024 09:00:00 +0000\r\n\r\nHello\r\n"
        house.dovecot.append(house.address("info"), "INBOX", head.encode(), at("Mon 09:00"))
    return house


def test_the_letter_shows_the_true_address_of_each_in_plain_ascii(attacked: House) -> None:
    (letter,) = attacked.round(at("Tue 12:00"))
    body = letter.message.get_body(("html",))
    assert body is not None
    for part in (text_of(letter), body.get_content()):
        assert [address for address in DISGUISES.values() if address not in part] == []
        assert "boss" not in part, "an address as a name is no name"
        assert "\u202e" not in part
        assert part.count("\u2068") == part.count("\u2069") >= len(DISGUISES), "what runs from the right is kept apart"
    assert letter.message["Subject"].startswith(f"{len(DISGUISES)} people are waiting")


@pytest.mark.parametrize(
    "name", ["Nobody", "reply monitor", "No one.", "All", "boss@ours.example", "1 person", "x" * 41]
)
def test_no_name_turns_our_subject_line_into_another(name: str) -> None:
    rendered = LETTERS.render_reminder(reminder((line(who=name),)))
    assert rendered.subject.startswith("1 person is waiting to hear from Events & rooms")


def test_a_name_from_right_to_left_is_kept_apart_in_the_subject_too() -> None:
    rendered = LETTERS.render_reminder(reminder((line(who=HEBREW),)))
    assert rendered.subject == f"\u2068{HEBREW}\u2069 is waiting to hear from Events & rooms (2 days) [{TAG}]"
    assert f"\u2068{HEBREW}\u2069, ellen.marsh@post.example" in rendered.text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pay\u200bpal", "paypal"),
        ("a\u00adb\u2060c\ufeff", "abc"),
        ("x\u200dy\u200c", "xy"),
        ("\u0646\u0645\u06cc\u200c\u062f\u0627\u0646\u0645", "\u0646\u0645\u06cc\u200c\u062f\u0627\u0646\u0645"),
        ("\U0001f469\u200d\U0001f4bb ok", "\U0001f469\u200d\U0001f4bb ok"),
        ("\u2764\ufe0f", "\u2764\ufe0f"),
        ("Vie\u0323\u0302t Nam", "Vie\u0323\u0302t Nam"),
        ("e" + "\u0301" * 50 + "nd", "e" + "\u0301" * MOST_MARKS + "nd"),
        ("\u3164\u115f\u2800", ""),
        ("\U000e0041\U000e0042flag", "flag"),
    ],
)
def test_what_nobody_sees_goes_and_what_a_script_needs_stays(text: str, shown: str) -> None:
    assert visible(text) == tame(text) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ann@reader.example", "ann@reader.example"),
        ("ann@\uff4f\uff55\uff52\uff53.example", "ann@xn--0i7cgdg.example"),
        ("ann@ou\u200brs.example", "ann@xn--ours-w76a.example"),
        ("<>", "<>"),
        ("mailer-daemon", "mailer-daemon"),
    ],
)
def test_no_domain_looks_like_another(address: str, shown: str) -> None:
    assert shown_address(address) == shown


@given(st.text(max_size=200))
def test_any_text_ends_its_isolates_and_is_the_same_when_tamed_again(text: str) -> None:
    clean = isolated(tame(text))
    assert tame(clean) == clean
    assert clean.count("\u2068") == clean.count("\u2069")
    assert not any(unicodedata.bidirectional(c) in ("RLE", "LRE", "RLO", "LRO", "PDF", "RLI", "LRI") for c in clean)
    assert safe_name(text).isprintable() or safe_name(text) == "" or "\u200d" in text or "\u200c" in text


DRAWN = """
const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode;
  for (const match of node.data.matchAll(/[a-z0-9]+@[a-z0-9.-]+/g)) {
    const range = document.createRange();
    let before = -1, whole = 1;
    for (let at = match.index; at < match.index + match[0].length; at++) {
      range.setStart(node, at); range.setEnd(node, at + 1);
      const left = range.getBoundingClientRect().left;
      if (left < before) whole = 0;
      before = left;
    }
    found.push(match[0] + " " + whole);
  }
}
document.title = found.join("|");
"""
"""Into the title: each address, and whether each of its letters stands to the right of the one before."""


@pytest.mark.full
def test_a_browser_shows_each_address_beside_its_name(attacked: House, tmp_path: Path) -> None:
    """As it is drawn: the address stands whole, and is not turned round by the name before it."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    (letter,) = attacked.round(at("Tue 12:00"))
    body = letter.message.get_body(("html",))
    assert body is not None
    page = tmp_path / "letter.html"
    page.write_text(body.get_content().replace("</body>", f"<script>{DRAWN}</script></body>"), encoding="utf-8")
    base = [chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    done = subprocess.run(
        [*base, "--virtual-time-budget=2000", "--dump-dom", page.as_uri()], capture_output=True, timeout=60, check=True
    )
    title = done.stdout.decode().partition("<title>")[2].partition("</title>")[0]
    drawn = dict(one.rsplit(" ", 1) for one in title.split("|") if " " in one)
    assert {address: drawn.get(address) for address in DISGUISES.values()} == dict.fromkeys(DISGUISES.values(), "1")

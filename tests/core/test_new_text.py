"""What somebody wrote new in a mail, and HTML as plain text. All mails are invented."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.new_text import new_text, plain_text

QUOTED = "> Is the door open?\n> Info"


@pytest.mark.parametrize(
    "attribution",
    [
        "On Mon, 9 Nov 2026 at 10:00, Info <info@ours.example> wrote:",
        "On Mon, 9 Nov 2026 at 10:00, Info Desk of the House\n<info@ours.example> wrote:",
        "On Mon, 9 Nov 2026 at 10:00, Info Desk of the House <\ninfo@ours.example> wrote:",
        "Info wrote:",
        "Am 09.11.2026 um 10:00 schrieb Info:",
        "Info <info@ours.example> schrieb am Mo. 9. Nov. 2026 um 10:00:",
        "Le lun. 9 nov. 2026 à 10:00, Info <info@ours.example> a écrit :",
        "El lun, 9 nov 2026 a las 10:00, Info (<info@ours.example>) escribió:",
        "Il giorno lun 9 nov 2026 alle ore 10:00 Info <info@ours.example> ha scritto:",
        "Em seg., 9 de nov. de 2026 às 10:00, Info <info@ours.example> escreveu:",
        "Op ma 9 nov 2026 om 10:00 schreef Info <info@ours.example>:",
        "Den mån 9 nov. 2026 kl 10:00 skrev Info <info@ours.example>:",
        "ma 9. marrask. 2026 klo 10.00 Info (info@ours.example) kirjoitti:",
        "pon., 9 lis 2026 o 10:00 Info <info@ours.example> napisał(a):",
        "po 9. 11. 2026 v 10:00 odesílatel Info <info@ours.example> napsal:",
        "Info <info@ours.example> ezt írta (időpont: 2026. nov. 9., H, 10:00):",
        "пн, 9 нояб. 2026 г. в 10:00, Info <info@ours.example>:",
        "Info <info@ours.example>, 9 Kas 2026 Pzt, 10:00 tarihinde şunu yazdı:",
        "Στις Δευ 9 Νοε 2026 στις 10:00 π.μ., ο χρήστης Info <info@ours.example> έγραψε:",
        "Info <info@ours.example> 于2026年11月9日周一 10:00写道：",
        "2026年11月9日(月) 10:00 Info <info@ours.example>:",
        "2026년 11월 9일 (월) 오전 10:00, Info <info@ours.example>님이 작성:",
    ],
)
@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_an_attribution_goes_with_its_quote_in_many_languages(attribution: str, between: str) -> None:
    assert new_text(f"Open it is\n\n{attribution}{between}{QUOTED}\n\nand warm") == "Open it is\nand warm"


@pytest.mark.parametrize(
    "rest",
    [
        "On Mon, 9 Nov 2026 at 10:00, Info <info@ours.example> wrote:\nIs the door open?",
        "-----Original Message-----\nFrom: Info\nIs the door open?",
        "-----Ursprüngliche Nachricht-----\nIs the door open?",
        "From: Info <info@ours.example>\nSent: Monday\nTo: Ann\nSubject: door\n\nIs the door open?",
        "*From:* Info\n*Date:* Monday\n\nIs the door open?",
        "Von: Info\nGesendet: Montag\nAn: Ann\n\nIs the door open?",
        "De : Info\nEnvoyé : lundi\nÀ : Ann\n\nIs the door open?",
        "Från: Info\nSkickat: måndag\n\nIs the door open?",
        "От: Info\nДата: понедельник\n\nIs the door open?",
        "发件人: Info\n发送时间: 星期一\n\nIs the door open?",
        "________________________________\nIs the door open?",
        "-- \nAnn Other, Other Street",
        "--\nAnn Other, Other Street",
    ],
)
def test_what_follows_these_is_old_or_a_signature(rest: str) -> None:
    assert new_text(f"Open it is\n\n{rest}") == "Open it is"


@pytest.mark.parametrize(
    "footer",
    [
        "Sent from my iPhone",
        "Sent from Outlook for Android<https://mail.example>",
        "Get Outlook for iOS",
        "Von meinem iPhone gesendet",
        "Gesendet mit der Post-App",
        "Envoyé de mon iPhone",
        "Enviado desde mi iPhone",
        "Enviado do meu iPhone",
        "Inviato da iPhone",
        "Verstuurd vanaf mijn iPhone",
        "Skickat från min iPhone",
        "Sendt fra min iPhone",
        "Lähetetty iPhonesta",
        "Wysłane z iPhone'a",
        "Odesláno z iPhonu",
        "Отправлено с iPhone",
        "iPhone'umdan gönderildi",
        "发自我的iPhone",
        "從我的 iPhone 傳送",
        "iPhoneから送信",
        "나의 iPhone에서 보냄",
    ],
)
def test_what_a_telephone_adds_goes(footer: str) -> None:
    assert new_text(f"Open it is\n\n{footer}\n\nand warm") == "Open it is\nand warm"


@pytest.mark.parametrize(
    "text",
    [
        "Sent with the wrong key, could you look",
        "Sent from my phone, could you look",
        "From: the cellar it is cold",
        "As my sister wrote:\nthe door is closed",
        "Thanks for the keys\n<ann@customer.example>",
        "On the roof it rains\nand Ann wrote home",
        "a -- b\n-> c",
    ],
)
def test_what_only_looks_old_stays(text: str) -> None:
    assert new_text(text) == text


def test_new_text_between_quotes_stays() -> None:
    assert new_text("> Door?\nOpen\n>> Lamp?\n > Heating?\nwarm\r\n") == "Open\nwarm"


@pytest.mark.parametrize("line", ["Many thanks", "On Monday we come by"])
def test_a_line_before_the_attribution_does_not_go_with_it(line: str) -> None:
    assert new_text(f"{line}\nOn 9 Nov 2026 Info\n<info@ours.example> wrote:\n{QUOTED}") == line
    assert new_text(f"{line}\nInfo <info@ours.example> wrote:\n{QUOTED}") == line


@given(st.text(max_size=400))
def test_new_text_invents_nothing(text: str) -> None:
    old = [line.strip() for line in text.replace("\r", "\n").split("\n")]
    assert all(line in old for line in new_text(text).split("\n") if line)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>Many thanks</p><p>Ann</p>", "Many thanks\n\nAnn"),
        ("Tom &amp; Ann&nbsp;&lt;ann@customer.example&gt;", "Tom & Ann <ann@customer.example>"),
        ("a<br>b<BR/>c", "a\nb\nc"),
        ("<b>bo</b>ld", "bold"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<head><title>x</title><style>p{}</style></head><body>y", "y"),
        ("<STYLE>x</Style>y", "y"),
        ("a<!-- b > c -->d<!-- e", "ad"),
        ("a<![if !mso]>b<!doctype html>c<?xml x?>d", "abcd"),
        ("a<blockquote type=cite>b<br>c</blockquote>d", "a\n> b\n> c\nd"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>c", "> a\n> > b\n> \nc"),
        ("</blockquote>a", "a"),
        ("a<div cla", "a"),
        ("&#" + "9" * 5000 + ";", "\ufffd"),
        ("", ""),
    ],
)
def test_html_as_a_reader_sees_it(source: str, text: str) -> None:
    lines = [line.strip() for line in plain_text(source).split("\n")]
    assert "\n".join(lines).strip() == "\n".join(line.strip() for line in text.split("\n"))


def test_a_reply_in_html_loses_its_quote() -> None:
    gmail = (
        '<div dir="ltr">Open it is</div><br><div class="gmail_quote"><div>On Mon, 9 Nov 2026 at 10:00, Info '
        '&lt;<a href="mailto:info@ours.example">info@ours.example</a>&gt; wrote:<br></div>'
        "<blockquote>Is the door open?</blockquote></div>"
    )
    assert new_text(plain_text(gmail)) == "Open it is"


@given(
    st.text(max_size=200)
    | st.lists(
        st.sampled_from(["<", ">", "<!--", "-->", "<p", "</", "&#", "9", ";", "<style>", "<![", "blockquote"])
    ).map("".join)
)
def test_any_html_gives_some_text(source: str) -> None:
    assert isinstance(plain_text(source), str)


@pytest.mark.parametrize("piece", ["<", "<!--", "<p", "<style>", "</", "&#", "&", "<blockquote>", "<!", "< >"])
def test_hostile_html_takes_no_time(piece: str) -> None:
    began = time.process_time()
    plain_text((piece * 4096)[:16384])
    assert time.process_time() - began < 0.5

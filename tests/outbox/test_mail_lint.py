"""Every letter keeps the rules of Word and Gmail; and the lint that says so finds what breaks them."""

import re

import pytest

from monitor.outbox.letters import Rendered
from tests.outbox.mail_lint import faults
from tests.outbox.rendered import ALL, each_letter


@each_letter
def test_a_letter_keeps_the_rules_of_word_and_gmail(letter: Rendered) -> None:
    assert faults(letter.html) == []


@each_letter
def test_tables_are_layout_or_have_heads(letter: Rendered) -> None:
    data = [table for table in re.split(r"(?=<table)", letter.html)[1:] if " role=" not in table.partition(">")[0]]
    assert all("<th " in table for table in data)
    assert bool(data) == ("scope=" in letter.html)


PLANTED = {
    "flex": ('<td class="first" style="', '<td class="first" style="display:flex;'),
    "grid": ('<td class="first" style="', '<td class="first" style="display:grid;'),
    "float outside the phone": ('<td class="first" style="', '<td class="first" style="float:left;'),
    "position": ('<td class="first" style="', '<td class="first" style="position:absolute;'),
    "margin on a table": ('width="100%" style="background', 'width="100%" style="margin:0;background'),
    "margin on a cell": ('<td class="first" style="', '<td class="first" style="margin:8px;'),
    "padding on a table": ('width="100%" style="background', 'width="100%" style="padding:8px;background'),
    "width outside a cell": ("<h1 style=\"", "<h1 style=\"width:10px;"),
    "background-image": ('<td class="first" style="', '<td class="first" style="background-image:none;'),
    "an image": ("<h1 ", '<img src="https://evil.example/1.png"><h1 '),
    "svg": ("<h1 ", "<svg></svg><h1 "),
    "data:": ("<h1 ", '<a href="data:text/html,x"></a><h1 '),
    "a remote style": ("<style>", "<style>@import url(https://evil.example/a.css);"),
    "a variable": ('<td class="first" style="', '<td class="first" style="color:var(--ink);'),
    "div for layout": ("<h1 ", "<div>x</div><h1 "),
    "a script": ("<h1 ", "<script></script><h1 "),
    "an act": ("<h1 ", '<h1 onclick="x" '),
    "two h1": ("<h2 ", "<h1>x</h1><h2 "),
    "a level left out": ("<h2 ", "<h3>x</h3><h2 "),
    "no language": (' lang="en"', ""),
    "no title": ("<title>", "<title></title><!--"),
    "a head of nothing": (' scope="row"', ""),
    "a table with gaps": ('cellspacing="0"', 'cellspacing="2"'),
    "not closed": ("</h1>", ""),
    "a button without colour": (' bgcolor="#0b6b61"', ""),
    "a button that is a word": ('style="display:block;padding:9px', 'style="padding:9px'),
    "a style for all": ("<style>", "<style>td { color: red }"),
    "a long style": ("<style>", f"<style>{'@media print { td { color: red !important } }' * 400}"),
    "a long letter": ("</title>", f"{'x' * 90_000}</title>"),
    "half a condition": ("<!--[if mso]></td>", "<!--[if mso]>"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), PLANTED.values(), ids=PLANTED.keys())
def test_the_lint_finds_what_breaks_them(old: str, new: str) -> None:
    html = ALL["reminder"].html
    assert old in html
    assert faults(html.replace(old, new, 1))

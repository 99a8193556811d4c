"""Texts that strangers choose, each made to be more than text somewhere."""

ZALGO = "Z" + "\u0301\u0316\u0334\u0489" * 60 + "algo"
TEMPLATE = ("{{7*7}}", "{% for x in ().__class__.__mro__ %}x{% endfor %}", "${7*7}", "#{7*7}", "{# note #}")
MARKUP = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></style><svg/onload=alert(1)>",
    "--><!--[if mso]><b>x</b><![endif]-->",
    '<a href="javascript:alert(1)">here</a>',
    "<a href='mailto:x@evil.example?bcc=all@evil.example&body=x'>here</a>",
    "&lt;b&gt;&#60;script&#62;",
    "<bdo dir=rtl>x</bdo><base href=//evil.example>",
)
LINES = (
    "Hi\r\nBcc: all@evil.example\r\n\r\nbody",
    "Hi\nBcc: all@evil.example",
    "Hi\rBcc: all@evil.example",
    "Hi\x85Bcc: all@evil.example",
    "Hi\u2028Bcc: all@evil.example\u2029",
    "Hi\x0b\x0c\x1c\x1d\x1eBcc: all@evil.example",
    "Hi\x00\x08\x7f\x9b31m",
    "\x1b[2J\x1b]0;title\x07\x1b[31mred\x1b[8m",
    "<3>monitor.daemon: stopped\n<6>round mailboxes=1 failed=0",
)
FORMULAS = ("=HYPERLINK(1)", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1+1", "\r=1+1", "'; DROP TABLE waits; --")
BIDI = ("\u202egnp.exe", "\u2066\u2067abc", "\u200f\u061c\u200eabc", "\u202a\u202b\u202d" * 40 + "x")
UNSEEN = ("pay\u200bpal", "a\u00adb\u2060c", "\U000e0061\U000e0062tag", "\u3164\u115f\u2800", "x\u200dy\u200cz")

EVERYTHING = (*TEMPLATE, *MARKUP, *LINES, *FORMULAS, *BIDI, *UNSEEN, ZALGO)
SHOWN_TO_NOBODY = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), 0x200B]))

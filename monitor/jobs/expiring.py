"""FLOOR 2. What the app of Microsoft 365 proves itself by has an end: told before, in `check` and to the operator."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal

from monitor.config import Settings
from monitor.core.said import Moment, Said, say, say_n
from monitor.core.token import TokenError
from monitor.jobs.changes import Change, Scene, over
from monitor.jobs.check_fact import Fact
from monitor.outbox.letters import News
from monitor.tokens import certificate

SOON, LAST = timedelta(days=30), timedelta(days=7)
"""So long before its end it is told, and told again."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What ends, and when (UTC)."""

    what: Literal["secret", "certificate"]
    ends: datetime

    def days(self, now: datetime) -> int:
        """Whole days that are left."""
        return max((self.ends - now) // timedelta(days=1), 0)


def endings(settings: Settings) -> list[Ending]:
    """What is known to end. A certificate that cannot be read is told of where it is needed."""
    app, found = settings.microsoft, []
    if app and app.secret and app.secret_expires:
        found.append(Ending("secret", datetime.combine(app.secret_expires, time(), settings.zone).astimezone(UTC)))
    if app and app.certificate:
        with suppress(TokenError):
            found.append(Ending("certificate", certificate.read(app.certificate).ends))
    return found


def expiring(scene: Scene) -> Iterator[Change]:
    """Once when the last 30 days begin, once when the last seven do."""
    for ending in endings(scene.settings):
        left = ending.ends - scene.now
        if left > SOON:
            continue
        names = [_name(ending, SOON), *([_name(ending, LAST)] if left <= LAST else [])]
        if new := tuple(name for name in names if name not in scene.told):
            yield Change(new, _ends(scene, ending))


def renewed(scene: Scene) -> Iterator[Change]:
    """The end of what `expiring` told: there is a new one, which ends later."""
    for ending in endings(scene.settings):
        start = f"microsoft {ending.what} ends "
        old = {name for name in scene.told if name.startswith(start) and not name.endswith(" over")}
        old = {name for name in old if not name.startswith(_name(ending)) and over(name) not in scene.told}
        if old and ending.ends - scene.now > SOON:
            yield Change(tuple(over(name) for name in sorted(old)), _is_new(scene, ending))


def expiry_facts(settings: Settings, now: datetime) -> Iterator[Fact]:
    """For `check`: when each ends, and what to do if that is soon."""
    for ending in endings(settings):
        name, day = _called(ending), f"{ending.ends.astimezone(settings.zone):%Y-%m-%d}"
        if ending.ends <= now:
            yield Fact("Configuration", "fix", "", f"{name} ended on {day}", _fix(ending), "refused")
            continue
        days = ending.days(now)
        left = f"in {days} {'day' if days == 1 else 'days'}" if days else "today"
        near = ending.ends - now <= SOON
        yield Fact(
            "Configuration", "look" if near else "ok", "", f"{name} ends on {day}, {left}", _fix(ending) if near else ""
        )


def _name(ending: Ending, before: timedelta | None = None) -> str:
    """The subject to remember: another end is another story."""
    named = f"microsoft {ending.what} ends {ending.ends:%Y-%m-%d}"
    return f"{named} {before.days}" if before else named


def _called(ending: Ending) -> str:
    return "the client secret of the Microsoft app" if ending.what == "secret" else "the app's certificate"


def _fix(ending: Ending) -> str:
    if ending.what == "secret":
        return "make a new secret in the app registration, and set `secret_expires`"
    return "make a new certificate, and upload it to the app registration"


def _ends(scene: Scene, ending: Ending) -> News:
    at = Moment(ending.ends, scene.settings.zone, near=scene.now)
    if ending.ends <= scene.now:
        return News(headline=_ended(ending), sentences=(_after(at),), what_to_do=_what_to_do(ending))
    if ending.what == "secret":
        headline = say_n(
            "The client secret for Microsoft 365 ends within %(n)s day",
            "The client secret for Microsoft 365 ends within %(n)s days",
            ending.days(scene.now) + 1,
        )
    else:
        headline = say_n(
            "The certificate for Microsoft 365 ends within %(n)s day",
            "The certificate for Microsoft 365 ends within %(n)s days",
            ending.days(scene.now) + 1,
        )
    return News(headline=headline, sentences=(_after(at),), what_to_do=_what_to_do(ending))


def _ended(ending: Ending) -> Said:
    if ending.what == "secret":
        return say("The client secret for Microsoft 365 has ended")
    return say("The certificate for Microsoft 365 has ended")


def _after(at: Moment) -> Said:
    return say(
        "After %(end)s the mailboxes that log in by it cannot be read, and nobody is reminded about them.", end=at
    )


def _what_to_do(ending: Ending) -> tuple[Said, ...]:
    if ending.what == "secret":
        return (
            say("Make a new client secret in the app registration (Entra admin center, Certificates & secrets)."),
            say(
                "Put its value where %(secret)s says, set %(expires)s to its new end, and reload the monitor.",
                secret="secret = …",  # noqa: S106  # the name of a setting
                expires="secret_expires",
            ),
        )
    return (
        say("Make a new key and certificate, and upload the certificate beside the old one in the app registration."),
        say("Then put both into the file that %(setting)s names; the monitor reads it anew.", setting="certificate"),
    )


def _is_new(scene: Scene, ending: Ending) -> News:
    at = Moment(ending.ends, scene.settings.zone, near=scene.now)
    if ending.what == "secret":
        return News(headline=say("The client secret for Microsoft 365 is a new one"), sentences=(_until(at),))
    return News(headline=say("The certificate for Microsoft 365 is a new one"), sentences=(_until(at),))


def _until(at: Moment) -> Said:
    return say("It ends on %(end)s; you are told a month before.", end=at)

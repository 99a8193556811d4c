"""GROUND. Lengths of time and promises as tables say them, for whoever reads them in their language."""

from datetime import timedelta

from monitor.core.promise import Promise
from monitor.core.said import Said, say


def brief(length: timedelta) -> Said:
    """`16 min`, `42 h`, `3 d 19 h`: as `durations.short` has it."""
    minutes = max(0, int(length.total_seconds() // 60))
    return _minutes(minutes) if minutes < 60 else _hours(minutes // 60)


def exact(length: timedelta) -> Said:
    """`5 h 20 min`, `3 h`, `2 d 4 h`: the same with its minutes below 48 hours; rounded down."""
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    if hours >= 48 or not minutes:
        return _hours(hours)
    return say("%(hours)s h %(minutes)s min", hours=str(hours), minutes=str(minutes))


def brief_promise(promise: Promise) -> Said:
    """`24 h`, `24 h open`, `24 office h`: as `Promise.short` has it."""
    length = brief(promise.within)
    if promise.mode == "office-hours":
        hours, rest = divmod(promise.within, timedelta(hours=1))
        whole = say("%(hours)s office h", hours=str(hours))
        return say("%(length)s office time", length=length) if rest or not hours else whole
    return length if promise.mode == "elapsed" else say("%(length)s open", length=length)


def _minutes(minutes: int) -> Said:
    return say("%(minutes)s min", minutes=str(minutes))


def _hours(hours: int) -> Said:
    """From 48 on in days."""
    if hours < 48:
        return say("%(hours)s h", hours=str(hours))
    days, hours = divmod(hours, 24)
    if hours:
        return say("%(days)s d %(hours)s h", days=str(days), hours=str(hours))
    return say("%(days)s d", days=str(days))

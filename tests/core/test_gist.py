"""What a message comes to by itself: whoever finds it out, and before anything else is known, finds the same."""

import pickle

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.conversations import ties
from monitor.core.gist import NO_SIGNS, gist_of
from monitor.core.house import House
from monitor.core.ids import hash_of
from monitor.core.inferring import seeks
from monitor.core.message import Seen
from monitor.core.needs_reply import case, judge
from monitor.core.topic import key_of, replies
from tests.core.situations import HOUSE, mail
from tests.core.test_alone import HOUSES
from tests.core.test_fold import mails

PLAIN = mail("10:00 Ann → info: A broken lamp at the pier").message
NEWS = mail("10:00 Ann → info: News of the week", headers={"list-id": "<a.example>", "precedence": "bulk"}).message


def test_of_a_persons_mail_there_are_no_signs() -> None:
    gist = gist_of(PLAIN, HOUSE.staff)
    assert gist.signs is NO_SIGNS, "one value for all of them, which is written and read once in a batch"
    assert gist.key == "a broken lamp at the pier"
    assert not gist.replies
    assert gist.hash == hash_of(PLAIN.identity)
    assert gist.ties.nodes[0] == PLAIN.identity
    assert gist_of(NEWS, HOUSE.staff).signs.weak == {"list": "list-id", "bulk": "precedence: bulk"}


@given(st.data(), HOUSES)
def test_the_rules_say_the_same_with_it_and_without(data: st.DataObject, house: House) -> None:
    seen: Seen = data.draw(mails(1))
    gist = pickle.loads(pickle.dumps(gist_of(seen.message, house.staff), pickle.HIGHEST_PROTOCOL))
    assert gist == gist_of(seen.message, house.staff), "what another process found out"
    assert gist.ties == ties(seen.message, house.staff)
    assert (gist.key, gist.replies) == (key_of(seen.message), replies(seen.message))
    told, found = case(seen, house, gist=gist), case(seen, house)
    assert (told.strong, told.weak, told.spam, told.signals) == (found.strong, found.weak, found.spam, found.signals)
    assert (told.writer, told.by_us) == (found.writer, found.by_us)
    assert judge(told) == judge(found)
    assert seeks(seen, house, gist=gist) == seeks(seen, house)

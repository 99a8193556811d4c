"""GROUND. "Thanks, that was all": whether a short mail only closes a conversation (rules.md §4).

A keyword alone is right in 58 of 100 cases. So this reads what else stands there, for the opt-in look at a mail's text,
and leans one way: a closer taken for a question costs a reminder, a question taken for a closer somebody's answer.
"""

import re
import unicodedata

from monitor.core.generic import without_accents
from monitor.core.new_text import new_text, plain_text

__all__ = ["looks_like_closer", "plain_text"]

MOST_WORDS = 12

_THANKS_WORDS = """
    thank thanks thankyou thx tnx cheers danke dank dankeschon merci gracias gracies grazie obrigado obrigada
    bedankt dankjewel dankuwel tack takk kiitos kiitti dziekuje dziekujemy dzieki dekuji dekujeme diky dakujem
    koszonom koszonjuk koszi multumesc hvala спасибо благодарю благодарим дякую tesekkur tesekkurler ευχαριστω
    ευχαριστουμε תודה شكرا
"""
_THANKS = frozenset(_THANKS_WORDS.split())
# Danish "tak" is Polish for yes, and "cảm", "ơn" say nothing alone: these count in their phrases.
_THANKS_PHRASE = re.compile(r"\b(?:mange|tusind) tak\b|\btak (?:for|skal|det|da|igen)\b|\bcam on\b")
_THANKS_UNSPACED = re.compile("谢谢|謝謝|多谢|多謝|感谢|感謝|ありがと|有難う|有り難う|감사|고맙|고마워")

_QUESTION = frozenset("?？؟՞¿⁇⁈⁉‽⸮﹖፧꘏꛷❓❔\u037e")

_UNFINISHED = """
    but however though although still yet not no never nothing none nobody cannot cant dont doesnt didnt wont isnt
    unfortunately except instead unless until otherwise again also another else besides if whether how what why where
    when who which please pls plz kindly could would should must need needs want wish send urgent urgently asap soon
    question questions problem problems issue issues error wrong missing mistake advance beforehand await awaiting
    wait waiting forward expect remind reminder

    aber jedoch allerdings trotzdem dennoch leider noch nicht nichts kein keine keinen keiner nie niemals nein
    ausserdem zusatzlich auch bitte konnen konnten konnte kann wurde wurden mochte brauche benotige musste falls wenn
    ob wann wie wo warum wer welche welcher frage fragen problem fehler falsch fehlt dringend voraus vorab warte
    erwarte ruckmeldung

    mais cependant toutefois pourtant encore pas ne jamais rien aucun aucune toujours aussi plait svp stp veuillez
    pouvez pourriez peux peut pourrais pourrait voudrais faudrait faut besoin si quand comment pourquoi qui quel
    quelle combien probleme erreur avance attends attente manque malheureusement

    pero embargo aunque todavia aun nada nunca tampoco ademas tambien favor podria podrian podrias puede pueden puedes
    quisiera quiero necesito necesitamos cuando como donde cual quien falta problema antemano espero esperamos
    pregunta duda consulta urgente

    mas porem contudo ainda nao tambem poderia poderiam pode podem consegue queria gostaria preciso se onde qual quem
    erro antecipadamente desde aguardo pergunta duvida infelizmente

    ma pero tuttavia ancora non niente nulla mai anche inoltre cortesia potrebbe potete puo puoi potresti vorrei serve
    bisogno come dove quale chi perche errore anticipo attendo attesa domanda purtroppo manca

    maar echter toch nog niet geen niets nooit nee ook alsjeblieft alstublieft aub kunt kun kan kunnen zou wil graag
    nodig wanneer hoe waar wat waarom wie welke vraag vragen probleem fout voorbaat wacht helaas indien

    men dock annu fortfarande inte ingen inget aldrig ocksa aven kunde skulle vill behover snalla garna om nar hur vad
    varfor vem vilken fel forhand ikke intet heller enda fortsatt stadig ogsa kunne vil trenger hvis hvordan hvor hva
    hvad hvorfor hvem hvilken sporsmal sporgsmal feil fejl venligst vennligst desvarre dessverre venter vantar

    mutta kuitenkin kuitenkaan viela ei eivat emme ala myos voisitko voisitteko voitko voitteko voiko tarvitsen
    haluaisin jos milloin koska miten missa mika miksi kuka kysymys ongelma virhe etukateen odotan valitettavasti

    ale jednak jeszcze nie nic nigdy rowniez takze tez prosze czy moglby moglaby moze mozecie mozna potrzebuje
    chcialbym chcialabym jesli jezeli kiedy jak gdzie co dlaczego kto ktory pytanie blad gory czekam niestety

    vsak jeste neni ani take prosim muzete mohl mohla mohli byste potrebuji pokud kdyz kdy kde proc kdo otazka dotaz
    chyba predem cekam bohuzel

    viszont azonban meg nem semmi soha kerem kernem tudna lehetne szeretnem kellene ha mikor hogyan hol miert kerdes
    problema hiba elore varom sajnos

    но однако еще не нет ничего никогда также тоже пожалуиста можете могли можно прошу просьба нужно надо хотел хотела
    хотелось если когда как где что почему кто какои сколько ли вопрос проблема ошибка заранее жду ждем

    ama fakat ancak henuz hala degil yok hic ayrica lutfen misiniz mi mu eger nasil nerede neden kim hangi soru sorun
    hata simdiden bekliyorum rica gerek istiyorum

    αλλα ομως ωστοσο ακομα ακομη δεν μην οχι τιποτα ποτε επισης παρακαλω μπορειτε μπορεις μπορουσατε θελω χρειαζομαι
    αν εαν πως που τι γιατι ποιος ερωτηση προβλημα λαθος προτερων περιμενω δυστυχως

    אבל אך עדיין לא אין גם בבקשה תוכל תוכלי תוכלו אפשר צריך אם מתי איך איפה מה למה מי שאלה בעיה מראש מחכה

    nhung van chua khong cung vui the can neu khi nao sao dau gi ai hoi loi truoc

    monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag
    sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miercoles jueves viernes sabado domingo
    lunedi martedi mercoledi giovedi venerdi sabato domenica segunda terca quarta quinta sexta maandag dinsdag
    woensdag donderdag vrijdag zaterdag zondag mandag tirsdag onsdag torsdag fredag lordag sondag tisdag lets

    لكن لم لا ليس من هل متى كيف أين ماذا لماذا
"""
_UNFINISHED_WORDS = frozenset(map(without_accents, _UNFINISHED.split()))
"""Words with which thanks are not the end: not, but and still; if and when; please and could you; a problem; thanks in
advance; and days of the week, which propose a date as digits do. Without accents, for people leave them out."""
_UNFINISHED_PHRASE = re.compile(
    r"n['’]t\b|\bn['’]\w|\blet['’]s\b|\bone more\b"
    r"|\b(?:can|will|may|shall) (?:you|u|i|we|it|they|this|that|there|he|she|the|any\w*|some\w*)\b"
    r"|(?:^|[^\w\s] ?|\n)(?:do|does|did|is|are|was|were|have|has)"
    r" (?:you|u|i|we|it|they|this|that|there|he|she|the|any\w*)\b"
    r"|\b(?:let|call|phone|ring|mail|email|write|tell|give|show|ask|see|meet|join|contact|get back to) (?:me|us)\b"
)
_UNFINISHED_UNSPACED = re.compile(
    "但|不|可是|然而|还|還|没|沒|未|无法|無法|也|请|請|麻烦|麻煩|能否|可否|可以|吗|嗎|呢|如果|什么|什麼|怎么|怎麼"
    "|何时|何時|哪|谁|誰|问题|問題|错|錯|再|另外|需要|想|等|が、|けど|しかし|でも|ただ|まだ|ない|ません|なかっ"
    "|いただけ|頂け|ください|下さい|お願い|でしょうか|ですか|ますか|もし|いつ|どう|どこ|何|なぜ|質問|エラー|また"
    "|もう一|前もって|予め|あらかじめ|必要|ほしい|欲しい|하지만|그런데|그러나|아직|않|없|못|안 |안되|주세요|주시"
    "|부탁|까요|나요|언제|어떻게|어디|무엇|왜|혹시|문제|오류|미리|질문|문의|다시|또"
)
_WORD = re.compile(r"[^\W\d_]+")
_UNSPACED = re.compile(r"[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff]")
_GREEK = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]")


def looks_like_closer(text: str) -> bool:
    """Whether the new text of a mail says thanks and nothing that waits for an answer (rules.md §4).

    `text`: the beginning of its plain text, at most 2 KB (of HTML: `plain_text`). True for at most 12 new words with a
    word of thanks, without question mark, digit, or a word of denial, going on or asking. Total.
    """
    new = new_text(text)
    if _asks(new) or any(c.isdigit() for c in new):
        return False
    folded = unicodedata.normalize("NFKC", new).casefold()
    bare = without_accents(folded)
    words = _WORD.findall(bare)
    if _length(folded, words) > MOST_WORDS or _goes_on(folded, bare, words):
        return False
    return not _THANKS.isdisjoint(words) or bool(_THANKS_PHRASE.search(bare) or _THANKS_UNSPACED.search(folded))


def _asks(new: str) -> bool:
    """A question mark of any script. Greek writes one like a semicolon."""
    return not _QUESTION.isdisjoint(new) or (";" in new and _GREEK.search(new) is not None)


def _length(folded: str, words: list[str]) -> int:
    """How many words; two letters of Chinese or Japanese, which have no blanks, count as one."""
    letters = len(_UNSPACED.findall(folded))
    return (letters + 1) // 2 + sum(1 for word in words if not _UNSPACED.search(word))


def _goes_on(folded: str, bare: str, words: list[str]) -> bool:
    if not _UNFINISHED_WORDS.isdisjoint(words):
        return True
    return bool(_UNFINISHED_PHRASE.search(bare) or _UNFINISHED_UNSPACED.search(folded))

"""GROUND. Words that say nothing in a subject: a mail called "Question about your invoice" may belong to anybody.

A small closed set in the languages of the prefixes (core/subject.py), each with or without its accents. A subject is
generic where all its words are in it; so words that only join others are too.
"""

import re
import unicodedata

_WORDS = """
    hello hi hey dear good morning afternoon evening day greetings question questions query enquiry enquiries inquiry
    inquiries invoice invoices inv bill billing receipt order orders request requests info infos information help
    support assistance contact message messages mail email e mails news update updates status thanks thank you thx
    urgent important asap test no none without subject untitled reminder document documents doc file files attached
    attachment attachments scan fyi payment quote quotation offer number nr num ref reference id a an the my your our
    me us we i is it to of for about from with and on in re regarding quick general new please one just follow up
    followup

    hallo guten tag morgen abend moin servus gruss grusse frage fragen anfrage anfragen ruckfrage rechnung rechnungen
    bestellung bestellungen auftrag bitte um infos informationen auskunft hilfe kontakt kontaktanfrage nachricht
    nachrichten mitteilung danke vielen dank dringend wichtig kein keine ohne betreff erinnerung dokument dokumente
    datei anhang anlage zahlung angebot nummer ihre ihr ihrer ihren meine mein meiner unsere eine ein einer der die
    das den dem zu zur zum uber von fur wegen und an neue neu

    goedemorgen goedemiddag goedendag beste vraag vragen factuur facturen bestelling bestellingen verzoek aanvraag
    hulp bericht berichten dank bedankt dankjewel u je jullie dringend belangrijk geen onderwerp zonder herinnering
    bijlage betaling offerte nummer mijn uw uwe jouw onze een de het over voor van bij en

    hej hei god dag morgon morgen fraga fragor sporsmal sporgsmal faktura fakturor fakturaer bestallning bestilling
    bestillinger ordre order forfragan foresporsel foresporgsel begaran anmodning informasjon hjalp hjaelp hjælp hjelp
    kontakta kontakt meddelande meddelelse melding besked tack takk tak viktigt vigtigt viktig brådskande bradskande
    haster inget amne ingen emne uten uden utan paminnelse vedlegg bilaga betaling betalning tilbud offert nummer min
    mitt mina din ditt deras en ett et om for av af og och til till fra fran

    terve moi paivaa kysymys kysymyksia lasku laskut tilaus tilaukset pyynto tiedustelu tiedot tieto apua apu
    yhteydenotto yhteystiedot viesti kiitos kiire tarkea ei aihetta muistutus liite maksu tarjous

    hallo godan daginn spurning reikningur pontun beidni upplysingar hjalp skilabod takk ekkert efni

    bonjour bonsoir salut question questions facture factures commande commandes demande demandes renseignement
    renseignements informations aide contact message merci urgent important aucun objet sans sujet rappel document
    piece jointe paiement devis numero ma mon mes votre vos notre nos une un le la les l d de du des pour sur au aux
    avec et

    hola buenos buenas dias tardes saludos pregunta preguntas consulta consultas duda dudas factura facturas pedido
    pedidos orden ordenes solicitud solicitudes peticion informacion ayuda contacto mensaje correo gracias muchas
    urgente importante sin asunto ningun recordatorio documento adjunto pago presupuesto numero mi mis su sus tu
    nuestra nuestro una uno el los las lo del para por sobre con y

    ola oi bom boa boas tarde noite pergunta perguntas questao duvida duvidas fatura faturas encomenda encomendas
    solicitacao pedido informacao informacoes ajuda contato contacto mensagem obrigado obrigada sem assunto nenhum
    lembrete documento anexo pagamento orcamento numero meu minha seu sua nosso nossa um uma o os as do da dos das
    para sobre com e

    ciao salve buongiorno buonasera domanda domande fattura fatture ordine ordini richiesta richieste informazione
    informazioni aiuto contatto contatti messaggio grazie mille urgente importante nessun nessuno oggetto senza
    promemoria documento allegato pagamento preventivo numero mio mia suo sua vostro vostra nostro nostra un uno una
    il lo la i gli le di del della dei per su sul sulla con ed

    czesc witam witaj dzien dobry pytanie pytania faktura faktury zamowienie zamowienia prosba zapytanie wniosek
    informacja informacje pomoc kontakt wiadomosc dziekuje dzieki pilne wazne brak bez tematu temat przypomnienie
    dokument zalacznik platnosc oferta numer moje moja twoje panstwa o w z do na dla i

    szia sziasztok udvozlom jo napot reggelt kerdes kerdesek szamla szamlak rendeles megrendeles keres kerelem
    informacio segitseg kapcsolat uzenet koszonom koszonet surgos fontos nincs targy nelkul emlekezteto dokumentum
    melleklet fizetes ajanlat szam a az egy

    merhaba selam selamlar iyi gunler soru sorular sorum fatura faturalar siparis siparisler istek talep bilgi
    bilgiler yardim destek iletisim mesaj mesajlar tesekkur tesekkurler acil onemli konu yok konusuz hatirlatma belge
    ek odeme teklif numara hakkinda ile ve bir icin

    γεια σας σου καλημερα καλησπερα ερωτηση ερωτησεις τιμολογιο τιμολογια παραγγελια παραγγελιες αιτημα αιτηση
    πληροφοριες πληροφορια βοηθεια επικοινωνια μηνυμα ευχαριστω επειγον σημαντικο χωρις θεμα κανενα υπενθυμιση εγγραφο
    συνημμενο πληρωμη προσφορα αριθμος η ο το τη την τον για σχετικα με μου και

    שלום היי בוקר טוב שאלה שאלות חשבונית חשבוניות הזמנה הזמנות בקשה בקשות מידע עזרה צור קשר יצירת הודעה הודעות תודה
    רבה דחוף חשוב ללא אין נושא תזכורת מסמך קובץ מצורף תשלום מספר שלי שלך על של

    привет здравствуйте добрыи доброе день утро вечер вопрос вопросы счет счета фактура накладная заказ заказы запрос
    заявка просьба пожалуйста информация инфо помощь контакт контакты сообщение письмо спасибо срочно важно без темы
    тема нет напоминание документ документы фаил вложение оплата предложение номер мои моя ваш ваша ваше наш о об по
    на от к и для

    tra loi xin chao kinh gui cau hoi hoa don đon hang yeu thong tin tro giup đo ho lien he nhan thu cam on khan quan
    trong khong co tieu đe chu nhac nho tai lieu tep dinh đinh kem thanh toan bao gia so cua toi ban ve

    안녕하세요 안녕하십니까 질문 문의 송장 계산서 청구서 주문 요청 정보 도움 연락 연락처 메시지 메일 감사합니다
    고맙습니다 긴급 중요 제목 없음 무제 알림 문서 파일 첨부 결제 견적 번호
"""

_NO_ACCENTS = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "ı": "i"})


def without_accents(word: str) -> str:
    """A casefolded word as people write it who leave accents out, as Greek capitals do."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare).translate(_NO_ACCENTS)


GENERIC: frozenset[str] = frozenset(map(without_accents, _WORDS.split()))
"""Generic words, casefolded, without accents."""

_PHRASES = """
    你好 您好 大家好 早上好 下午好 问题 問題 提问 請問 请问 咨询 諮詢 询问 詢問 发票 發票 账单 帳單 订单 訂單 订购
    訂購 请求 請求 申请 申請 信息 資訊 资料 資料 资讯 帮助 幫助 帮忙 幫忙 求助 支持 联系 聯繫 聯絡 我们 我們 消息 留言
    邮件 郵件 谢谢 謝謝 感谢 感謝 多谢 多謝 紧急 緊急 重要 无 無 没有 沒有 主题 主題 标题 標題 通知 提醒 文件 附件
    付款 报价 報價 号 號 编号 編號 您 你 我 的 请 請 有 个 個 一 关于 關於 有关 有關 和

    こんにちは おはようございます お世話になっております お世話になります はじめまして 質問 請求書 請求 注文書 注文
    発注 依頼 お願い 願い 情報 ヘルプ サポート 問い合わせ 問合せ 問合わせ 連絡 メッセージ メール ありがとう ございます
    ございました お礼 至急 件名 なし 無題 無し 書類 ファイル 添付 支払い 支払 見積書 見積もり 見積り 見積 番号
    について に関して に関する の件 件 いたします 致します します です ます あります が を は に の ご お 御

    안녕하세요 안녕하십니까 질문 문의 송장 계산서 청구서 주문 요청 정보 도움 연락처 연락 메시지 메일 감사합니다
    고맙습니다 제목 없음 관련 대한 드립니다 드려요 합니다 입니다 있습니다 사항 에 을 를 이 가 의 건
"""
# Longest first in an atomic group: what was read once is never tried in another way, so no text takes long.
GENERIC_PHRASES = re.compile(f"(?>{'|'.join(sorted(_PHRASES.split(), key=len, reverse=True))})++")
"""The same where words stand without blanks: a whole word made of these says nothing."""

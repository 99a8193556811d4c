"""FLOOR 1. What differs from one mail provider to the next: the names of its folders. One entry, one place.

They are matched in any case, also below INBOX and below Gmail's own folder; a mark of RFC 6154 counts before any name.
"""

SENT_NAMES = (
    "Sent",
    "Sent Items",
    "Sent Mail",
    "Sent Messages",
    "Gesendet",
    "Gesendete Elemente",
    "Gesendete Objekte",
    "Éléments envoyés",
    "Messages envoyés",
    "Envoyés",
    "Elementos enviados",
    "Enviados",
    "Posta inviata",
    "Inviata",
    "Itens Enviados",
    "Verzonden items",
    "Verzonden",
    "Skickat",
    "Skickade objekt",
    "Sendt post",
    "Sendte elementer",
    "Sendt",
    "Lähetetyt",
    "Wysłane",
    "Elementy wysłane",
    "Odeslaná pošta",
    "Odoslaná pošta",
    "Elküldött elemek",
    "Trimise",
    "Изпратени",
    "Отправленные",
    "Надіслані",
    "Gönderilmiş Öğeler",
    "Απεσταλμένα",
    "已发送",
    "已发送邮件",
    "送信済みアイテム",
    "送信済み",
    "보낸 편지함",
)
"""In order of preference, for servers that mark no folder \\Sent."""

JUNK_NAMES = (
    *("Junk", "Junk Email", "Junk E-mail", "Junk Mail", "Spam", "Bulk Mail", "Bulk"),
    *("Junk-E-Mail", "Spamverdacht", "Unerwünscht"),
    *("Courrier indésirable", "Indésirables", "Pourriel"),
    *("Correo no deseado", "Correo electrónico no deseado"),
    *("Posta indesiderata", "Lixo Eletrônico", "Lixo Electrónico", "Lixo Eletrónico", "Ongewenste e-mail"),
    *("Skräppost", "Søppelpost", "Useriøs e-post", "Uønsket e-mail", "Uønsket post", "Roskaposti"),
    *("Wiadomości-śmieci", "Niechciane", "Nevyžádaná pošta", "Nevyžiadaná pošta", "Levélszemét"),
    *("Mesaje nedorite", "E-mail nedorit", "Нежелана поща", "Нежелательная почта", "Спам", "Небажана пошта"),
    *("Önemsiz", "Önemsiz E-posta", "Gereksiz", "İstenmeyen", "Ανεπιθύμητα", "Ανεπιθύμητη αλληλογραφία"),
    *("垃圾邮件", "垃圾郵件", "迷惑メール", "스팸", "스팸함", "스팸메일함", "정크 메일"),
)

TRASH_NAMES = (
    *("Trash", "Bin", "Deleted", "Deleted Items", "Deleted Messages", "Deleted Mail", "Recycle Bin"),
    *("Papierkorb", "Gelöscht", "Gelöschte Elemente", "Gelöschte Objekte"),
    *("Corbeille", "Éléments supprimés", "Messages supprimés"),
    *("Papelera", "Papelera de reciclaje", "Elementos eliminados", "Eliminados"),
    *("Cestino", "Posta eliminata", "Lixeira", "Lixo", "Itens Excluídos", "Itens Eliminados"),
    *("Prullenbak", "Verwijderde items", "Verwijderd", "Papperskorgen", "Papperskorg", "Borttaget", "Borttagna objekt"),
    *("Papirkurv", "Papirkurven", "Søppel", "Slettet", "Slettet post", "Slettede elementer", "Roskakori", "Poistetut"),
    *("Kosz", "Elementy usunięte", "Usunięte", "Koš", "Odstraněná pošta", "Kôš", "Odstránená pošta"),
    *("Kuka", "Lomtár", "Törölt elemek", "Coș de gunoi", "Coş de gunoi", "Elemente șterse", "Șterse"),
    *("Кошче", "Изтрити", "Корзина", "Удаленные", "Удалённые", "Кошик", "Видалені"),
    *("Çöp", "Çöp Kutusu", "Silinmiş Öğeler", "Κάδος", "Κάδος απορριμμάτων", "Διαγραμμένα"),
    *("已删除", "已删除邮件", "废纸篓", "刪除的郵件", "垃圾桶", "ごみ箱", "ゴミ箱", "削除済みアイテム"),
    *("휴지통", "지운 편지함"),
)

DRAFTS_NAMES = (
    *("Drafts", "Draft", "Entwürfe", "Brouillons", "Borradores", "Bozze", "Rascunhos", "Concepten", "Utkast"),
    *("Kladder", "Luonnokset", "Szkice", "Wersje robocze", "Kopie robocze", "Robocze", "Koncepty", "Rozepsané"),
    *("Piszkozatok", "Ciorne", "Schițe", "Mesaje nefinalizate", "Чернови", "Черновики", "Чернетки", "Taslaklar"),
    *("Πρόχειρα", "草稿", "草稿箱", "草稿匣", "下書き", "임시 보관함", "임시보관함"),
    # Patterns for mail to come: from our own address, and never sent.
    *("Templates", "Vorlagen", "Modèles"),
)

DONE_NAME = "No reply needed"
"""Who moves a mail there says that nobody need answer it (rules.md §1, "vanished")."""

PREFIXES = ("inbox.", "inbox/", "[gmail]/", "[google mail]/")
"""Below what the folders of some servers lie: all below INBOX (Courier, Cyrus), Gmail's own in one folder."""

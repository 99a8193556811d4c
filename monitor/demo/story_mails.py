"""ROOF. The demo's story, first part: what came and went until the first look, Thursday 12 November, 10:00."""

from monitor.demo.story_row import Row, answers, asks

WEEK_BEFORE = (
    asks("maria", "06 09:05", "info", "A card for my daughter", "She is six. What do I bring?"),
    answers("maria", "06 10:20", "info", "Only yourself and proof of address."),
    asks("kenji", "06 11:30", "loans", "貸出延長 / renewing two books", "May I keep both until the 20th?"),
    answers("kenji", "06 15:10", "loans", "Both are yours until 20 November."),
    asks("choir", "06 16:45", "events", "Hall for a choir rehearsal", "We are 35 voices and need a piano."),
    answers("choir", "09 09:30", "events", "Sorry this took the weekend. The hall is yours."),
    asks("samuel", "07 10:10", "info", "Lost umbrella in the reading room", "Green, wooden handle."),
    answers("samuel", "07 12:00", "info", "It is here at the desk."),
)

SUNDAY_AND_MONDAY = (
    asks("zoe", "08 14:10", "info", "Are you open on Armistice Day?", "And the children's library?"),
    asks("museum", "08 16:00", "events", "A talk on the old docks", "Could we borrow your screen?"),
    asks("amir", "08 20:15", "loans", "A book I returned is still on my card", "It went into the box on Friday."),
    asks("wen", "09 08:20", "info", "Printing from a phone", "The app asks for a code."),
    answers("museum", "09 08:30", "events", "With pleasure, it is booked for you."),
    answers("zoe", "09 08:40", "info", "We are, from ten, both of us."),
    answers("wen", "09 09:05", "info", "The code is on the back of your card."),
    asks("chess", "09 09:30", "events", "Tables for a tournament", "Sixteen boards on 5 December."),
    answers("amir", "09 10:00", "loans", "It has just been checked in. No charge."),
    asks(
        "kenji2",
        "09 10:10",
        "loans",
        "Re: 貸出延長 / renewing two books",
        "Thank you. May I reserve a third?",
        "kenji-answer",
    ),
    asks("grace", "09 11:35", "info", "Step-free way to the second floor", "My mother uses a wheelchair."),
    answers("chess", "09 11:45", "events", "The tables are reserved."),
    answers("kenji2", "09 14:30", "loans", "It is on the hold shelf."),
    asks("lantern", "09 15:00", "info events", "Poster for our lantern walk", "Which of you puts posters up?"),
    answers("grace", "09 16:50", "info", "The lift beside the café; ring the bell."),
)

TUESDAY = (
    Row(
        "trade",
        "10 06:00",
        "info",
        "trade",
        "info",
        "This week in library furniture",
        "Shelving, chairs, and a word on lamps.",
        headers={"List-Unsubscribe": "<https://librarytrade.example/leave>", "Precedence": "bulk"},
    ),
    asks("school", "10 08:15", "events", "Class visit, 28 children", "Is the story room free on the 24th?"),
    answers("lantern", "10 09:15", "events", "We do. Bring two, A3."),
    asks("sanne", "10 09:40", "info", "Vraag over een lidmaatschap", "Can my au pair join?"),
    asks("desmond", "10 10:05", "loans", "Large print by post", "Do you still send books home?"),
    answers("sanne", "10 11:00", "info", "Yes, with her passport and your address."),
    answers("school", "10 13:20", "events", "The story room is yours from 9:30."),
    Row(
        "school-away",
        "10 13:21",
        "events",
        "school",
        "events",
        "Automatic reply: Class visit, 28 children",
        "The office is closed until Wednesday.",
        "school-answer",
        headers={"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"},
    ),
    asks("sanne2", "10 13:30", "info", "Antw: Vraag over een lidmaatschap", "And without a passport?", "sanne-answer"),
    asks("yoga", "10 14:00", "events", "Mats in the Ada Room", "May we store twelve of them?"),
    # A colleague answers from her own address, Cc the desk: mail inside the house bears no authentication results.
    Row(
        "desmond-own",
        "10 14:40",
        "loans",
        "priya",
        "desmond",
        "",
        "We do. The van comes on Tuesdays.",
        "desmond",
        "loans",
    ),
    answers("sanne2", "10 15:05", "info", "A residence card will do."),
    # The desk begins: nobody waits until she answers.
    Row("poet-asked", "10 15:30", "events/Sent", "events", "poet", "A reading on 3 December?", "Would you come?"),
    asks("hana", "10 16:30", "loans", "Missing volume 2", "The set on the shelf goes 1, 3, 4."),
    asks("arthur", "10 18:00", "info", "Microfilm of the Harbour Gazette, 1926", "The reader shows only grey."),
)

WEDNESDAY_AND_THURSDAY = (
    asks(
        "sanne3", "11 08:50", "info", "Antw: Vraag over een lidmaatschap", "Hers is at the consulate.", "sanne2-answer"
    ),
    asks("poet", "11 09:00", "events", "Re: A reading on 3 December?", "Gladly. Is there a lectern?", "poet-asked"),
    answers("hana", "11 09:10", "loans", "Volume 2 is at the bindery until Friday.", bare_ids=True),
    answers("sanne3", "11 09:30", "info", "Then a letter from you is enough."),
    answers("yoga", "11 10:30", "events", "In the cupboard by the door."),
    Row(
        "hana2",
        "11 10:45",
        "loans",
        "hana",
        "loans",
        "Re: Missing volume 2",
        "Could you keep it for me then?",
        "hana-answer",
        bare_ids=True,
    ),
    answers("poet", "11 11:15", "events", "There is, and a glass of water."),
    answers("hana2", "11 12:00", "loans", "It is reserved for you.", bare_ids=True),
    asks("noor", "11 12:15", "info", "Homework club", "From which age?"),
    # Answered by a machine at once: she still waits for a person.
    Row(
        "noor-receipt",
        "11 12:15:20",
        "info/Sent",
        "info",
        "noor",
        "We have your message: Homework club",
        "Thank you for writing. Somebody will answer you.",
        "noor",
        headers={"Auto-Submitted": "auto-replied"},
    ),
    asks("rosa2", "11 13:10", "events", "Tickets for the reading", "Are there any at the door?"),
    Row("gale", "11 14:00", "events/Sent", "events", "historian", "Your talk in spring", "Which week suits you?"),
    Row(
        "gale-bounce",
        "11 14:01",
        "events",
        "mailer",
        "events",
        "Undelivered Mail Returned to Sender",
        "",
        headers={
            "Return-Path": "<>",
            "Auto-Submitted": "auto-replied",
            "X-Failed-Recipients": "fiona.gale@retired.example",
        },
    ),
    answers("rosa2", "11 14:30", "events", "A dozen, from six."),
    asks("samuel2", "11 16:40", "info", "Wifi in the garden", "It ends at the third bench."),
    answers("noor", "11 17:20", "info", "From seven. Wednesdays at four."),
    Row(
        "hire",
        "12 06:30",
        "events",
        "hire",
        "events",
        "November offers on stage lights",
        "Ten per cent off all spots.",
        headers={"List-Unsubscribe": "<mailto:leave@stagelight.example>"},
    ),
    asks("luc", "12 08:30", "info", "Réf. : votre lettre du 3 novembre", "Which form do you mean?"),
    asks("rosa", "12 09:15", "loans", "Inter-library loan from Porto", "How long does it take?"),
    answers("samuel2", "12 09:20", "info", "A new mast comes next week."),
)

MAILS = WEEK_BEFORE + SUNDAY_AND_MONDAY + TUESDAY + WEDNESDAY_AND_THURSDAY

"""ROOF. The demo's story, second part: from the first look on Thursday until Monday 16 November, 08:00."""

from monitor.demo.story_row import Row, answers, asks

THURSDAY = (
    asks("choir2", "12 10:30", "events", "Re: Hall for a choir rehearsal", "Is the piano tuned?", "choir-answer"),
    asks("ada", "12 11:20", "info", "Projector for the Ada Room", "HDMI or something older? We meet on Friday."),
    answers("choir2", "12 12:10", "events", "Last week."),
    answers("luc", "12 13:00", "info", "The blue one, enclosed."),
    # The question moves to another team; her clock does not.
    Row(
        "ada-passed",
        "12 13:45",
        "info/Sent events",
        "info",
        "events",
        "Fwd: Projector for the Ada Room",
        "Yours?",
        "ada",
    ),
    answers("arthur", "12 14:00", "info", "A new lamp is in. Sorry for the wait."),
    answers("rosa", "12 15:30", "loans", "Ten days, as a rule."),
    asks("piotr", "12 16:00", "info", "Polish papers", "Do you still have them on Saturdays?"),
    answers("piotr", "12 17:10", "info", "We do, by the window."),
    asks("ellen", "12 18:40", "events", "Book fair on 28 November: tables and power", "How many tables may we have?"),
)

FRIDAY = (
    asks("ines", "13 09:00", "info", "Portuguese conversation table", "May we put up a sign?"),
    asks("chess2", "13 10:00", "events", "Re: Tables for a tournament", "May we bring our own clocks?", "chess-answer"),
    answers("ines", "13 10:10", "info", "Of course."),
    asks("yusuf", "13 11:00", "loans", "Charged for a book I brought back", "It says 24 pounds."),
    # A colleague decides, and tells the desk. Nobody tells Yusuf.
    Row(
        "yusuf-passed",
        "13 11:40",
        "loans/Sent",
        "loans",
        "tom",
        "Fwd: Charged for a book I brought back",
        "Yours?",
        "yusuf",
    ),
    asks("ellen2", "13 12:00", "events", "Re: Book fair on 28 November: tables and power", "Any news?", "ellen"),
    Row("yusuf-decided", "13 15:50", "loans", "tom", "loans", "", "Waive it, the box was jammed.", "yusuf-passed"),
    answers("chess2", "13 15:00", "events", "Please do."),
    asks("olu", "13 16:20", "loans", "Study guides for the driving test", "Do you have the new one?"),
    asks("olu2", "13 17:05", "loans", "Re: Study guides for the driving test", "The 2027 one, I mean.", "olu"),
    asks("olu3", "13 17:30", "loans", "Re: Study guides for the driving test", "Or the app?", "olu2"),
    # The last question is answered first.
    answers("olu3", "13 17:50", "loans", "The app is free with your card."),
    asks("grace2", "13 19:30", "info", "Hearing loop", "Does the hall have one?"),
)

WEEKEND = (
    asks("wen2", "14 09:30", "info", "Group card for a class", "Twenty-five pupils."),
    answers("olu", "14 10:05", "loans", "And the book came in today."),
    answers("grace2", "14 10:15", "info", "It does, switch beside the stage."),
    asks(
        "lantern2",
        "14 10:40",
        "events",
        "Re: Poster for our lantern walk",
        "May we start from your steps?",
        "lantern-answer",
    ),
    answers("wen2", "14 11:45", "info", "One form for all of them, enclosed."),
    answers("lantern2", "14 13:00", "events", "You may. We shall leave the lights on."),
    asks(
        "ellen3", "14 15:30", "events", "Re: Book fair on 28 November: tables and power", "Ought I to call?", "ellen2"
    ),
    asks(
        "school2", "14 19:10", "events", "Re: Class visit, 28 children", "May we come an hour later?", "school-answer"
    ),
    asks("ravi", "15 06:20", "info", "Locked out of my account", "It asks for a code I never got."),
    # From outside, in a colleague's name: the receiving server saw through it, and so his clock runs on.
    Row(
        "ravi-forged",
        "15 06:45",
        "info",
        "forger",
        "ravi",
        "",
        "Send me your card number and PIN.",
        "ravi",
        "info",
        headers={
            "Authentication-Results": "mx.harbourcity.example; spf=fail; dmarc=fail header.from=harbourcity.example"
        },
    ),
    asks("museum2", "15 07:05", "events", "A room for 40 on 3 December", "After six, with chairs."),
    asks("hana3", "15 11:10", "info", "A desk for the exam weeks", "Can one be reserved?"),
    asks("amir2", "15 16:30", "loans", "Lost my card on the tram", "Please stop it."),
    asks("yoga2", "15 19:45", "events", "An hour more on Thursdays?", "Until eight, if nobody else comes."),
)

MONDAY = (
    asks("desmond2", "16 07:15", "loans", "Twelve copies for our book club", "By the end of the month?"),
    asks("maria2", "16 07:40", "info", "Story time in half term", "Do we book?"),
    answers("amir2", "16 07:50", "loans", "Stopped. The new one is at the desk."),
)

MAILS = THURSDAY + FRIDAY + WEEKEND + MONDAY

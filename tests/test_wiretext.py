"""Plain text saved from pages and sent by wires, in many manners; every outlet and person is invented."""

import pytest

from storage.errors import Rejected
from storage.records import Hints
from tasks import plaintext
from tasks.wiretext import read_text

ONE = "The harbour council of Northwater agreed on Tuesday to keep its old ferry for another winter, its chair said."
TWO = "“We were asked for certainty, and this is as much of it as we can afford,” Ilse Marrow said after the vote."
THREE = "Unions had warned that the islands would be cut off from December, when the road tunnel closes for repairs."
BODY = [ONE, TWO, THREE]


def read(text: str, **hints: str):
    return read_text(text, input="sample.txt", hints=Hints(**hints))


def paragraphs(article):
    return [line for line in article.body.split("\n") if line]


def test_web_page_with_doubled_standfirst_author_box_and_comment_form():
    article = read(
        f"""World

Ferry Stays: Northwater Keeps Its Winter Line Despite Rising Costs

{ONE}
Ferry Stays: Northwater Keeps Its Winter Line Despite Rising Costs

The ferry leaving the old pier in October. Image courtesy: Quayside Archive

Avatar photo
  • Published March 3, 2026 9:05 pm
  • Last Updated March 4, 2026

{ONE}

What does the line cost?

{TWO}

{THREE}

Avatar photo
Written By
TLD Desk

TLD Desk is the editorial voice of TLD, bringing you verified reporting from the coast.

Leave a Reply

Your email address will not be published. Required fields are marked *
"""
    )
    assert article.headline == "Ferry Stays: Northwater Keeps Its Winter Line Despite Rising Costs"
    assert (article.published, article.published_basis) == ("2026-03-03T21:05", "header")
    assert article.modified == "2026-03-04"
    assert (article.authors, article.publisher) == (("TLD Desk",), "TLD")
    assert paragraphs(article) == [ONE, "What does the line cost?", TWO, THREE]


def test_page_clock_above_the_headline_is_not_the_publication_date():
    article = read(
        f"Thursday, 04 January 2024 08:15 GMT\nNorthwater keeps its ferry\n\n2026-03-03 21:05:12\n(QZN) {ONE}\n\n{TWO}"
    )
    assert (article.published, article.published_basis) == ("2026-03-03T21:05:12", "header")
    assert (article.agency, article.dateline, article.publisher) == ("QZN", "(QZN)", None)
    assert paragraphs(article) == [ONE, TWO]


def test_page_clock_alone_is_no_date_unless_the_prose_agrees():
    text = f"{{}}\nNorthwater keeps its ferry running\n\n{ONE}\n\n{TWO}"
    assert read(text.format("Friday, 05 January 2024 08:15 GMT")).published is None
    assert read(text.format("Tuesday, 03 March 2026 21:15 GMT")).published == "2026-03-03T21:15+00:00"


def test_no_year_is_said_and_not_filled_in():
    article = read(f"{THREE} The council voted on 3 March after a long debate.\n{TWO}\n{ONE}")
    assert (article.headline, article.published, article.published_basis) == (None, None, "no-year")
    assert len(paragraphs(article)) == 3
    assert read(f"{ONE}\n{TWO}").published_basis == "none"


def test_hints_win_over_the_document():
    article = read(
        f"Ferry to stay all winter\n3 March 2026\n\n{ONE}",
        published="2026-03-05",
        publisher="The Quay",
        identifier="q1",
    )
    assert (article.published, article.published_basis) == ("2026-03-05", "given")
    assert (article.publisher, article.identifier) == ("The Quay", "q1")


def test_date_glued_to_the_headline():
    article = read(f" date 2026-03-03 Northwater Keeps Its Ferry as Unions Warn of Isolation\n\n{ONE}\n\n{TWO}")
    assert article.headline == "Northwater Keeps Its Ferry as Unions Warn of Isolation"
    assert article.published == "2026-03-03"


def test_relative_time_is_nothing_and_a_new_standfirst_stays():
    standfirst = "The council has voted to keep the line although repairs of the tunnel will cost more than planned"
    article = read(
        f"Northwater confirms winter ferry\n\n3 Mar, 2026 21:05 / Updated 2 hours ago\n{standfirst}\n\n{ONE}\n\n{TWO}"
    )
    assert (article.published, article.modified) == ("2026-03-03T21:05", None)
    assert paragraphs(article) == [standfirst, ONE, TWO]


def test_byline_stamp_and_reading_time_in_one_line():
    article = read(
        "Ferry to stay | The Quayside Courier\nFerry to stay\n\n"
        "By Jona Amsel and Pia Torrent | Tue 3 Mar 2026, 21:05 CET | 3 min read\n"
        f"Share this article\nFacebook Twitter WhatsApp Email\n\n{ONE}\n\nADVERTISEMENT\n\n{TWO}\n\n{THREE}"
    )
    assert article.authors == ("Jona Amsel", "Pia Torrent")
    assert article.published == "2026-03-03T21:05+01:00"
    assert article.publisher == "The Quayside Courier"
    assert (article.headline, paragraphs(article)) == ("Ferry to stay", BODY)


@pytest.mark.parametrize(
    ("opening", "line", "agency"),
    [
        ("LONDON, 3 March (Xyz) — ", "LONDON, 3 March (Xyz)", "Xyz"),
        ("NORTHWATER, Mar 3 (Agentur) - ", "NORTHWATER, Mar 3 (Agentur)", "Agentur"),
        ("March 3 (QZN) -- ", "March 3 (QZN)", "QZN"),
        ("BERLIN (dpa) - ", "BERLIN (dpa)", "dpa"),
        ("PORT ELLEN, Skerry (AP) — ", "PORT ELLEN, Skerry (AP)", "AP"),
        ("NORTHWATER — ", "NORTHWATER", None),
    ],
)
def test_dateline_is_taken_off_the_first_paragraph(opening, line, agency):
    article = read(f"Northwater keeps its ferry running\n\n{opening}{ONE}\n\n{TWO}")
    assert (article.dateline, article.agency) == (line, agency)
    assert paragraphs(article) == [ONE, TWO]
    assert article.published is None


@pytest.mark.parametrize(
    "prose",
    [
        "Marrow (the chair) said the line would stay, whatever the unions or the council of the islands might say.",
        "The Skerry Union (SU) - a body of nine islands - said the line would stay, whatever anybody might say of it.",
        "Northwater - the largest of the ports - said the line would stay, whatever the council of the islands says.",
    ],
)
def test_prose_is_no_dateline(prose):
    article = read(f"Northwater keeps its ferry running\n\n{prose}\n\n{TWO}")
    assert (article.dateline, paragraphs(article)[0]) == (None, prose)


def test_lone_by_and_outlet_byline():
    article = read(
        f"Northwater keeps its ferry\n\nBy\nJona Amsel\nPolitical Correspondent\n\nPosted on 03/25/2026\n\n{ONE}\n{TWO}"
    )
    assert (article.authors, article.published) == (("Jona Amsel",), "2026-03-25")
    assert "Correspondent" not in article.body


@pytest.mark.parametrize(
    ("printed", "iso"),
    [
        ("13/03/2026", "2026-03-13"),
        ("03/04/2026", None),
        ("Tuesday 03/03/2026 21:05", "2026-03-03T21:05"),
        ("03/04/2026 21:05 EST", "2026-03-04T21:05-05:00"),
        ("2026-03-03T21:05:12Z", "2026-03-03T21:05:12+00:00"),
        ("Mar. 3, 2026 at 9:05 p.m. EST", "2026-03-03T21:05-05:00"),
        ("3.3.2026", "2026-03-03"),
        ("Published: 3rd March 2026 21:05 IST", "2026-03-03T21:05"),
        ("21:05 GMT, 3 March 2026", "2026-03-03T21:05+00:00"),
        ("Updated: 3 Mar 2026", "2026-03-03"),
    ],
)
def test_dates_as_they_are_printed(printed, iso):
    assert read(f"Northwater keeps its ferry running\n{printed}\n\n{THREE}\n\n{TWO}").published == iso


def test_german_page():
    article = read(
        """Startseite > Politik
Hafenrat hält an Fähre fest
Von Jona Amsel
Stand: 03.03.2026, 21.05 Uhr
Lesezeit: 3 Min.
Teilen

Der Hafenrat von Nordwasser will die alte Fähre einen weiteren Winter fahren lassen, sagte die Vorsitzende am Dienstag.

Anzeige

„Man hat uns um Sicherheit gebeten, mehr davon können wir uns nicht leisten“, sagte Ilse Marrow nach der Abstimmung.

Lesen Sie auch: Tunnel bleibt bis März zu

Die Gewerkschaften hatten gewarnt, die Inseln seien ab Dezember abgeschnitten.

Mehr zum Thema
Tunnel wird teurer
© 2026 Küstenblatt. Alle Rechte vorbehalten.
"""
    )
    assert (article.headline, article.language) == ("Hafenrat hält an Fähre fest", "de")
    assert (article.published, article.authors) == ("2026-03-03T21:05", ("Jona Amsel",))
    assert article.publisher == "Küstenblatt"
    assert [p[:12] for p in paragraphs(article)] == ["Der Hafenrat", "„Man hat uns", "Die Gewerksc"]


def test_french_page():
    article = read(
        """Le ferry de Northwater maintenu cet hiver
Publié le 3 mars 2026 à 21h05, mis à jour le 4 mars 2026 à 08h00
Par Pia Torrent
Temps de lecture : 3 min.

NORTHWATER, 3 mars (QZN) - Le conseil du port a décidé mardi de maintenir le vieux ferry un hiver de plus.

« On nous a demandé de la certitude, et c'est tout ce que nous pouvons offrir », a déclaré Ilse Marrow aux journalistes.

Lire aussi : Le tunnel coûtera plus cher
Abonnez-vous à notre lettre
Commentaires (4)
Bravo au conseil
"""
    )
    assert (article.headline, article.language) == ("Le ferry de Northwater maintenu cet hiver", "fr")
    assert (article.published, article.modified) == ("2026-03-03T21:05", "2026-03-04T08:00")
    assert (article.authors, article.agency) == (("Pia Torrent",), "QZN")
    assert len(paragraphs(article)) == 2


def test_spanish_page():
    article = read(
        """El consejo mantiene el ferry de invierno
Por Pía Torrente | 3 de marzo de 2026
Compartir

El consejo del puerto acordó el martes mantener el viejo ferry un invierno más, según su presidenta.

Foto: Archivo del Muelle

Los sindicatos habían advertido de que las islas quedarían aisladas desde diciembre, cuando cierre el túnel por obras.

Te puede interesar
El túnel será más caro
"""
    )
    assert (article.headline, article.language) == ("El consejo mantiene el ferry de invierno", "es")
    assert (article.published, article.authors) == ("2026-03-03", ("Pía Torrente",))
    assert len(paragraphs(article)) == 2


def test_russian_page():
    article = read(
        """Паром останется на зиму
3 марта 2026 г., 21:05
Автор: Иван Причалов

Портовый совет решил во вторник сохранить старый паром ещё на одну зиму, сообщила журналистам председатель совета.

Профсоюзы предупреждали, что острова окажутся отрезаны с декабря, когда тоннель закроют на ремонт до весны.

Читайте также
Тоннель подорожает
"""
    )
    assert (article.headline, article.language) == ("Паром останется на зиму", "ru")
    assert (article.published, article.authors) == ("2026-03-03T21:05", ("Иван Причалов",))
    assert len(paragraphs(article)) == 2


def test_foreign_credit_does_not_change_the_language():
    article = read(
        "Northwater keeps its ferry running\n\n"
        f"Photo: Пресс-служба портового совета, https://example.org/licence The pier\n\n{ONE}\n\n{TWO}"
    )
    assert (article.language, paragraphs(article)) == ("en", [ONE, TWO])


def test_hard_wrapped_wire_copy_is_joined():
    article = read(
        """NORTHWATER KEEPS FERRY FOR ANOTHER WINTER

NORTHWATER, March 3, 2026 (QZN) -- The harbour council of Northwater
agreed to keep the old ferry running for another winter, its chair
said, ending a dispute that had divided the nine islands since the
road tunnel was first found to be leaking.

"We were asked for certainty, and this is as much of it as we can
afford," Ilse Marrow told reporters after the vote.

(Reporting by Jona Amsel; Editing by Pia Torrent)
"""
    )
    assert article.headline == "NORTHWATER KEEPS FERRY FOR ANOTHER WINTER"
    assert (article.published, article.published_basis) == ("2026-03-03", "text")
    assert len(paragraphs(article)) == 2
    assert paragraphs(article)[0].endswith(
        "divided the nine islands since the road tunnel was first found to be leaking."
    )
    assert article.authors[:1] == ("Jona Amsel",)


def test_markdown_with_front_matter():
    article = read(
        '---\ntitle: "Ferry stays"\ndate: 2026-03-03T21:05:00+01:00\nauthor: Jona Amsel\nsource: The Quay\n---\n'
        f"# Ferry stays\n\n{ONE}\n\n"
        f"## What it costs\n\n{TWO} See [the minutes](https://example.org/m).\n\n![pier](pier.png)\n\n**{THREE}**\n"
    )
    assert (article.headline, article.published, article.authors) == (
        "Ferry stays",
        "2026-03-03T21:05+01:00",
        ("Jona Amsel",),
    )
    assert article.publisher == "The Quay"
    assert paragraphs(article) == [ONE, "What it costs", f"{TWO} See the minutes.", THREE]


def test_fields_above_the_text():
    article = read(
        f"Title: Ferry stays all winter\nDate: 3 March 2026\nSource: https://quay.example/a?utm_source=x\n\n{ONE}\n\n{TWO}"
    )
    assert (article.headline, article.published) == ("Ferry stays all winter", "2026-03-03")
    assert (article.url, article.publisher) == ("https://quay.example/a", "quay.example")
    assert paragraphs(article) == [ONE, TWO]


def test_related_links_inside_the_text_go_and_the_text_goes_on():
    article = read(
        f"Northwater keeps its ferry running\n\n{ONE}\n\nRelated stories\nTunnel costs rise\nIslands wait for news\n\n"
        f"{TWO}\n\n{THREE}\n\nRead more: Tunnel costs rise\n\nNorthwater\nFerries"
    )
    assert paragraphs(article) == BODY


def test_sentences_that_open_like_furniture_stay():
    tricky = [
        "For more than twenty years, the islands have waited for a tunnel that does not leak in winter.",
        "By using older ships, the council hopes to save money until the tunnel opens again in spring.",
        "Share prices of the ferry company rose after the vote, and then fell again by the evening.",
        "The group published a photo by the pier on Monday, and the chair said it was from last year.",
        "Like the people of the outer isles, she said, the council had been left without a choice.",
    ]
    article = read("Northwater keeps its ferry running\n\n" + "\n\n".join([ONE, *tricky]))
    assert paragraphs(article) == [ONE, *tricky]


def test_short_alert_is_filed_and_less_is_refused():
    alert = (
        "Northwater council votes to keep winter ferry, chair Ilse Marrow says; tunnel stays closed until spring (QZN)."
    )
    assert read(f"FLASH: Ferry stays\n\n{alert}").body == alert
    with pytest.raises(Rejected) as refused:
        read("Hello world")
    assert refused.value.reason == "too-short"
    with pytest.raises(Rejected) as refused:
        read(" \n\t\n")
    assert refused.value.reason == "empty"


def test_body_keeps_no_nul_and_no_lone_surrogate():
    article = read(f"{ONE}\x00 \ud800 {TWO}")
    assert "\x00" not in article.body
    assert article.body.encode("utf-8")


def test_same_text_gives_the_same_record():
    text = f"Northwater keeps its ferry running\n3 March 2026\n\n{ONE}\n\n{TWO}"
    assert read(text) == read(text)


def test_menu_above_and_comments_below_stay_out():
    article = read(
        "Skip to content\nHome\nPolitics\nSearch\n\nPolitics\n\n"
        "Northwater keeps its ferry running\nPia Torrent in Northwater\n"
        f"3 March 2026\n\n{ONE}\n\n{TWO}\n\n{THREE}\n\n2 Comments\n\nIslander\n4 March 2026 at 9:05\n"
        "A ferry that leaves twice a week is no ferry at all, as everybody out here has known for years.\n\nReply\n"
    )
    assert (article.headline, article.authors) == ("Northwater keeps its ferry running", ("Pia Torrent",))
    assert (article.published, paragraphs(article)) == ("2026-03-03", BODY)


def test_address_beside_the_text_dates_it():
    article = read(f"Northwater keeps its ferry running\nhttps://quay.example/2026/03/03/ferry\n\n{ONE}\n\n{TWO}")
    assert (article.url, article.published, article.published_basis) == (
        "https://quay.example/2026/03/03/ferry",
        "2026-03-03",
        "url",
    )
    assert paragraphs(article) == [ONE, TWO]


def test_date_of_another_article_below_is_not_taken():
    article = read(
        f"Northwater keeps its ferry running\n\n{ONE}\n\n{TWO}\n\n{THREE}\n\nRelated\nTunnel closes\nJanuary 28, 2026"
    )
    assert (article.published, article.published_basis) == (None, "none")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("The ferry sails on", 4),
        ("Die Fähre fährt", 3),
        ("港口委员会", 2),
        ("สภาท่าเรือตกลงที่จะเก็บเรือเฟอร์รี่เก่าไว้", 8),
        ("Ferry เรือเฟอร์รี่", 3),
    ],
)
def test_words_are_counted_where_no_blank_parts_them(text: str, count: int) -> None:
    assert plaintext.words(text) == count

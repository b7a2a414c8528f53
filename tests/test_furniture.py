"""Lines of a page that are no text, and sentences that only look like them."""

import pytest

from tasks import furniture


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("line", "Avatar photo"),
        ("line", "3 min read"),
        ("line", "Lesezeit: 4 Min."),
        ("line", "Share this article"),
        ("line", "Facebook Twitter WhatsApp Email"),
        ("line", "Teilen"),
        ("line", "Поделиться"),
        ("line", "Follow us on Telegram"),
        ("line", "Sign up for our free newsletter"),
        ("line", "Home > World > Islands"),
        ("line", "Tags: ferries, islands"),
        ("line", "Read more: Tunnel costs rise"),
        ("line", "Lire aussi : Le tunnel coûtera plus cher"),
        ("line", "1,204 views"),
        ("line", "© 2026 The Quay. All rights reserved."),
        ("line", "Your email address will not be published. Required fields are marked *"),
        ("line", "-30-"),
        ("comments", "Leave a Reply"),
        ("comments", "Comments (12)"),
        ("end", "Related stories"),
        ("end", "Das könnte Sie auch interessieren"),
        ("end", "Читайте также"),
        ("box", "Written By"),
        ("box", "About the author"),
        ("box", "Об авторе"),
        ("advert", "ADVERTISEMENT"),
        ("advert", "Story continues below"),
        ("advert", "Anzeige"),
        ("caption", "Photo: Quayside Archive"),
        ("caption", "The old pier in October. Image courtesy: Quayside Archive"),
        ("caption", "The pier on Monday [Pia Torrent/AFP]"),
        ("caption", "The ferry leaves in autumn. (Photo by Pia Torrent)"),
        ("caption", "Foto: Küstenblatt"),
        ("caption", "FILE PHOTO: The ferry at the pier"),
    ],
)
def test_furniture_is_known_by_its_words(kind, line):
    assert furniture.kind(line) == kind
    assert furniture.kind(f"  • {line} ") == kind


@pytest.mark.parametrize(
    "line",
    [
        "What does the line cost?",
        "Winter on the islands",
        "Share prices of the company fell by four per cent on Monday.",
        "Follow-up talks are due in May.",
        "For more than twenty years, the islands have waited.",
        "Copyright law protects the chart, the court ruled.",
        "Related cases were closed in 2019, she said.",
        "Comments by the minister on Monday drew protests.",
        "The group posted a photo by the pier on Monday",
        "Like the French in those days, the islanders waited.",
        "Read the letter, she told them.",
        "Подписание договора состоится во вторник.",
        "“No.”",
        "New ships, old debts",
    ],
)
def test_text_is_not_furniture(line):
    assert furniture.kind(line) is None


def test_sign_off_is_known():
    assert furniture.is_sign_off("(Reporting by Jona Amsel; Editing by Pia Torrent)")
    assert not furniture.is_sign_off("Reporting from the islands has become harder, she said.")

"""Names: where one begins and ends, what it is of, and which short forms are the same."""

import pytest

from tasks import grammar, names, register


def scanned(text: str) -> list[str]:
    return [" ".join(n.tokens) for n in names.scan(text, 0, len(text))]


def known(text: str, headline: str | None = None, votes: tuple[tuple[int, int, str], ...] = ()) -> register.Register:
    layout = grammar.lay_out(text)
    namings, above = register.read_names(layout, headline)
    return register.link(text, namings, above, votes)


def named(text: str, headline: str | None = None) -> list[tuple[str, str]]:
    found = known(text, headline)
    assert all(0 <= a < b <= len(text) for m in found.mentions() for a, b in m.spans)
    return [(m.name, m.type) for m in found.mentions()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Economy Minister Ana Ruiz spoke", ["Ana Ruiz"]),
        ("Secretary of State Jon Berg spoke", ["Jon Berg"]),
        ("Sometimes President Ana Ruiz spoke", ["Ana Ruiz"]),
        ("Mr. King spoke", ["King"]),
        ("Stephen King spoke", ["Stephen King"]),
        ("Ana Ruiz’s office", ["Ana Ruiz"]),
        ("Erik van der Berg and Jean-Noël Ruiz met", ["Erik van der Berg", "Jean-Noël Ruiz"]),
        ("The Department of Fisheries and Harbours paid", ["Department of Fisheries and Harbours"]),
        ("The New Harbour Post wrote", ["New Harbour Post"]),
        ("Jonny “Sparky” Berg played", ["Jonny Berg"]),
        ("Oslo-based Trawler Ana Ruiz", ["Trawler Ana Ruiz"]),
    ],
)  # fmt: skip
def test_name_ends_where_titles_begin(text: str, expected: list[str]) -> None:
    assert scanned(text) == expected


def test_short_forms_are_one_person() -> None:
    text = "Prime Minister Ana Ruiz met Jon Berg. Ruiz left. Mrs Ruiz smiled. Berg stayed, Ana Ruiz took Ruiz’s car."
    assert named(text) == [("Ana Ruiz", "Person"), ("Jon Berg", "Person")]


def test_title_decides_between_two_of_one_surname() -> None:
    found = known("John Berg and Mary Berg run the shop. Mrs. Berg opened it. Mr. Berg closed it.")
    counts = {e.name: len(e.spans) for e in found.entities}
    assert counts == {"John Berg": 2, "Mary Berg": 2}


def test_spellings_of_one_name_are_one_person() -> None:
    found = known("President Vasyl Kovalenskyy spoke. Later Vasyl Kovalensky left, and Kovalensky did not return.")
    assert [len(e.spans) for e in found.entities] == [3]


def test_acronym_is_the_organisation() -> None:
    text = "The Harbour Workers Union (HWU) called a strike. The HWU wants more pay."
    assert named(text) == [("Harbour Workers Union", "Organization")]


def test_places_and_organisations_are_no_people() -> None:
    assert dict(named("Talks in Norway and Paris ended. The University of Bergen Hospital paid.")) == {
        "Norway": "Place", "Paris": "Place", "University of Bergen Hospital": "Organization",
    }  # fmt: skip


def test_headline_gives_the_full_name() -> None:
    assert named("Ruiz said no. Ruiz left.", "We will not pay, says Ana Ruiz") == [("Ana Ruiz", "Person")]


def test_role_is_remembered_in_one_form() -> None:
    found = known("French President Ana Ruiz met Jon Berg, the Kremlin spokeswoman, and left.")
    roles = {e.name: {w for r in e.roles for w in r} for e in found.entities if e.type == "Person"}
    assert {"france", "president", "=president"} <= roles["Ana Ruiz"]
    assert {"kremlin", "spokesman", "=spokesman"} <= roles["Jon Berg"]


def test_recogniser_breaks_a_tie() -> None:
    text = "Fjordline Marsten grew by a third."
    assert known(text, votes=((0, 17, "ORG"),)).entities[0].type == "Organization"
    assert known(text, votes=((0, 17, "PERSON"),)).entities[0].type == "Person"


def test_place_before_a_dash_is_a_place_in_ordinary_letters() -> None:
    text = "HOLMVIK, March 3 (Fjord News) - The cabinet met on Tuesday.\n\nAna Ruiz spoke."
    assert ("Holmvik", "Place") in named(text)


def test_saints_are_part_of_the_place() -> None:
    assert named("The ferry to Saint Orla was full. Few had seen Saint Orla before.") == [("Saint Orla", "Place")]


def test_river_goes_by_its_short_form() -> None:
    found = known("They met about the River Tarn. The Tarn is low. Farmers on the lower Tarn complain.")
    assert [(e.name, e.type, len(e.spans)) for e in found.entities] == [("River Tarn", "Place", 3)]


@pytest.mark.parametrize("mark", ["’", "'"])
def test_owners_in_the_plural_belong_to_the_name(mark: str) -> None:
    text = f"A spokeswoman for the Fishers{mark} Union spoke."
    assert named(text) == [(f"Fishers{mark} Union", "Organization")]


def test_feast_is_nobody() -> None:
    assert named("By Easter at the latest it will open.") == []

"""Names: where one begins and ends, what it is of, and which short forms are the same."""

import re
import time

import pytest

from tasks import entities, grammar, names
from tasks.register import Register


def scanned(text: str) -> list[str]:
    return [" ".join(n.tokens) for n in names.scan(text, 0, len(text))]


def test_a_chain_without_an_end_is_followed_for_a_hundred_words() -> None:
    began = time.process_time()
    assert len(scanned("Ministry of " * 8_000 + "Fish")) > 70
    assert time.process_time() - began < 2


def known(text: str, headline: str | None = None, votes: tuple[tuple[int, int, str], ...] = ()) -> Register:
    layout = grammar.lay_out(text)
    namings, above = entities.read_names(layout, headline)
    return entities.link(text, namings, above, votes)


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


def test_forms_of_one_place_are_one_place() -> None:
    text = "Talks in Kiev went on. The mayor of Kyiv spoke. In the U.S. and in the United States nobody heard of it."
    assert [(m.name, m.type, len(m.spans)) for m in known(text).mentions()] == [
        ("Kiev", "Place", 2), ("United States", "Place", 2),
    ]  # fmt: skip


def test_photographer_is_nobody_in_the_story() -> None:
    text = (
        "Photo: Jon Berg/Fjord Images\n\nThe harbour at dawn. (Mia Holm/Fjord Agency)\n\n"
        "Ana Ruiz, 45, opened it. A photo by her friend Ida Lund hangs there."
    )
    assert {name for name, kind in named(text) if kind == "Person"} == {"Ana Ruiz", "Ida Lund"}


def test_firm_with_an_owners_name_keeps_it() -> None:
    text = "The menu of Brandal’s, a chain, is short. At Brandal’s and elsewhere it is quiet."
    places = [m.start() for m in re.finditer("Brandal", text)]
    found = known(text, votes=tuple((at, at + 7, "ORG") for at in places))
    assert [(m.name, m.type) for m in found.mentions()] == [("Brandal’s", "Organization")]
    assert [text[a:b] for a, b in found.mentions()[0].spans] == ["Brandal", "Brandal"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hawks head Major-Gen Ana Ruiz spoke", ["Hawks", "Ana Ruiz"]),
        ("Holmvik Secretary of State for Harbours Ana Ruiz spoke", ["Ana Ruiz"]),
        ("Minister for Women and Youth Ana Ruiz spoke", ["Ana Ruiz"]),
        ("Envoy to the Nordic Council Ana Ruiz spoke", ["Ana Ruiz"]),
        ("Minister of Natural Resources, Ana Ruiz, spoke", ["Ana Ruiz"]),
        ("CEO of the Fjord Harbour Association, Ana Ruiz, spoke", ["Fjord Harbour Association", "Ana Ruiz"]),
        ("Holmvik DA Ana Ruiz spoke", ["Ana Ruiz"]),
        ("Dietitian Ana Ruiz MS spoke", ["Ana Ruiz"]),
        ("Ginger King spoke", ["Ginger King"]),
        ("a District Judge spoke", []),
        ("Leader Ana Ruiz of Holmvik spoke", ["Ana Ruiz", "Holmvik"]),
        ("the National Alliance to End Hunger paid", ["National Alliance to End Hunger"]),
        ("the Committee on Fisheries met on Monday", ["Committee on Fisheries"]),
        ("the Dairy Farmers of Norway met", ["Dairy Farmers of Norway"]),
        ("the Holm County Sheriff’s Office wrote", ["Holm County Sheriff’s Office"]),
        ("the People’s Daily wrote", ["People’s Daily"]),
        ("Unsurprisingly, it rained", []),
        ("Oslo-based Fjordline grew", ["Fjordline"]),
    ],
)
def test_offices_ranks_and_degrees_are_no_part_of_a_name(text: str, expected: list[str]) -> None:
    assert scanned(text) == expected


def test_acronym_before_a_known_surname_is_cut_off() -> None:
    found = known("MEC Ruiz opened it. Ana Ruiz, who is 45, smiled. Later Ruiz left.")
    assert [(e.name, len(e.spans)) for e in found.entities] == [("Ana Ruiz", 3)]


def test_name_with_an_acronym_is_an_organisation() -> None:
    assert named("Fjordline TV, a broadcaster from Holmvik, said no.")[0] == ("Fjordline TV", "Organization")

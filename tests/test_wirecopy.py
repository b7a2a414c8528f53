"""The verdict on two texts: what is a copy, what only says the same, and that nothing but the two texts decides."""

import json
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.records import Relation
from tasks import stories, wirecopy

DAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DATA = Path(__file__).parent / "data"
REWRITES = [json.loads(line) for line in (DATA / "rewrites.jsonl").read_text("utf-8").splitlines()]
RECAST = [json.loads(line) for line in (DATA / "recast.jsonl").read_text("utf-8").splitlines()]

WIRE = """PORT ELLERY, March 2 (Meridian) - Dockers at Port Ellery will end a nineteen-day stoppage on Thursday \
after the \
harbour company agreed to keep the night shift, their union said on Monday.

Negotiators shook hands shortly before dawn, ending talks that had twice collapsed over overtime pay.

“We did not get everything, but nobody will be sent home without work,” union secretary Orla Brandt told reporters \
outside the customs house.

The company had planned to cut 340 of 1,900 jobs and to run the container cranes by remote control from the capital.

Under the deal the cranes will be automated over seven years instead of three, and workers older than 57 may leave on \
two thirds of their wages.

“This is the most expensive peace this harbour has ever bought, and it is worth the money,” said managing director \
Piet Halloran.

Forty ships are waiting in the roads, among them nine tankers. Clearing them will take until the middle of April, the \
pilots' office estimated."""

REWORDED = """A stoppage that has idled Port Ellery for nineteen days is over. Dockers go back to work on \
Thursday, their \
union announced on Monday, because the harbour company will keep the night shift after all.

The handshake came just before dawn; twice before, talks had collapsed over overtime pay.

“We did not get everything, but nobody will be sent home without work,” Orla Brandt, the union's secretary, said in \
front of the customs house.

Originally 340 of the 1,900 jobs were to go, with container cranes run by remote control from the capital. Now \
automation \
of the cranes is stretched from three years to seven, and workers older than 57 can leave with two thirds of \
their wages.

Managing director Piet Halloran spoke of “the most expensive peace this harbour has ever bought”.

In the roads forty ships wait, nine tankers among them; the pilots' office reckons that clearing them takes until the \
middle of April."""

INDEPENDENT = """For the cafés along the quay it was the longest winter in memory. Takings fell by half, says Ruth \
Calloway, who has poured coffee opposite the gates for two decades, and she has let both of her waiters go.

On Monday her telephone rang early. A cousin in the union hall had heard that it was over.

“We did not get everything, but nobody will be sent home without work,” union secretary Orla Brandt said on the \
radio an \
hour later.

Calloway cried a little, she admits, then ordered milk. Whether the old custom will return is another matter. Lorry \
drivers have learned to use the southern port, where the motorway ends at the water, and many shops in the lower town \
stand empty behind brown paper.

Her landlord has promised to wait for the rent until June. A brewery lends chairs. In the window hangs a sheet of \
cardboard on which a child has drawn a crane with a smile."""


def side(name: str, body: str, *, publisher: str | None = None, days: float | None = 0.0) -> wirecopy.Side:
    """Give one side of a pair."""
    published = None if days is None else DAY + timedelta(days=days)
    return wirecopy.Side(
        id=name, text=wirecopy.prepare(body), publisher=publisher or f"Outlet {name}", published=published
    )


def graded(one: str, other: str) -> str | None:
    """Grade two bodies of different outlets."""
    found = wirecopy.judge(side("a", one), side("b", other))
    return found and found.grade


def checked(one: str, other: str, relation: Relation) -> Relation:
    """Hold every passage against both bodies."""
    assert relation.passages
    for p in relation.passages:
        assert one[slice(*p.a)] == p.text
        assert " ".join(other[slice(*p.b)].split()) == " ".join(p.text.split())
    assert all(0.0 <= c <= 1.0 for c in (*relation.coverage, relation.score))
    assert relation.reason
    assert "\n" not in relation.reason
    return relation


def test_same_words_are_exact_whatever_the_blanks_and_marks() -> None:
    assert graded(WIRE, WIRE.replace("\n\n", "\n").replace("“", '"').replace("”", '"')) == "exact"


def test_trimmed_reprint_with_other_furniture_is_near() -> None:
    reprint = "Photo: M. Okafor\n\n" + "\n\n".join(WIRE.split("\n\n")[:5]) + "\n\nRead next: what the tides bring"
    found = wirecopy.judge(side("a", WIRE), side("b", reprint))
    assert found is not None
    assert checked(WIRE, reprint, found).grade == "near"
    assert found.coverage[1] > found.coverage[0]


def test_reworded_wire_story_is_derived_and_shows_its_passages() -> None:
    found = wirecopy.judge(side("a", WIRE), side("b", REWORDED))
    assert found is not None
    assert checked(WIRE, REWORDED, found).grade == "derived"
    assert any("nobody will be sent home" in p.text for p in found.passages)


@pytest.mark.parametrize("wire", [WIRE, REWORDED])
def test_independent_report_with_the_same_statement_is_no_copy(wire: str) -> None:
    assert graded(wire, INDEPENDENT) in ("shared-quotes", None)
    assert graded(WIRE, INDEPENDENT) == "shared-quotes"


def test_verdict_does_not_depend_on_which_side_comes_first() -> None:
    for one, other in combinations((WIRE, REWORDED, INDEPENDENT), 2):
        assert wirecopy.judge(side("a", one), side("b", other)) == wirecopy.judge(side("b", other), side("a", one))


def test_same_outlets_reworded_version_is_an_update_but_its_reprint_stays_a_copy() -> None:
    first = side("a", WIRE, publisher="Meridian")
    second = wirecopy.judge(first, side("b", REWORDED, publisher="MERIDIAN"))
    reprint = wirecopy.judge(first, side("b", WIRE[:-90], publisher="Meridian"))
    assert second is not None
    assert reprint is not None
    assert (second.grade, reprint.grade) == ("update", "near")


def test_copy_outside_the_window_is_none_unless_exact() -> None:
    late = wirecopy.judge(side("a", WIRE), side("b", REWORDED, days=30))
    same = wirecopy.judge(side("a", WIRE), side("b", WIRE, days=300))
    undated = wirecopy.judge(side("a", WIRE), side("b", REWORDED, days=None))
    assert late is not None
    assert same is not None
    assert undated is not None
    assert (late.grade, same.grade, undated.grade) == ("shared-quotes", "exact", "derived")


def test_furniture_is_in_no_passage_and_makes_no_copy() -> None:
    note = "The Harbour Courier is the collective voice of a small newsroom of sworn enemies of early closing hours."
    one, other = f"{INDEPENDENT}\n\n{note}", f"{REWRITES[0]['body']}\n\n{note}"
    a, b = (side(n, body, publisher="Courier") for n, body in (("a", one), ("b", other)))
    known = frozenset(wirecopy.furniture_keys(a.text, "Courier")) & frozenset(
        wirecopy.furniture_keys(b.text, "Courier")
    )
    assert len(known) == 1
    masked = [wirecopy.Side(id=s.id, text=s.text, publisher="Courier", published=DAY, furniture=known) for s in (a, b)]
    assert wirecopy.judge(*masked) is None
    copied = wirecopy.judge(
        wirecopy.Side(id="a", text=wirecopy.prepare(f"{WIRE}\n\n{note}"), publisher="Courier", furniture=known),
        wirecopy.Side(
            id="b", text=wirecopy.prepare(f"{WIRE}\n\nMore.\n\n{note}"), publisher="Courier", furniture=known
        ),
    )
    assert copied is not None
    assert copied.is_copy
    assert not any("sworn enemies" in p.text for p in copied.passages)


def test_furniture_keys_are_one_outlets_own() -> None:
    text = wirecopy.prepare(WIRE)
    assert not wirecopy.furniture_keys(text, None)
    assert not set(wirecopy.furniture_keys(text, "Meridian")) & set(wirecopy.furniture_keys(text, "Courier"))
    assert wirecopy.furniture_keys(text, "meridian") == wirecopy.furniture_keys(text, "Meridian")
    assert all(0 <= key < 2**63 for key in wirecopy.furniture_keys(text, "Meridian"))


def copies_in(records: list[dict[str, str]], matter: str, kind: str) -> set[tuple[str, str, str]]:
    """Judge every two of the records; gives the copies as (matter, kind, kind). Different matters are never copies."""
    sides = {
        (r[matter], r[kind]): wirecopy.Side(id=f"{r[matter]} {r[kind]}", text=wirecopy.prepare(r["body"]))
        for r in records
    }
    found = set()
    for one, two in combinations(sorted(sides), 2):
        relation = wirecopy.judge(sides[one], sides[two])
        if relation is not None and relation.is_copy:
            assert one[0] == two[0]
            found.add((one[0], one[1], two[1]))
    return found


def test_prose_without_names_or_quotations_is_tied_by_what_it_retells() -> None:
    # All 11 light and medium rewrites and 4 of 11 heavy ones are found; no text on the same matter is, and none of four
    # explanations of one thing by two hands.
    kinds = [{one, two} for _, one, two in copies_in(REWRITES, "topic", "degree")]
    assert not any(kind & {"topic", "one", "two"} for kind in kinds)
    assert sum(kind in ({"light", "source"}, {"medium", "source"}) for kind in kinds) == 11
    assert sum(kind == {"heavy", "source"} for kind in kinds) >= 4


def test_wire_story_is_known_again_however_another_desk_recasts_it() -> None:
    # Ten invented stories: all 19 recast versions are tied to their wire text; of 45 pairs with a report of one's own
    # that carries the same statements, none is.
    found = copies_in(RECAST, "story", "kind")
    assert not any({"report", "rival"} & {one, two} for _, one, two in found)
    for kind in ("agency", "back", "light", "trim", "merge"):
        stories = {r["story"] for r in RECAST if r["kind"] == kind}
        assert {story for story, one, two in found if {one, two} == {kind, "wire"}} == stories


def test_one_outlets_common_head_and_foot_make_no_relation_before_they_are_learnt() -> None:
    head = (
        "How we test: our editors spend many hours with every product and gather notes from retailers.\n\n"
        "When you buy through links on this page, the Harbour Courier may earn a small commission from the seller."
    )
    foot = "The Harbour Courier was founded by six pilots in 1921 and belongs to its readers to this day."
    one, two = (f"{head}\n\n{body}\n\n{foot}" for body in (INDEPENDENT, REWRITES[4]["body"]))
    assert wirecopy.judge(side("a", one, publisher="Courier"), side("b", two, publisher="Courier")) is None
    versions = (
        side(n, f"{head}\n\n{WIRE}{end}\n\n{foot}", publisher="Courier") for n, end in (("a", ""), ("b", " So."))
    )
    copied = wirecopy.judge(*versions)
    assert copied is not None
    assert copied.grade == "near"


def test_brief_inside_a_long_text_is_no_copy_of_it() -> None:
    brief = WIRE.split("\n\n")[2]
    assert graded(WIRE, brief) in ("shared-quotes", None)
    assert graded(brief, brief + " More follows.") == "near"


def test_scripts_without_blanks_are_compared_by_characters() -> None:
    text = "港湾会社は夜勤を維持することに同意し、港湾労働者は木曜日に十九日間の操業停止を終える。"
    body = text + "組合は月曜日に発表した。交渉は夜明け前にまとまり、二度決裂した残業代の問題が解決した。"
    other = "天気予報によると、明日は山沿いで雪が降り、海岸では強い風が吹く見込みである。気温は平年並みとなる。"
    assert graded(body, body + "続報を待つ。") == "near"
    assert graded(body, other) is None
    prints = dict(wirecopy.prepare(body).runs)
    assert sum(w for h, w in wirecopy.prepare(body + "続報を待つ。").runs if h in prints) > 60
    assert not prints.keys() & dict(wirecopy.prepare(other).runs).keys()


OTHER_SCRIPTS = {
    "russian": """Портовая компания согласилась сохранить ночную смену, и в четверг грузчики прекратят стачку. Об этом \
в понедельник сообщил профсоюз. Переговоры закончились перед рассветом, спор о сверхурочных улажен.
--
Завтра в горах ожидается снег, на побережье сильный ветер. Температура останется около нормы, сообщили синоптики в \
понедельник. Водителям советуют не выезжать на перевалы без цепей.""",
    "thai": """บริษัทท่าเรือตกลงที่จะรักษากะกลางคืนไว้และคนงานท่าเรือจะยุติการนัดหยุดงานในวันพฤหัสบดี \
สหภาพประกาศเมื่อวันจันทร์
--
กรมอุตุนิยมวิทยาคาดว่าพรุ่งนี้จะมีหิมะตกบนภูเขาและลมแรงตามชายฝั่งทะเลอุณหภูมิใกล้เคียงค่าปกติ""",
    "arabic": """وافقت شركة الميناء على الإبقاء على النوبة الليلية وسينهي عمال الميناء إضرابهم يوم الخميس، كما أعلنت \
نقابتهم يوم الاثنين بعد مفاوضات انتهت قبل الفجر وسوت الخلاف حول أجور العمل الإضافي في المرفأ.
--
تتوقع الأرصاد تساقط الثلوج غدا على الجبال وهبوب رياح قوية على الساحل مع بقاء درجات الحرارة قريبة من معدلها المعتاد، \
وينصح السائقون بتجنب الممرات الجبلية.""",
}


@pytest.mark.parametrize("script", OTHER_SCRIPTS)
def test_other_scripts_are_compared_too(script: str) -> None:
    text, other = OTHER_SCRIPTS[script].split("\n--\n")
    found = wirecopy.judge(side("a", text), side("b", f"{text} (QZN)"))
    assert found is not None
    assert checked(text, f"{text} (QZN)", found).grade in ("near", "exact")
    assert graded(text, other) is None


def test_alerts_on_one_event_are_copies_only_of_their_own_words() -> None:
    alert = (
        "Port Ellery dockers end nineteen-day stoppage after harbour company agrees to keep night shift, union says."
    )
    own = "Talks at Port Ellery end before dawn: cranes to be automated over seven years, director Halloran says."
    assert graded(alert, alert.replace("union says", "union announces")) == "near"
    assert graded(alert, own) is None
    assert graded(alert, WIRE) in ("shared-quotes", None)


def test_page_with_two_articles_does_not_chain_their_stories() -> None:
    bodies = {"a": WIRE, "b": INDEPENDENT.replace("“We did", "“They did"), "c": REWRITES[4]["body"]}
    bodies["page"] = f"{bodies['a']}\n\n{bodies['c']}"
    bodies["reprint"] = bodies["c"] + " More follows."
    sides = {name: side(name, body) for name, body in bodies.items()}
    found = [r for one, two in combinations(sides, 2) if (r := wirecopy.judge(sides[one], sides[two]))]
    assert {(r.article, r.other) for r in found if r.is_copy} >= {("a", "page"), ("c", "page"), ("c", "reprint")}
    heads = stories.group({name: s.published for name, s in sides.items()}, found)
    assert heads["c"] == heads["reprint"] != heads["a"]
    assert heads["page"] in ("a", "c")


def test_quotation_that_many_stories_carry_chains_none_of_them() -> None:
    quote = "“Nobody in this valley will ever pay for water again, and I will see to it myself,”"
    tellers = [r["body"] for r in (*REWRITES, *RECAST) if r.get("degree") == "source" or r.get("kind") == "report"]
    sides = [side(f"{n:02}", f"{body}\n\n{quote} the premier said.") for n, body in enumerate(tellers)]
    found = [r for one, two in combinations(sides, 2) if (r := wirecopy.judge(one, two))]
    assert len(sides) > 20
    assert {r.grade for r in found} == {"shared-quotes"}
    assert len(found) == len(sides) * (len(sides) - 1) // 2


def test_quoted_phrase_is_no_shared_statement() -> None:
    one = INDEPENDENT.replace(
        "We did not get everything, but nobody will be sent home without work", "winter of coffee"
    )
    assert graded(WIRE.replace("the most expensive peace", "the “winter of coffee” and"), one) is None


def test_legal_notes_and_addresses_are_in_no_passage() -> None:
    note = "© 2026 Quayside Media. All rights reserved. Write to the duty editor at tips@quayside.example for copies."
    trimmed = "\n\n".join(WIRE.split("\n\n")[:5])
    found = wirecopy.judge(side("a", f"{WIRE}\n\n{note}"), side("b", f"{trimmed}\n\n{note}"))
    assert found is not None
    assert found.grade == "near"
    assert found.coverage[1] == 1.0
    assert not any("Quayside" in p.text or "duty editor" in p.text for p in found.passages)
    assert wirecopy.judge(side("a", f"{INDEPENDENT}\n\n{note}"), side("b", f"{REWRITES[0]['body']}\n\n{note}")) is None


def test_empty_and_wordless_bodies_are_nothing() -> None:
    for body in ("", " \n\n ", "…", "???"):
        assert wirecopy.judge(side("a", body), side("b", WIRE)) is None
        assert wirecopy.judge(side("a", body), side("b", body)) is None


def test_text_that_repeats_itself_costs_no_more_than_others() -> None:
    drum = side("a", "the drum goes boom again and again " * 6000)
    found = wirecopy.judge(drum, side("b", "again and again the drum goes boom " * 6000))
    assert found is None or found.score <= 1.0


def test_fingerprints_are_the_same_everywhere() -> None:
    text = wirecopy.prepare("Dockers at Port Ellery will end a nineteen-day stoppage on Thursday.")
    assert text.exact == 12378280925993005893
    assert all(0 <= key < 2**31 and 0 < weight < 1024 for key, weight in (*text.runs, *text.timeless))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_any_two_texts_give_the_same_verdict_both_ways(one: str, other: str) -> None:
    forth = wirecopy.judge(side("a", one), side("b", other))
    assert forth == wirecopy.judge(side("b", other), side("a", one))
    for p in forth.passages if forth else ():
        assert one[slice(*p.a)] == p.text


def test_strongest_keeps_copies_before_all_else() -> None:
    def relation(other: str, grade: str, score: float) -> Relation:
        return Relation(article="a", other=other, grade=grade, score=score, coverage=(0, 0), passages=())  # type: ignore[arg-type]

    held = [
        relation("e", "shared-quotes", 0.6),
        relation("d", "derived", 0.7),
        relation("c", "near", 0.9),
        relation("b", "near", 0.9),
    ]
    assert [r.other for r in wirecopy.strongest(held, "a", limit=3)] == ["b", "c", "d"]

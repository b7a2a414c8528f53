"""Countries and towns: how they are called, what their people are called, words that names of places are made of.

Written by hand from general knowledge, as `tasks/lexicon.py` is. Standard library only.
"""

from typing import Final

from tasks.lexicon import words

SPELLINGS: Final = {
    ("kiev",): ("kyiv",), ("kharkov",): ("kharkiv",), ("odessa",): ("odesa",), ("lvov",): ("lviv",),
    ("nikolaev",): ("mykolaiv",), ("zaporozhye",): ("zaporizhzhia",), ("lugansk",): ("luhansk",),
    ("donbass",): ("donbas",), ("chernobyl",): ("chornobyl",), ("dnepropetrovsk",): ("dnipro",),
    ("peking",): ("beijing",), ("bombay",): ("mumbai",), ("calcutta",): ("kolkata",), ("madras",): ("chennai",),
    ("bangalore",): ("bengaluru",), ("burma",): ("myanmar",), ("rangoon",): ("yangon",), ("macau",): ("macao",),
    ("türkiye",): ("turkey",), ("turkiye",): ("turkey",), ("swaziland",): ("eswatini",), ("holland",): ("netherlands",),
    ("united", "states"): ("us",), ("u.s.",): ("us",), ("u.s",): ("us",), ("usa",): ("us",), ("u.s.a.",): ("us",),
    ("united", "states", "of", "america"): ("us",),
    ("united", "kingdom"): ("uk",), ("u.k.",): ("uk",), ("u.k",): ("uk",), ("great", "britain"): ("uk",),
    ("britain",): ("uk",), ("european", "union"): ("eu",), ("e.u.",): ("eu",),
    ("united", "nations"): ("un",), ("u.n.",): ("un",), ("u.n",): ("un",),
}  # fmt: skip
"""Well-known forms of one name: the usual other spellings of towns, and countries with their letters."""

PLACE_WORDS: Final = words(
    "street road avenue square park river lake mountain mount island islands bay beach valley county province region "
    "district airport stadium arena bridge tower hill hills forest desert ocean sea gulf strait peninsula coast canyon"
)

NATURE_WORDS: Final = words("river lake mount mountain loch gulf bay island isle strait sea desert valley")
PLACE_OPENERS: Final = words("river lake mount gulf isle cape port fort saint st san santa são rio el strait bay")
"""Words that open the name of a place."""

DEMONYMS: Final = dict(
    pair.split(":")
    for pair in [
        "french:france",
        "german:germany",
        "russian:russia",
        "ukrainian:ukraine",
        "british:britain",
        "english:england",
        "scottish:scotland",
        "welsh:wales",
        "irish:ireland",
        "american:us",
        "chinese:china",
        "japanese:japan",
        "korean:korea",
        "indian:india",
        "pakistani:pakistan",
        "israeli:israel",
        "palestinian:palestine",
        "iranian:iran",
        "iraqi:iraq",
        "syrian:syria",
        "turkish:turkey",
        "egyptian:egypt",
        "saudi:saudi",
        "lebanese:lebanon",
        "jordanian:jordan",
        "italian:italy",
        "spanish:spain",
        "portuguese:portugal",
        "dutch:netherlands",
        "belgian:belgium",
        "swiss:switzerland",
        "austrian:austria",
        "polish:poland",
        "czech:czech",
        "slovak:slovakia",
        "hungarian:hungary",
        "romanian:romania",
        "bulgarian:bulgaria",
        "greek:greece",
        "serbian:serbia",
        "croatian:croatia",
        "slovenian:slovenia",
        "albanian:albania",
        "finnish:finland",
        "swedish:sweden",
        "norwegian:norway",
        "danish:denmark",
        "icelandic:iceland",
        "estonian:estonia",
        "latvian:latvia",
        "lithuanian:lithuania",
        "belarusian:belarus",
        "georgian:georgia",
        "armenian:armenia",
        "azerbaijani:azerbaijan",
        "kazakh:kazakhstan",
        "afghan:afghanistan",
        "mexican:mexico",
        "canadian:canada",
        "brazilian:brazil",
        "argentine:argentina",
        "chilean:chile",
        "colombian:colombia",
        "venezuelan:venezuela",
        "peruvian:peru",
        "bolivian:bolivia",
        "cuban:cuba",
        "australian:australia",
        "nigerian:nigeria",
        "kenyan:kenya",
        "ethiopian:ethiopia",
        "ghanaian:ghana",
        "ugandan:uganda",
        "rwandan:rwanda",
        "zimbabwean:zimbabwe",
        "moroccan:morocco",
        "algerian:algeria",
        "tunisian:tunisia",
        "libyan:libya",
        "sudanese:sudan",
        "somali:somalia",
        "congolese:congo",
        "indonesian:indonesia",
        "malaysian:malaysia",
        "singaporean:singapore",
        "thai:thailand",
        "vietnamese:vietnam",
        "filipino:philippines",
        "philippine:philippines",
        "cambodian:cambodia",
        "burmese:burma",
        "nepalese:nepal",
        "bangladeshi:bangladesh",
        "taiwanese:taiwan",
        "mongolian:mongolia",
        "qatari:qatar",
        "emirati:emirates",
        "kuwaiti:kuwait",
        "yemeni:yemen",
        "omani:oman",
        "european:europe",
        "african:africa",
        "asian:asia",
        "catalan:catalonia",
        "texan:texas",
        "californian:california",
        "zambian:zambia",
        "maltese:malta",
        "cypriot:cyprus",
    ]
)
PLACES: Final = frozenset(DEMONYMS.values()) | words(
    "usa uk america nz zealand moscow paris london washington beijing brussels kyiv kiev berlin tehran ankara tokyo "
    "delhi "
    "islamabad riyadh cairo baghdad damascus seoul pyongyang warsaw rome madrid lisbon vienna budapest athens ottawa "
    "canberra jerusalem gaza geneva strasbourg texas california florida ohio michigan pennsylvania nevada arizona "
    "colorado "
    "georgia virginia carolina iowa wisconsin minnesota illinois york jersey massachusetts maryland chicago boston "
    "houston dallas philadelphia atlanta miami seattle denver sydney melbourne toronto montreal mumbai shanghai dubai "
    "istanbul nairobi lagos johannesburg glasgow manchester liverpool birmingham leeds dublin belfast edinburgh "
    "cardiff "
    "oregon utah kansas missouri tennessee kentucky louisiana alabama mississippi oklahoma nebraska montana idaho "
    "alaska "
    "hawaii maine vermont connecticut delaware indiana arkansas wyoming dakota mexico africa asia europe"
)
"""Countries, and the states and large towns that news names without saying where they are; words of their names."""

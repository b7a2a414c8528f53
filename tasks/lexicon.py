"""Words that tell people, offices and organisations apart in English news. Plain lists; standard library only.

Written by hand from general knowledge. They name no outlet and no living person.
"""

from typing import Final


def words(text: str) -> frozenset[str]:
    """Give the words of a text as a set."""
    return frozenset(text.split())


HONORIFICS: Final = words(
    "mr mrs ms miss mx dr sir dame lord lady prof professor rev reverend father sister brother imam rabbi pope "
    "sheikh sheik sultan emir prince princess king queen emperor empress duke duchess count countess baron baroness "
    "hon honourable maître monsieur madame herr frau señor señora"
)
RANKS: Final = words("prince princess king queen pope emperor empress sultan emir lord lady baroness dame")
"""What goes into the full name of whoever has one name only."""
MALE_TITLES: Final = words(
    "mr sir lord father brother imam prince king emperor duke count baron herr monsieur señor pope"
)
FEMALE_TITLES: Final = words(
    "mrs ms miss dame lady sister princess queen empress duchess countess baroness frau madame señora"
)

TITLES: Final = HONORIFICS | words(
    "president vice-president premier chancellor minister secretary undersecretary under-secretary governor gov mayor "
    "senator sen sens representative rep reps congressman congresswoman congressmember councillor councilman "
    "councilwoman councilor alderman commissioner commissar ambassador envoy consul spokesman spokeswoman spokesperson "
    "spokes-woman chairman chairwoman chairperson chair ceo cfo coo cto founder co-founder cofounder director "
    "director-general chief head leader general gen colonel col lt lieutenant sgt sergeant captain capt major maj "
    "admiral "
    "adm commander cmdr corporal cpl private pvt marshal brigadier inspector detective constable superintendent "
    "sheriff "
    "officer trooper deputy judge justice magistrate attorney prosecutor solicitor barrister advocate lawyer counsel "
    "archbishop bishop cardinal pastor priest ayatollah grand mufti patriarch coach manager striker midfielder "
    "defender "
    "goalkeeper quarterback pitcher captain skipper forward winger guard center centre analyst economist strategist "
    "researcher scientist historian author writer actor actress singer musician rapper comedian director producer "
    "filmmaker journalist reporter correspondent columnist editor editor-in-chief presenter host anchor owner partner "
    "principal dean provost rector lecturer doctor nurse surgeon astronaut mp mep msp candidate nominee pm taoiseach "
    "speaker whip treasurer comptroller auditor ombudsman activist campaigner veteran former ex- then acting interim "
    "late son daughter wife husband brother sister mother father billionaire businessman businesswoman entrepreneur "
    "investor tycoon magnate champion star legend teammate cofounder expert biologist physicist chemist geologist "
    "astronomer engineer designer architect artist photographer chef farmer resident neighbour neighbor witness "
    "epidemiologist virologist psychologist psychiatrist meteorologist climatologist ecologist adviser advisor aide "
    "lawmaker legislator strategist pollster operative supporter volunteer student graduate teacher executive vice "
    "insider famer insp supt dep asst cllr adv cmdt dcs dci maj-gen nutritionist dietitian therapist "
    "assistant associate senior junior managing deputy chief first second lady foreign prime defence defense finance"
)
"""Words that may stand before a name and are no part of it: `Economy Minister Ana Ruiz` is cut after the last."""

ROLES: Final = words(
    "administrator organizer organiser reverend president premier chancellor minister secretary governor mayor "
    "senator representative congressman congresswoman "
    "councillor commissioner ambassador envoy spokesman spokeswoman spokesperson chairman chairwoman chairperson "
    "chair ceo "
    "founder co-founder director chief head leader general colonel lieutenant sergeant captain major admiral commander "
    "inspector detective superintendent sheriff officer judge justice attorney prosecutor solicitor lawyer archbishop "
    "bishop cardinal pastor priest ayatollah coach manager striker midfielder defender goalkeeper quarterback pitcher "
    "skipper forward winger analyst economist strategist researcher scientist historian author writer actor actress "
    "singer musician rapper comedian producer filmmaker journalist reporter correspondent columnist editor presenter "
    "host "
    "anchor owner partner principal dean rector lecturer professor doctor nurse surgeon astronaut mp mep candidate "
    "nominee "
    "speaker treasurer activist campaigner son daughter wife husband brother sister mother father businessman "
    "businesswoman entrepreneur investor champion star player expert biologist physicist chemist geologist astronomer "
    "engineer designer architect artist photographer chef farmer resident witness epidemiologist virologist "
    "psychologist "
    "psychiatrist adviser advisor aide lawmaker legislator pollster volunteer student teacher executive deputy king "
    "queen "
    "prince princess pope politician diplomat official man woman boy girl victim suspect defendant plaintiff driver "
    "pilot "
    "veteran creator novelist poet playwright composer conductor dancer model rival incumbent newcomer billionaire "
    "winner "
    "democrat republican conservative liberal australian american briton frenchman congressmember premier sportsman "
    "sportswoman athlete runner swimmer cyclist golfer boxer jockey teenager pensioner parent mum dad mom widow "
    "widower "
    "uncle aunt cousin nephew niece grandfather grandmother trainer superstar frontman guitarist drummer bassist "
    "canadian german spaniard italian employee broadcaster youngster user fan customer patient passenger "
    "commentator pundit critic blogger youtuber influencer pm chairman vice-president vice-chancellor undersecretary"
)
"""Nouns for what a single person is."""

WEAK_TITLES: Final = ROLES - TITLES
"""Nouns that are cut off only where a first name and a surname are left after them."""

OFFICES: Final = words(
    "minister secretary undersecretary under-secretary commissioner director director-general head chief "
    "president governor mayor speaker secretary-general adviser advisor ceo cfo coo cto founder co-founder cofounder "
    "vice-president professor dean ambassador envoy chair chairman chairwoman coordinator co-ordinator registrar"
)
"""Offices that have a field: what follows their `of` or `for` is no name yet."""

ADJECTIVE_TITLES: Final = words(
    "prime foreign finance defence defense vice managing assistant associate first second former ex- then late acting"
)
"""Titles that need a noun after them."""

NAME_OPENERS: Final = words(
    "new north south east west northern southern eastern western central upper lower great greater grand united saint "
    "st san santa los las el la old little big black white red blue green long high royal national international "
    "general american lake mount fort port cape river"
)
"""Ordinary words that open many names: at the head of a sentence they are not cut off."""

SURNAME_TITLES: Final = words(
    "king prince duke baron pope lord bishop cardinal priest marshal major judge justice doctor farmer guard star "
    "legend champion singer dean sergeant constable forward archbishop"
)
"""Titles that are surnames, too."""

ADJECTIVES_OF_OFFICE: Final = words(
    "federal district circuit chief crown supreme high appeals county state city fire police sheriff prime attorney "
    "surgeon drill brigade lance world grand regional national local presiding senior junior rock movie pop super all"
)
"""What stands before a title word that is no surname."""

BEFORE_OF: Final = words(
    "hall conference farmers manufacturers workers teachers friends daughters doctors knights order republic "
    "centers centres institutes archdiocese kingdom offices ministers governors mayors sheriffs"
)
"""Words of an organisation's name that rarely end it before an `of`."""

WORK_NOUNS: Final = words(
    "song songs single singles track tracks album albums book books film films movie movies show series novel novels "
    "episode "
    "titled entitled called ballad ballads play essay poem podcast game video tune hit anthem documentary musical "
    "sitcom drama "
    "memoir column headlined magazine sequel franchise hashtag slogan nicknamed dubbed nickname painting sculpture "
    "exhibition "
    "mixtape ep record tour opera ballet programme program band team project ship codenamed named known"
    " encyclical exhortation treatise manifesto sermon bestseller miniseries spinoff thriller translates translated"
)
"""What stands before a quoted title or nickname."""

SAME_ROLE: Final = {
    "spokeswoman": "spokesman", "spokesperson": "spokesman", "chairwoman": "chairman", "chairperson": "chairman",
    "chair": "chairman", "advisor": "adviser", "leader": "president", "premier": "minister", "pm": "minister",
    "congresswoman": "congressman", "chief": "head", "actress": "actor", "lawyer": "attorney", "ceo": "head",
    "executive": "head", "mom": "mother", "mum": "mother", "dad": "father", "co-founder": "founder", "coach": "manager",
    "skipper": "captain", "author": "writer", "novelist": "writer", "councilor": "councillor", "reporter": "journalist",
    "rep": "congressman", "reps": "congressman", "representative": "congressman", "congressmember": "congressman",
    "lawmaker": "legislator", "sen": "senator", "gov": "governor", "gen": "general", "col": "colonel",
    "lt": "lieutenant",
    "capt": "captain", "sgt": "sergeant", "judge": "justice", "prosecutor": "attorney", "tycoon": "businessman",
    "entrepreneur": "businessman", "businesswoman": "businessman", "nominee": "candidate", "presenter": "host",
    "anchor": "host",
    "scientist": "researcher", "striker": "player", "midfielder": "player", "defender": "player",
    "goalkeeper": "player",
    "forward": "player", "winger": "player", "boss": "manager",
}  # fmt: skip
"""Role nouns that name the same person as another: the desk's habit of elegant variation."""

FEMALE_ROLES: Final = words(
    "spokeswoman chairwoman congresswoman councilwoman businesswoman actress queen princess wife daughter sister "
    "mother "
    "woman girl mum mom widow aunt niece grandmother sportswoman heiress waitress baroness duchess"
)
MALE_ROLES: Final = words(
    "spokesman chairman congressman councilman businessman king prince husband son brother father man boy dad "
    "widower uncle "
    "nephew grandfather sportsman frenchman frontman duke baron"
)

ORGANISATION_WORDS: Final = words(
    "centers centres institutes labs laboratories colleges universities ministries courts "
    "ministry department agency office bureau administration authority commission committee council board court "
    "tribunal "
    "parliament congress senate house assembly party union association federation confederation league alliance "
    "coalition "
    "university college school academy institute institution centre center laboratory lab hospital clinic police "
    "force army "
    "navy guard corps service services bank fund group company corporation corp inc ltd llc plc co gmbh holdings "
    "industries "
    "enterprises partners ventures capital airlines airways motors systems technologies technology solutions software "
    "networks network media news times post journal herald tribune gazette guardian press radio television tv studio "
    "studios "
    "pictures entertainment records museum gallery library theatre theater orchestra foundation trust charity "
    "society club "
    "team united city fc zoo church diocese cathedral organization organisation initiative project programme program "
    "task "
    "exchange energy oil gas steel electric power utilities pharmaceuticals pharma health healthcare insurance bancorp "
    "treasury fbi cia nasa un eu nato who imf opec reserve embassy consulate cabinet government secretariat registry "
    "chamber observatory survey forum campaign movement front brigade regiment squad unit firm airline retailer "
    "watchdog "
    "athletic rovers wanderers rangers harriers hotspur albion orchestra choir bloc "
    "images photos chronicle telegraph inquirer examiner sentinel dispatch courier observer mirror mail express "
    "regulator ombudsman taliban hamas hezbollah kremlin pentagon parks brothers sons associates"
)
GROUP_NOUNS: Final = words(
    "company firm studio zoo department agency ministry group team club party university college school bank court "
    "union "
    "hospital airline council charity museum organisation organization association government administration office "
    "commission committee regulator watchdog authority police force army military retailer manufacturer carmaker "
    "automaker "
    "maker developer publisher network broadcaster newspaper paper magazine outlet website platform institute "
    "foundation "
    "trust society federation league board panel corporation conglomerate startup start-up brand chain operator "
    "supplier "
    "bureau centre center service giant nonprofit non-profit store hotel restaurant theatre theater laboratory lab "
    "observatory institution parliament senate cabinet consortium carrier chipmaker drugmaker publication journal "
    "tabloid "
    "provider utility producer lender brokerage insurer fund exchange embassy church brewery brewer campaign movement "
    "coalition alliance band city town state country nation county district kingdom bloc"
)
"""Common nouns for an organisation that the text has named, or will name."""

FIRM_NOUNS: Final = words(
    "company firm group carmaker automaker chipmaker drugmaker retailer manufacturer maker airline carrier bank lender "
    "brewer broadcaster publisher network startup start-up giant operator developer producer supplier insurer utility"
)
"""Group nouns that reporters put for a firm's name, with any adjective."""

CALLED_OTHERWISE: Final = words(
    "agency club team university party union newspaper paper magazine band outlet charity organisation organization "
    "regulator watchdog studio zoo museum brand chain website platform nonprofit non-profit publication tabloid school "
    "college foundation institute society hospital"
)
"""Group nouns for what need not have them in its name."""

VARIATIONS: Final = words(
    "actor actress singer musician rapper comedian author writer novelist poet playwright artist star superstar "
    "frontman guitarist drummer player striker midfielder defender goalkeeper quarterback golfer boxer jockey swimmer "
    "runner cyclist athlete director filmmaker producer politician lawmaker legislator billionaire businessman "
    "businesswoman entrepreneur tycoon australian american briton frenchman canadian german spaniard italian "
    "musician broadcaster presenter youngster veteran photographer designer chef model employee"
)
"""Nouns that reporters put for a person's name by way of variation."""

STRANGERS: Final = words(
    "official witness resident victim judge patient customer user fan passenger officer lawyer attorney teenager "
    "parent suspect driver neighbour neighbor farmer student teacher doctor nurse"
)
"""Whom a text often leaves without a name: `the witness` is not whoever was named last."""

SPEECH_VERBS: Final = words(
    "said says told tells added adds asked asks wrote writes argued argues explained explains recalled recalls "
    "continued continues noted notes replied responded insisted claimed warned announced stated concluded admitted "
    "acknowledged suggested insists claims warns insisted joked tweeted posted"
)

FEASTS: Final = words("easter christmas ramadan lent pentecost hanukkah passover diwali advent eid")

FUNCTION_WORDS: Final = words(
    "a an the and or but nor so yet for if of in on at to by with from into over under after before between through "
    "during "
    "without within along across behind beyond near off out up down about above below since until while when where "
    "why how "
    "what which who whom whose that this these those there here he she it they we you i me him her us them his hers "
    "its "
    "their our your my mine is are was were be been being am do does did done have has had having will would shall "
    "should "
    "can could may might must not no yes also just only even still again already ever never always often sometimes "
    "once "
    "soon then than too very more most less least much many few some any all both each every either neither another "
    "other "
    "others such same own as because although though however meanwhile moreover furthermore instead otherwise "
    "therefore "
    "thus hence nonetheless nevertheless despite according asked speaking responding earlier later today yesterday "
    "tomorrow "
    "now one two three four five six seven eight nine ten first second third last next like unlike among amid "
    "around against toward towards upon per via plus including let get got make made say said says see go going come "
    "take "
    "took give given think know well "
    "time year years month months week weeks day days photo image picture video file credit courtesy "
    "read updated published written advertisement share follow watch listen subscribe more exclusive breaking analysis "
    "opinion editorial comment question answer q monday tuesday wednesday thursday friday saturday sunday january "
    "february "
    "march april may june july august september october november december spring summer autumn winter"
)

PORTFOLIOS: Final = words(
    "state defense defence energy treasury education labor labour commerce agriculture transportation transport "
    "interior "
    "justice health homeland security veterans affairs housing finance exchequer the"
)
"""What a secretary or minister is `of`."""

PARTICLES: Final = words(
    "de del della di da do dos das van von der den ten ter te bin ibn al el la le du af av zu y e st of"
)

"""Know the lines of a page that are no part of its article: sharing, subscribing, crediting, commenting. Pure.

General patterns in a dozen languages, none for one site. `kind` judges a single line; what a line's place on the page
says is the reader's business.
"""

import re
from functools import lru_cache
from typing import Final, Literal

Kind = Literal["comments", "end", "box", "line", "caption", "advert"]
"""`comments`: what readers wrote follows. `end`: links to other articles follow. `box`: a heading whose next lines
belong to it (an author box). `line`: to be dropped alone. `caption`: a picture's text or credit. `advert`: a break in
the text."""

_I: Final = re.IGNORECASE
_BULLET: Final = re.compile(r"^[\s•·▪‣►▶→»*|–—-]+")

_COMMENTS: Final = re.compile(
    r"(?:leave a (?:reply|comment)|(?:post|add|write|submit) (?:a|your) comment|(?:view |show |read |see )?(?:all )?"
    r"\(?\d*\)? ?comments?(?: \(?\d+\)?)?|join the (?:conversation|discussion)|comments? (?:are )?closed"
    r"|no comments(?: yet)?|be the first to comment|\d+ thoughts? on .*"
    r"|(?:ihre? |ihren )?kommentare?(?: (?:schreiben|verfassen|hinterlassen|abgeben))?(?: \(?\d+\)?)?"
    r"|laisser un commentaire|commentaires?(?: \(?\d+\)?)?|deja (?:un|tu) comentario|deja una respuesta"
    r"|comentarios?(?: \(?\d+\)?)?|lascia un commento|commenti|deixe um comentário|оставить комментарий"
    r"|комментарии(?: \(?\d+\)?)?|коментарі|reacties|komentarze|yorumlar)\W*",
    _I,
)
_END: Final = re.compile(
    r"(?:you (?:may|might) (?:also )?(?:like|be interested in|have missed).*|related(?: (?:articles?|stories|news"
    r"|posts?|topics?|content|links?|coverage|reading))?:?"
    r"|more (?:stories|news|articles?|like this|on this (?:story|topic)|from (?:this|the) (?:author|section))"
    r"|recommended(?: (?:for you|stories|articles|reading))?"
    r"|(?:most|also) (?:read|popular|viewed|shared)(?: (?:news|stories|articles))?|trending(?: now| stories"
    r"| news)?|top stories|latest (?:news|stories|articles|posts?)|popular (?:news|posts?|stories)"
    r"|what to read next|up next|next (?:article|post|story)|previous (?:article|post|story)|read next"
    r"|don[’']t miss|editor[’']?s[’']? picks?|in case you missed it"
    r"|sponsored(?: content| links?)?|around the web|from the web|promoted(?: content| stories)?|footer|site map"
    r"|das könnte sie auch interessieren|mehr zum thema|weitere (?:artikel|nachrichten|meldungen)|meistgelesen"
    r"|auch interessant"
    r"|à lire (?:aussi|également)|sur le même sujet"
    r"|les plus lus|articles? (?:liés|similaires)|lire aussi"
    r"|noticias relacionadas"
    r"|te puede interesar|lo más (?:leído|visto)|más noticias|artículos relacionados"
    r"|articoli correlati|leggi anche|potrebbe interessarti|leia (?:também"
    r"|mais)|notícias relacionadas"
    r"|читайте также|похожие (?:новости|статьи)|материалы по теме"
    r"|ещё по теме|еще по теме|новости по теме|популярное|главное сегодня|читайте також"
    r"|lees ook|meer nieuws|zobacz (?:także|również)|czytaj (?:także|też)"
    r"|ilgili haberler)\W*",
    _I,
)
_BOX: Final = re.compile(
    r"(?:about (?:the )?authors?|(?:written|reported|posted|published|story|words|article) by|authors?|the author"
    r"|meet the author|contributors?"
    r"|über (?:den autor|die autorin)|zur person|à propos de l[’']auteur|sobre (?:el|la) autora?|об авторе|автор"
    r"|sull[’']autore|sobre o autor)\W*",
    _I,
)
_ADVERT: Final = re.compile(
    r"(?:advertisement|advertisements?|advertising|ad|sponsored|(?:story|article"
    r"|content) continues(?: below)?(?: (?:this )?(?:ad|advertisement))?|scroll (?:down )?to continue"
    r"(?: reading)?|continue reading(?: below)?|skip (?:ad|advert|advertisement|past.*)|anzeige|werbung|publicité"
    r"|publicidad|pubblicità|реклама|reklama?|advertentie|anúncio|article continues after.*|remove ads)\W*",
    _I,
)
_LINE: Final = re.compile(
    r"(?:avatar(?: photo)?|author (?:photo|image|avatar)|profile (?:photo|picture|image)|photo of .{3,40}"
    r"|image of .{3,40}"
    r"|\d{1,3}[\s-]*(?:min(?:ute)?s?\.?|мин(?:ут[аы]?)?\.?|minuten|minutos?"
    r"|minuti)[\s-]*(?:read(?:ing)?(?: time)?|lesezeit|de lecture|de lectura|di lettura|czytania|чтения|leestijd"
    r"|de leitura)?"
    r"|(?:estimated )?(?:read(?:ing)? time|lesezeit|temps de lecture|tiempo de lectura|время чтения)\W.*"
    r"|(?:share|teilen|partager|compartir|condividi|поделиться|поділитися|delen|udostępnij|paylaş"
    r"|compartilhar)(?: (?:this|on|via|auf|sur|en|in|with|it|the|to|diesen|cet|esta?|su|в|l|articles?|story|post"
    r"|page|friends|facebook|twitter|x|artikel|noticia|:).*)?"
    r"|(?:(?:share|facebook|twitter|x|whats ?app|telegram|linked ?in|reddit|e-?mail|print|pinterest|messenger"
    r"|flipboard|pocket|copy(?: link| url)?|link copied!?|save|bookmark|tweet|pin|"
    r"instagram|youtube|tiktok|threads|bluesky|mastodon|vk|viber|ok|rss|drucken|imprimer|imprimir|stampa|печать"
    r"|listen|comment|like|gift|more|copied|link|line)[\s,/|•·:&]*){1,14}"
    r"|(?:click|tap|press) here\b.*|(?:print|save|listen to|bookmark|email|gift|play|hear) this (?:article|story"
    r"|page)\b.*|listen (?:now|to (?:this|the) .*)|(?:audio|video) (?:player|unavailable|playback).*"
    r"|(?:follow|like|find) (?:us|me|him|her|them)\b.{0,80}|(?:follow|find|add) .{2,40} (?:on|via|as) (?:facebook"
    r"|twitter|x\b|instagram|telegram|google|linkedin|youtube|bluesky|threads|mastodon|a preferred).{0,40}|follow"
    r"|join (?:our|us|the) .{0,80}(?:channel|group|whatsapp|telegram|newsletter|community).*"
    r"|(?:subscribe|sign ?up|register|log ?in|sign ?in|abonnieren|anmelden|s[’']abonner|abonnez-vous"
    r"|suscríbe(?:te|ase)|iscriviti|inscreva-se|подпиш\w+|подписаться|подписывайтесь|підпи(?:шіться"
    r"|суйтесь))(?:\b.{0,140})?"
    r"|(?:get|receive|want) .{0,80}(?:newsletter|in(?:to|) your inbox|delivered|alerts?|headlines"
    r"|breaking news)\b.*|(?:our|free|the|your|this|.{2,24} daily|.{2,24} weekly)\s?(?:free |daily "
    r"|weekly )?newsletters?(?: .{0,40})?|newsletters?|.{0,40}(?:delivered|straight"
    r"|direct(?:ly)?) to your (?:inbox|email).{0,40}"
    r"|(?:download|get) (?:our|the) .{0,40}app\b.*|(?:support|donate to) (?:us|our|independent).*"
    r"|become a (?:member|subscriber).*|already a subscriber\W.*"
    r"|(?:tags?|topics?|filed under|posted in|categor(?:y|ies)|keywords?|labels?|schlagw(?:orte|örter)"
    r"|schlagworte|themen|mots[- ]clés|étiquettes|etiquetas|temas|теги|тэги|метки|темы|tag|trefwoorden|tagi"
    r"|etiketler)\s*:.*"
    r"|(?:read (?:more|also|next|the full .{1,40})|also read|see also|more (?:on|from|about)(?: .{2,40})?"
    r"|related(?: (?:article|story|reading))?|watch(?: also| more| now)?|must read|don[’']t miss|recommended"
    r"|listen"
    r"|lesen sie auch|lesen sie mehr|mehr dazu|siehe auch|lire (?:aussi|également)|à lire (?:aussi|également)?"
    r"|voir aussi|lea (?:también|más)|leer más|ver también|te puede interesar|leggi anche|leia (?:também|mais)|"
    r"читайте также|читать также|смотрите также|читайте також|lees ook|lees meer|czytaj (?:także|też|więcej)"
    r"|zobacz (?:także|też))\s*(?::|»|>|–|—|\||→).*"
    r"|(?:read|learn|see|show|view|load) (?:more|all|less)(?: .{1,30})?|continue reading.*|weiterlesen"
    r"|lire la suite|leer más|читать далее|mehr (?:lesen|anzeigen)"
    r"|skip to (?:main )?content|(?:main )?menu|(?:toggle )?navigation|search|close|home(?:page)?|startseite"
    r"|accueil|inicio|главная|back to (?:top|home|.{2,30})|(?:go )?back|loading\W*|(?:view"
    r"|open) (?:in )?(?:gallery|full ?screen|image).*"
    r"|(?:home|startseite|accueil|inicio|главная|news)\s*[>»/›→|].*|.{2,30}\s[>»›]\s.{2,40}|(?:image|photo|slide"
    r"|bild|фото)?\s*\d+\s?(?:/|of|von|из|de|sur)\s?\d+"
    r"|\d[\d.,]*\s?k?(?: (?:views?|shares?|comments?|likes?|reads?|просмотр\w*))?|(?:views?|shares?|comments?"
    r"|hits|просмотр\w*)\s*:?\s*\d[\d.,k]*|(?:no|0) comments?"
    r"|your email address will not be published.*|required fields are marked.*|(?:name|email|e-mail|website"
    r"|comment|message|url)\s*\*?|save my name, email.*|(?:notify me of|this site uses akismet).*|post comment"
    r"|submit|reply|cancel reply"
    r"|(?:we|this (?:site|website)|our (?:site|website|partners)|wir|diese website) (?:use|uses|verwenden"
    r"|verwendet|benutzt)\b.{0,40}cookies?.*|(?:accept|reject|manage|cookie)(?: all)?(?: (?:cookies?|settings"
    r"|preferences|policy|options))+|accept all|by (?:continuing|using|clicking"
    r"|signing up)\b.{0,80}\byou (?:agree|accept|consent|confirm)\b.*"
    r"|(?:©|\(c\)\s|copyright (?:©|\(c\)|\d{4}|by)).*|.{0,90}\ball rights reserved\b.*"
    r"|.{0,60}alle rechte vorbehalten.*|.{0,60}tous droits réservés.*|.{0,60}todos los derechos reservados.*"
    r"|.{0,60}все права защищены.*|(?:terms|privacy|legal|impressum|datenschutz|contact us|about us|advertise"
    r"|imprint|careers)(?: (?:of (?:use|service)|policy|notice|and conditions|& conditions))?"
    r"|this (?:material|article|content|story|report) may not be (?:published|reproduced).*|(?:this"
    r"|the) (?:article|story|report|post) (?:was|has been) (?:first|originally|automatically|auto-).{0,160}"
    r"|reprinted with permission.*|(?:the )?(?:views|opinions) expressed .{0,200}(?:author|publication|outlet"
    r"|editor|necessarily).*"
    r"|disclaimer\s*:.*|(?:for (?:more|further|the latest) (?:information|news|stories|updates|details|on)\b"
    r"|stay (?:up to date|tuned|informed|updated)|keep up with).{0,140}|(?:have|got|do you have) (?:a|any) (?:tip"
    r"|story|news|correction).{0,140}|(?:report|spotted|found) (?:a|an) (?:typo|error|mistake|correction).{0,120}"
    r"|(?:contact|email|e-mail|reach|write to) .{2,60}\S+@\S+.{0,40}|нашли ошибку.*"
    r"|(?:file |stock |handout )?(?:photo|image|picture|video|graphic|illustration)s?|(?:image|photo) (?:source"
    r"|credit|caption|copyright)s?|источник(?: фото)?|getty images|reuters|shutterstock|istock"
    r"|image caption.{0,140}"
    r"|our (?:standards|policies|principles)\s*:.*"
    r"|(?:ends?|\W*ends\W*|-?30-?|#{3,}|x{3,}|\*{2,}|_{3,}|-{2,}|={3,}|~{3,})|breaking(?: news)?|exclusive"
    r"|live(?: updates)?|just in|premium|opinion|editorial|updated|new|report(?:s)?|nota)\W*",
    _I,
)  # fmt: skip
_CREDIT_WORD: Final = (
    r"(?:(?:photo|image|picture|video|graphic|illustration|screenshot|foto|bild|grafik|crédit(?:o|os"
    r"|s)?(?: photo)?|photographie|imagen|фото|фотография|ілюстрація|zdj(?:ęcie|\.)|fot\.|fotografía|immagine)s?"
    r"(?: (?:credits?|source|courtesy(?: of)?|by|quelle|archive?|file|via|from|illustration|ilustrativa"
    r"|d[’']illustration))?)"
)
_CAPTION_OPEN: Final = re.compile(
    rf"[\[(]?(?:file |stock |handout |ap |afp |reuters |epa )?(?:{_CREDIT_WORD}\s*[:©/|]|(?:photo|image|picture"
    r"|illustration|foto)s? (?:by|courtesy of|credit|via|from)\b|credits?\s*:|image courtesy|courtesy\s*:|(?:file"
    r"|archive|stock) (?:photo|image|picture)\b|"
    r"\(?(?:pictured|in (?:this|the) (?:file |handout |undated )?(?:photo|image|picture))\b|(?:caption"
    r"|bildunterschrift|legend|légende)\s*:)",
    _I,
)
_CAPTION_TAIL: Final = re.compile(
    rf"(?:[.!?”’\"»)\]…|]\s*[\[(]?{_CREDIT_WORD}\s*(?:by |courtesy|–|—)\s*.{{2,70}}|(?:[.!?”’\"»)\]…,|–—-]"
    rf"|\S\s)\s*[\[(]?(?:{_CREDIT_WORD}\s*[:©/]\s*.{{2,70}}|(?:image|photo|picture)s? courtesy\b.{{0,60}}"
    rf"|(?:courtesy|credits?|quelle|источник|via)\s*:\s*.{{2,60}}|©\s*.{{2,60}}"
    r"|[\w .’'-]{2,40}\s?/\s?(?:getty(?: images)?|afp|ap|reuters|dpa|epa(?:-efe)?|efe|imago|shutterstock|istock"
    r"|tass|xinhua|anadolu|pool|wikimedia(?: commons)?|unsplash|picture alliance|alamy|bloomberg|pa|[\w ]*photo"
    r"|via .{2,40})"
    r"|(?:reuters|ap|afp|epa|tass|getty images|pool)\s?/\s?[\w .’'-]{3,40}|getty images|shutterstock"
    r"|file (?:photo|image|picture)|archivbild|symbolbild|archive photo)[\])]?\.?)$",
    _I,
)
_CAPTION_BRACKET: Final = re.compile(
    r"\[[^\[\]]{3,60}/[^\[\]]{2,40}\]$|\((?:AP|Reuters|AFP|EPA|Getty)?\s?(?:Photo|Foto|Image)[ /:][^()]{2,60}\)$", _I
)
_SIGN_OFF: Final = re.compile(
    r"[\[(]?(?:(?:additional |with )?(?:reporting|writing|editing|compiled|translation|bearbeitung|redaktion"
    r"|edición|edited|translated|rédaction) (?:by|von|par|por)\b.{3,200}|(?:writing|editing"
    r"|reporting)\s?:\s?.{3,80})[\])]?",
    _I,
)
LONGEST: Final = 320
"""No line longer than this is furniture by its wording alone: the patterns speak of short lines."""


def bare(line: str) -> str:
    """Take bullets and outer space off a line."""
    return _BULLET.sub("", line).strip()


@lru_cache(maxsize=4096)
def kind(line: str) -> Kind | None:
    """Say what kind of furniture a line is, or None if nothing in its wording says that it is any."""
    text = bare(line)
    if not text:
        return "line"
    if len(text) > LONGEST:
        return None
    if _COMMENTS.fullmatch(text):
        return "comments"
    if _END.fullmatch(text):
        return "end"
    if _BOX.fullmatch(text):
        return "box"
    if _ADVERT.fullmatch(text):
        return "advert"
    if _CAPTION_OPEN.match(text) or _CAPTION_TAIL.search(text) or _CAPTION_BRACKET.search(text):
        return "caption"
    if _LINE.fullmatch(text):
        return "line"
    return None


def is_sign_off(line: str) -> bool:
    """Say whether a line only credits those who reported, wrote, edited or translated."""
    return len(line) <= LONGEST and _SIGN_OFF.fullmatch(line.strip()) is not None

"""What people choose when asked for twelve characters, and how a guesser would put it together.

The lists are our own: words, names, teams and phrases in the languages of our people, not a list of leaked passwords.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

MOST = 2  # words of KNOWN that make a password together; three or more that come to mind are a passphrase
SHORTEST_WALK = 3  # keys or letters in a row


def _each(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Passwords by themselves, and words of this place: however many of them in a row are no secret.
COMMON = _each("""
password passwort passwords passw mypassword motdepasse contrasena clave senha minhasenha parola haslo wachtwoord
katasandi sandi katakunci nenosiri neno siri qwerty qwertz azerty letmein letmeinnow welcome bienvenue bienvenido
bemvindo karibu selamatdatang iloveyou teamo tequiero jetaime euteamo nakupenda akucintakamu ahlan habibi bismillah
kalimatusirr admin administrator administrador administrateur user guest root test testing demo login signin signon
access changeme changethis default temp temporary secret topsecret trustno master superman batman spiderman pokemon
monkey dragon football basketball baseball princess sunshine starwars whatever hello helloworld iloveme polyphony
polyphonie polifonia polifoni company companies consultation konsultasi consulta mashauriano organisation organization
organisasi stakeholder facilitator humanrights كلمةالسر كلمةسر كلمةالمرور سري مرحبا اهلا احبك بسمالله
""")

# Words that come to mind first: one or two of them make no password, however they are dressed.
KNOWN = _each("""
shadow ninja killer freedom flower lovely the my our your and is are i you me we love like hate big new old best good
great super little happy lucky crazy sweet baby honey angel heart forever always never together number summer winter
spring autumn january february march april june july august september october november december monday tuesday
wednesday thursday friday saturday sunday today tomorrow yesterday birthday christmas ramadan easter holiday morning
night evening black white red green blue yellow orange purple silver golden cat dog horse tiger lion eagle elephant
dolphin butterfly rabbit panther wolf bear buster snoopy kitty puppy chicken mother father mama papa mommy daddy mummy
brother sister family friend friends husband wife children daughter boyfriend girlfriend bestfriend student teacher
doctor nurse manager director engineer president minister secretary officer house home office school college
university business computer internet network system server windows microsoft apple google facebook instagram twitter
whatsapp youtube yahoo gmail hotmail email android iphone samsung nokia motorola laptop keyboard monitor printer
software hardware database security website online digital technology telephone mobile michael jordan david daniel
john james robert william richard joseph thomas charles christopher anthony matthew andrew joshua george kevin brian
steven edward jonathan alexander alexandra benjamin nicholas samuel patrick jack peter paul simon mary maria patricia
jennifer jessica elizabeth linda barbara susan sarah karen michelle nancy ashley amanda melissa stephanie nicole
victoria charlotte rebecca catherine katherine isabella olivia emily sophia grace joy faith hope mercy blessing
mohamed mohammed muhammad ahmed ali hassan hussein ibrahim omar abdullah abdul fatima aisha amina khadija zainab
mariam juan jose carlos luis miguel pedro antonio francisco manuel fernando ricardo eduardo gabriel rafael alejandro
carmen ana gonzalez rodriguez garcia martinez lopez hernandez silva santos oliveira souza pereira ferreira jean pierre
jacques marie sophie camille nathalie isabelle joao paulo wanjiru kamau mwangi njoroge otieno achieng wambui kipchoge
juma baraka neema asha zuri jelani simba safari hakuna matata rafiki mungu yesu jesus christ jesuschrist god allah
lord blessed budi siti agus dewi putri rahayu wati sayang cinta aku kamu indonesia jakarta bandung surabaya bali
merdeka garuda liverpool manchester united city chelsea arsenal tottenham everton barcelona realmadrid madrid juventus
milan inter bayern munich dortmund ajax benfica porto sporting flamengo corinthians palmeiras boca river celtic
rangers lakers yankees cowboys steelers eagles patriots gormahia simbasc yanga chiefs pirates alahly zamalek messi
ronaldo cristiano neymar mbappe america american england london paris france spain mexico brazil brasil argentina
colombia portugal lisboa africa kenya nairobi mombasa uganda kampala tanzania rwanda nigeria lagos ghana egypt cairo
morocco tunisia algeria sudan somalia ethiopia congo canada australia germany berlin italy india pakistan bangladesh
philippines malaysia singapore china japan newyork california chicago houston texas florida washington boston dallas
miami sydney melbourne toronto chocolate banana strawberry cookie cheese coffee pepper ginger sugar pizza sandwich
butter vanilla cherry peaches metallica nirvana beatles slipknot eminem rihanna beyonce justinbieber onedirection
blackpink bangtan hiphop reggae guitar music dance soccer tennis cricket rugby hockey volleyball swimming champion
champions winner victory harrypotter voldemort gandalf starwars skywalker darthvader naruto sasuke pikachu minecraft
fortnite roblox playstation nintendo xbox mario zelda sonic ferrari porsche mercedes toyota honda yamaha suzuki
corvette mustang harley davidson unbelievable congratulations international understanding professional responsibility
communication administration relationship environment information development government independence championship
championships representative revolutionary extraordinary unforgettable impossible everything anything something
nothing beautiful wonderful fantastic awesome amazing perfect excellent adventure paradise rainbow universe galaxy
mountain ocean midnight thunder lightning diamond crystal phoenix warrior hunter soldier knight wizard magic dreams
dreamer believe iloveyouforever iloveyousomuch iloveyoubaby ilovemymom ilovemydad ilovemyfamily ilovemywife ilovemyson
ilovejesus ilovegod iloveallah jesuslovesme jesusislord godisgood godisgreat godislove godblessme thankyoulord
thankyoujesus praisethelord trustingod inshallah alhamdulillah mashallah allahuakbar subhanallah astaghfirullah
mungunimwema hakunamatata asantesana habariyako mimipekeyangu dieuestgrand dieuestamour jetaimemonamour monamour
moncoeur machérie tequieromucho teamomucho diosesamor diosesbueno miamor micorazon mividaentera deusefiel deusemaior
meuamor teamomuito terimakasih sayangkamu akusayangkamu cintaku iwillsurvive neversaynever carpediem whocares
whateveritis letmeinplease openthedoor opensesame donttouch keepout nopassword nopasswords thisismypassword
mypasswordis thepassword newpassword oldpassword secretpassword whatismypassword forgotpassword ihatepasswords
correcthorsebatterystaple onetwothree onetwothreefour unodostres uneduextrois mojambilitatu satuduatiga
thequickbrownfox loremipsum livelaughlove makemoney moneymoney money million billion dollar bitcoin ethereum success
محمد احمد علي حسن حسين فاطمة عائشة الله الحمدلله انشاءالله سبحانالله اللهاكبر حبيبي حبيبتي امي ابي القاهرة مصر
""")

_ROWS = ("1234567890", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop",
         "qsdfghjklm", "wxcvbn", "abcdefghijklmnopqrstuvwxyz", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0",
         "qawsedrftgyhujikolp", "1a2b3c4d5e6f7g8h9i", "a1b2c3d4e5f6g7h8i9")
_COLUMNS = ("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik", "9ol", "1qay", "1aqw", "2zsx")
_WALKS = tuple(way for line in (*_ROWS, *_COLUMNS) for way in (line, line[::-1]))
_ON_SHIFT = str.maketrans("!@#$%^&*()", "1234567890")
_DRESSES = [str.maketrans(f"0134578@${bar}", f"o{one}eastbas{one}") for one in "il" for bar in "!|"]


def _bare(text: str) -> str:
    """Small letters and digits without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if sign.isalnum())


_COMMON, _KNOWN = frozenset(map(_bare, COMMON)), frozenset(map(_bare, KNOWN))
_LONGEST = max(map(len, _COMMON | _KNOWN))


def is_easy(password: str) -> bool:
    """Whether a guesser would come to it soon: known words, however dressed, and walks over the keyboard."""
    return any(said and _words_of(_shortest_period(said)) <= MOST for said in {*_undressed(password.casefold())})


def _undressed(typed: str) -> Iterator[str]:
    """What may be meant: as it stands, without its digits and signs, or with those that stand for letters read so."""
    yield _bare(typed)
    yield _bare(typed.translate(_ON_SHIFT))
    yield re.sub(r"\d", "", _bare(typed))
    for core in {re.sub(r"[\W\d_]+$", "", typed), re.sub(r"^[\W\d_]+|[\W\d_]+$", "", typed)}:
        for dress in _DRESSES:
            yield re.sub(r"\d", "", _bare(core.translate(dress)))


def _shortest_period(said: str) -> str:
    """What is said again and again is as good as said once."""
    return said[:(said + said).find(said, 1)]


def _words_of(said: str) -> int:
    """How few words of KNOWN it can be made of, common ones and walks being free; more than MOST where it cannot."""
    fewest = [0]
    for end in range(1, len(said) + 1):
        ways = (fewest[start] + _cost(said[start:end]) for start in range(max(0, end - _LONGEST), end))
        fewest.append(min(ways))
    return fewest[-1]


def _cost(piece: str) -> int:
    if piece in _COMMON or (len(piece) >= SHORTEST_WALK and any(piece in walk for walk in _WALKS)):
        return 0
    return 1 if piece in _KNOWN else MOST + 1


def is_a_run(password: str) -> bool:
    """Whether all characters simply follow one another, up or down: abcdef…, 987654…"""
    steps = {ord(b) - ord(a) for a, b in pairwise(password)}
    return len(steps) == 1

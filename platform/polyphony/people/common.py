"""What people choose when asked for twelve characters, and how soon a guesser would come to it.

How soon is zxcvbn's to say (Wheeler, USENIX Security 2016): it knows thirty thousand passwords that leaked, names,
words, walks over the keyboard, repeats, dates, and signs in place of letters. What it lacks of our languages is here.
"""

import re
import unicodedata

ENOUGH = 10 ** 9  # guesses; three words that come to mind take more, one or two, however they are dressed, take fewer
LEAKED = 3_000  # the most used of all passwords (ASVS 5.0, 6.2.4)
JUDGED = 24  # characters: beyond them time grows and the answer does not change

# Passwords, names, teams and sayings in our languages, and words of this place.
_WORDS = """
katasandi katakunci nenosiri neno siri bienvenue bienvenido bemvindo karibu selamatdatang euteamo nakupenda
akucintakamu ahlan kalimatusirr administrador administrateur changethis polyphonie polifonia polifoni konsultasi
mashauriano organisasi humanrights كلمةالسر كلمةسر كلمةالمرور سري مرحبا اهلا احبك بسمالله whatsapp hotmail khadija
joao wanjiru kamau mwangi njoroge otieno achieng wambui kipchoge juma neema zuri jelani mungu yesu budi siti agus dewi
putri rahayu wati aku kamu bali boca gormahia simbasc yanga alahly neymar mbappe onedirection blackpink bangtan
fortnite roblox iloveyouforever iloveyousomuch iloveyoubaby ilovemymom ilovemydad ilovemywife ilovemyson iloveallah
jesuslovesme godblessme thankyoulord thankyoujesus praisethelord trustingod inshallah alhamdulillah mashallah
allahuakbar subhanallah astaghfirullah mungunimwema hakunamatata asantesana habariyako mimipekeyangu dieuestgrand
dieuestamour jetaimemonamour moncoeur machérie tequieromucho teamomucho diosesamor diosesbueno micorazon mividaentera
deusefiel deusemaior meuamor teamomuito terimakasih sayangkamu akusayangkamu iwillsurvive neversaynever whateveritis
letmeinplease openthedoor donttouch nopasswords thisismypassword mypasswordis thepassword oldpassword secretpassword
whatismypassword forgotpassword ihatepasswords correcthorsebatterystaple onetwothreefour unodostres uneduextrois
mojambilitatu satuduatiga thequickbrownfox loremipsum livelaughlove moneymoney ethereum محمد احمد علي حسن حسين فاطمة
عائشة الله الحمدلله انشاءالله سبحانالله اللهاكبر حبيبي حبيبتي امي ابي القاهرة مصر
"""
OURS = _WORDS.split()
_ON_SHIFT = str.maketrans("!@#$%^&*()", "1234567890")


def is_easy(password: str) -> bool:
    """Whether a guesser would come to it soon, as it is typed, without its accents, or with the shift key let go.

    Leaked passwords one after the other are as easy as one, whatever stands between them.
    """
    from zxcvbn import zxcvbn  # heavy, and needed only where somebody chooses a password
    from zxcvbn.matching import RANKED_DICTIONARIES

    start = password[:JUDGED]
    ranks, words = RANKED_DICTIONARIES["passwords"], re.findall(r"[^\W\d_]+", _plain(start).casefold())
    return (bool(words) and all(ranks.get(word, LEAKED + 1) <= LEAKED for word in words)) or any(
        zxcvbn(said, user_inputs=OURS)["guesses"] < ENOUGH
        for said in {start, _plain(start), start.translate(_ON_SHIFT)})


def _plain(text: str) -> str:
    """Without accents."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))

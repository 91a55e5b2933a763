"""How many files, how large, and why one is refused: in words, with what to do instead."""

from collections.abc import Iterable
from typing import Any

from polyphony.kernel.locale import lazy
from polyphony.kernel.refusals import BadInput, WrongState
from polyphony.uploads.cleaning import limits, verdicts

MOST = 5  # files on one thing
LARGEST = limits.FILE
TAKEN = {"pdf", "jpg", "jpeg", "png", "webp", "docx", "xlsx", "pptx", "odt", "ods", "odp"}


class FileRefused(BadInput):
    """One file that cannot be taken; `reason` is its word in `cleaning.verdicts`."""

    field = "files"
    word = "broken"
    message = lazy("This file could not be taken.")
    help = lazy("Everything else you typed is still here. You can also describe in words what the file shows.")


class UnknownKind(FileRefused):
    message = lazy("We cannot clean this kind of file, so we do not take it.")
    help = lazy("Save it as PDF, or as a JPEG or PNG picture, and attach that. Plain text can go into the form itself.")


class PictureKind(FileRefused):
    message = lazy("We cannot clean this kind of picture.")
    help = lazy("Save it as JPEG or PNG, or take a screenshot of it, and attach that.")


class Drawing(FileRefused):
    message = lazy("Drawings in SVG can hold programs, so we do not take them.")
    help = lazy("Save the drawing as PNG or PDF and attach that.")


class Archive(FileRefused):
    message = lazy("This is a file with other files inside. We cannot clean what we cannot see.")
    help = lazy("Take the files out and attach each one by itself.")


class OldOffice(FileRefused):
    message = lazy("This is an older office format that we cannot clean.")
    help = lazy("Save it as .docx, .xlsx, .pptx, .odt, .ods, .odp or PDF and attach that.")


class SoundOrFilm(FileRefused):
    message = lazy("Sound and film carry voices and faces that we cannot clean, so we do not take them.")
    help = lazy("Describe in words what can be heard or seen, or attach a picture from it.")


class Empty(FileRefused):
    message = lazy("This file is empty.")
    help = lazy("Choose it again, or another one.")


class Broken(FileRefused):
    message = lazy("This file is damaged or not what it seems, so it could not be cleaned.")
    help = lazy("Open it, save it anew under another name, and attach that.")


class Encrypted(FileRefused):
    message = lazy("This file is protected by a password, so we cannot clean it.")
    help = lazy("Save a copy without the password and attach that. Each file is locked again before it is kept here.")


class WithMacros(FileRefused):
    message = lazy("This file holds programs (macros).")
    help = lazy("Save it without macros, as .docx, .xlsx or .pptx, or as PDF, and attach that.")


class Moving(FileRefused):
    message = lazy("This picture moves. We take only still pictures.")
    help = lazy("Save one of its pictures as PNG or JPEG and attach that.")


class HiddenLayers(FileRefused):
    message = lazy("This PDF has layers that are or can be switched off. Cleaning would make them visible.")
    help = lazy("Print it to a new PDF so that only what you see is in it, and attach that.")


class CutAway(FileRefused):
    message = lazy("This PDF holds more than its pages show: a part of a page is cut away and cannot be seen.")
    help = lazy("Print it to a new PDF so that only what you see is in it, and attach that.")


class HiddenParts(FileRefused):
    message = lazy("This file has hidden parts: sheets, rows, columns, slides or words.")
    help = lazy("Show or delete them, save the file anew, and attach that.")


class CannotCleanInside(FileRefused):
    message = lazy("Something inside this file cannot be cleaned: an embedded program, film, sound or drawing.")
    help = lazy("Save the document as PDF, or take that part out, and attach it again.")


class TooMuch(FileRefused):
    message = lazy("This file is too large to be cleaned.")
    help = lazy("Each file may have 10 MB, and a picture 50 million points. Make it smaller or attach a part of it.")


class TooManyFiles(FileRefused):
    message = lazy("Five files are attached already.")
    help = lazy("Remove one before you attach another.")


class NoRoom(FileRefused):
    message = lazy("There is no room for this file on the server just now. Nothing of it was kept.")
    help = lazy("Try again later; your text does not need to wait for it.")


class NotScanned(FileRefused):
    message = lazy("The check for harmful files cannot be reached just now, so no file is taken.")
    help = lazy("Try again later; your text does not need to wait for it.")


class Harmful(FileRefused):
    message = lazy("This file was found to be harmful, so it was not kept.")
    help = lazy("Your device may need care. You can describe in words what the file shows.")


class Damaged(WrongState):
    """What lies on the disk is not what was put there."""

    message = lazy("This file was damaged on our side, so it is not handed over.")
    help = lazy("Whoever attached it can attach it again.")


REFUSED: dict[str, type[FileRefused]] = {
    verdicts.UNKNOWN: UnknownKind, verdicts.BOOK: UnknownKind, verdicts.PICTURE: PictureKind, verdicts.DRAWING: Drawing,
    verdicts.ARCHIVE: Archive, verdicts.OLD_OFFICE: OldOffice, verdicts.MEDIA: SoundOrFilm, verdicts.EMPTY: Empty,
    verdicts.BROKEN: Broken, verdicts.ENCRYPTED: Encrypted, verdicts.MACROS: WithMacros, verdicts.MOVING: Moving,
    verdicts.LAYERS: HiddenLayers, verdicts.CROPPED: CutAway, verdicts.HIDDEN: HiddenParts,
    verdicts.INSIDE: CannotCleanInside, verdicts.TOO_MUCH: TooMuch,
}


REFUSED |= {"too_many": TooManyFiles, "no_room": NoRoom, "not_scanned": NotScanned, "harmful": Harmful}
for _word, _refusal in REFUSED.items():
    _refusal.word = _word


def told(words: Iterable[str]) -> list[FileRefused]:
    """The refusals behind words that came back in an address, each once."""
    return [REFUSED[word]() for word in dict.fromkeys(words) if word in REFUSED]


def refusal_for(unclean: verdicts.Unclean) -> FileRefused:
    """The sentence for people behind a verdict of the cleaner."""
    return REFUSED[unclean.reason]()


def word_of(refusal: FileRefused, name: str) -> str:
    """Why a file is refused; what calls itself by a kind that we take, and is none, is not what it seems.

    Of the name only its ending is looked at, here and now; it is kept nowhere.
    """
    ending = name.rsplit(".", 1)[-1].casefold()
    return verdicts.BROKEN if ending in TAKEN and isinstance(refusal, UnknownKind) else refusal.word


def ensure_room(attached: int) -> None:
    """At most five files on one thing. Raises TooManyFiles."""
    if attached >= MOST:
        raise TooManyFiles()


def ensure_small(data: Any) -> None:
    """One file within its size. Raises TooMuch, Empty."""
    if not data:
        raise Empty()
    if len(data) > LARGEST:
        raise TooMuch()

"""Why a file cannot be cleaned, in one word each; the sentences for people stand in the room's rules."""

UNKNOWN, PICTURE, DRAWING, ARCHIVE, OLD_OFFICE, MEDIA, BOOK = (
    "unknown", "picture", "drawing", "archive", "old_office", "media", "book")
EMPTY, BROKEN, ENCRYPTED, MACROS, MOVING, LAYERS, CROPPED, HIDDEN, INSIDE, TOO_MUCH = (
    "empty", "broken", "encrypted", "macros", "moving", "layers", "cropped", "hidden", "inside",
    "too_much")
REASONS = (UNKNOWN, PICTURE, DRAWING, ARCHIVE, OLD_OFFICE, MEDIA, BOOK, EMPTY, BROKEN, ENCRYPTED, MACROS, MOVING,
           LAYERS, CROPPED, HIDDEN, INSIDE, TOO_MUCH)


class Unclean(Exception):
    """This file cannot be made safe for its sender; `reason` is one of REASONS."""

    def __init__(self, reason: str):
        self.reason = reason
        super().__init__(reason)

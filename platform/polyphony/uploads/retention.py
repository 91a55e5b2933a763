"""Files last as long as what they hang on; the end of a file is the end of its key."""

from polyphony.kernel.locale import lazy
from polyphony.kernel.retention import ACCOUNT, KEY_DESTROYED, PHRASE, Datum, keeps

keeps(
    Datum("file", (ACCOUNT, PHRASE), lazy("Files that you attached: cleaned, without their names, each locked with a key of "
                                          "its own"),
          lazy("As long as the input or the application on which they hang. Then the key is destroyed at once, and what is "
               "left is cleared away within three hours."),
          lazy("So that those whom you chose can open them."), KEY_DESTROYED,
          {"uploads.attachment": "id kind subject_id number format size key withheld day"},
          "SELECT a.format, a.size, a.day, a.withheld, a.id FROM uploads.attachment a WHERE a.kind = 'input' AND "
          "(a.subject_id = ANY (:authored) OR a.subject_id IN (SELECT d.input_id FROM inputs.draft d)) "
          "ORDER BY a.day, a.subject_id, a.number"),
)

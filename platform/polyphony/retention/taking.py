"""Everything about somebody in one file: for machines as JSON, for people as a page that needs nothing else."""

import io
import json
import zipfile

from flask import render_template

from polyphony.kernel import clock
from polyphony.kernel.locale import direction, language
from polyphony.retention.service import Held
from polyphony.retention.words import column


def packed(found: list[Held]) -> bytes:
    """A ZIP of both, made in memory; its times say nothing finer than the day."""
    day = clock.today()
    told = {"made_on": day.isoformat(), "data": [
        {"name": each.datum.name, "what": str(each.datum.what), "how_long": str(each.datum.until),
         "why": str(each.datum.why), "rows": each.rows} for each in found]}
    page = render_template("retention/file.html", found=found, day=clock.day(day), column=column,
                           lang=language(), direction=direction(language()))
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in (("data.json", json.dumps(told, ensure_ascii=False, indent=1)), ("data.html", page)):
            file.writestr(zipfile.ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return body.getvalue()



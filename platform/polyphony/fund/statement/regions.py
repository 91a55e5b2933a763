"""Countries in the regions of the United Nations, through which small figures are merged upward.

Source: UN Statistics Division, Standard Country or Area Codes for Statistical Use (M49), as of 2024; countries by
ISO 3166-1. What M49 does not list (Taiwan, Kosovo, Antarctica, some islands) is merged into the world at once.
"""

WORLD = "001"
REGIONS = {
    "002": {
        "015": "DZ EG EH LY MA SD TN", "011": "BF BJ CI CV GH GM GN GW LR ML MR NE NG SH SL SN TG",
        "014": "BI DJ ER ET IO KE KM MG MU MW MZ RE RW SC SO SS TF TZ UG YT ZM ZW",
        "017": "AO CD CF CG CM GA GQ ST TD", "018": "BW LS NA SZ ZA",
    },
    "019": {
        "029": "AG AI AW BB BL BQ BS CU CW DM DO GD GP HT JM KN KY LC MF MQ MS PR SX TC TT VC VG VI",
        "013": "BZ CR GT HN MX NI PA SV", "005": "AR BO BR BV CL CO EC FK GF GS GY PE PY SR UY VE",
        "021": "BM CA GL PM US",
    },
    "142": {
        "143": "KG KZ TJ TM UZ", "030": "CN HK JP KP KR MN MO", "034": "AF BD BT IN IR LK MV NP PK",
        "035": "BN ID KH LA MM MY PH SG TH TL VN",
        "145": "AE AM AZ BH CY GE IL IQ JO KW LB OM PS QA SA SY TR YE",
    },
    "150": {
        "151": "BG BY CZ HU MD PL RO RU SK UA", "154": "AX DK EE FI FO GB GG IE IM IS JE LT LV NO SE SJ",
        "039": "AD AL BA ES GI GR HR IT ME MK MT PT RS SI SM VA", "155": "AT BE CH DE FR LI LU MC NL",
    },
    "009": {
        "053": "AU CC CX HM NF NZ", "054": "FJ NC PG SB VU", "057": "FM GU KI MH MP NR PW UM",
        "061": "AS CK NU PF PN TK TO TV WF WS",
    },
}


def places() -> list[tuple[str, str, str]]:
    """(country, subregion, region) of every country."""
    return [(country, sub, region) for region, subs in REGIONS.items() for sub, listed in subs.items()
            for country in listed.split()]

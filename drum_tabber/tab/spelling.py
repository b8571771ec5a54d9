"""Spelling: bytes to text, and lines to lines in the few characters that tabs are made of.

Nothing here knows about drums. A line that says `Title:` or `Section:` is somebody's wording and stays as it is.
"""

from __future__ import annotations

import codecs
import html
import re

from drum_tabber.tab.remark import Remarks

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_VERBATIM = re.compile(r"(Title|Section):")
_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z]+\d*);")
_TAG = re.compile(r"</?(?:a|b|body|br|code|div|em|font|html|i|p|pre|span|strong|tt|u)\b[^<>]*>", re.IGNORECASE)
_CHARACTERS = (  # what they are taken for, the characters, what they are called
    ("-", "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00ad\u00af\u2500\uff0d", "dashes"),
    ("|", "\u00a6\u2016\u2502\u2503\u2551\uff5c\u01c0", "bar lines"),
    ("'", "\u2018\u2019\u00b4\u2032", "quotation marks"),
    ('"', "\u201c\u201d\u2033", "quotation marks"),
    (" ", "\u00a0\u2002\u2003\u2009", "spaces"),
    ("x", "\u00d7", "multiplication signs"),
    ("o", "\u00b0\u25cb\u25e6\u25cf\u2022\u2b24", "circles"),
    ("", "\u200b\u200c\u200d\u2060\ufeff", "invisible characters"),
    ("", "".join(chr(code) for code in (*range(9), *range(14, 32), *range(127, 160))), "control characters"),
)
_TABLE = {ord(character): plain for plain, characters, _ in _CHARACTERS for character in characters}


def decode(data: bytes) -> tuple[str, str]:
    """The text that bytes hold, and its encoding where that is not UTF-8. Raises ValueError for what is no text."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data.decode(encoding), ""
    if b"\0" in data:
        raise ValueError("there are zero bytes in it")
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252"), "Cp1252"
    except UnicodeDecodeError:  # five of its 256 codes are undefined
        return data.decode("latin-1"), "Latin-1"


def mend(line: str, number: int, remarks: Remarks) -> str:
    """The line in plain characters; what was put right is remarked under its `number`."""
    if _VERBATIM.match(line):
        return line
    found = []
    for pattern, replace, name in ((_ENTITY, html.unescape, "HTML entities"), (_TAG, lambda _: "", "HTML tags")):
        mended = pattern.sub(lambda match, replace=replace: replace(match[0]), line)  # type: ignore[misc]
        if mended != line:
            found.append(name)
        line = mended
    found += [name for _, characters, name in _CHARACTERS if not set(characters).isdisjoint(line)]
    line = line.translate(_TABLE)
    if "\t" in line:
        found.append("tabs")
        line = line.expandtabs()
    if found:
        remarks.repair(number, 1, f"{', '.join(dict.fromkeys(found))} put into plain characters", fault=False)
    return line.rstrip()

"""What to tell of an answer that is not the one that was asked for."""

import html
import re

AGAIN = "run the same command again: it goes on where it stopped"
LOOKED_AT = 1 << 14
MAX_EXCERPT = 300


def excerpt(body: bytes) -> str:
    """Give the words at the beginning of a text, HTML or XML, without its markup.

    Of a VOTable that says why a query failed, those are the words.
    """
    text = body[:LOOKED_AT].decode("utf-8", errors="replace")
    _, is_status, behind = text.partition("QUERY_STATUS")
    if is_status:
        text = behind.partition(">")[2].partition("</INFO")[0]
    text = re.sub(r"(?s)<(script|style)\b.*?</\1>|<!--.*?-->|<[^>]*>", " ", text)
    return one_line(html.unescape(text), MAX_EXCERPT)


def one_line(text: str, most: int) -> str:
    """Give the words of a text, at most so many characters, without any that steer a terminal."""
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return words if len(words) <= most else f"{words[:most].rstrip()}…"

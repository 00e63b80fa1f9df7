"""Compares the answers of `feeds parse` with those of Python's feedparser, field by field.

Usage: judge.py FOLDER            print the list that `feeds parse --jsonl` reads
       judge.py FOLDER ANSWERS    compare ANSWERS (its output) with feedparser, print agreement and disagreements

A sidecar NAME.json beside a document may hold "base" and "content_type"; it is no document itself when another
file of the same name stands beside it. Both sides are brought to plain text on one line before they are compared.
"""

import collections
import html
import json
import pathlib
import re
import sys
import urllib.parse

FIELDS = ("entries", "feed title", "title", "link", "id", "published", "updated", "author", "summary", "content")
DEFAULT_BASE = "https://feed.example.test/feed"


def documents(folder):
    files = sorted(path for path in pathlib.Path(folder).rglob("*") if path.is_file())
    stems = collections.Counter(path.with_suffix("") for path in files)
    return [path for path in files if path.suffix != ".json" or stems[path.with_suffix("")] == 1]


def sidecar(path):
    beside = path.with_suffix(".json")
    if beside == path or not beside.is_file():
        return {}
    return json.loads(beside.read_text(encoding="utf-8"))


def task(folder, path):
    known = sidecar(path)
    return {
        "file": str(path.relative_to(folder)),
        "path": str(path.resolve()),
        "base": known.get("base") or DEFAULT_BASE,
        "content_type": known.get("content_type"),
    }


def text(value):
    """Markup and references gone, white space collapsed: what both sides mean, on one line."""
    value = re.sub(r"(?is)<(script|style)\b.*?</\1>|<!--.*?-->", "", value or "")
    value = html.unescape(re.sub(r"(?s)</?[a-zA-Z][^<>]*>", " ", value))
    value = re.sub("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]", "", value.replace("•", " "))
    value = re.sub(r"\s+", " ", value).strip()
    # Whether a space stood where a tag was is no one's business.
    return re.sub(r"\s+([.,;:!?)\]])", r"\1", value)


def address(value):
    value = (value or "").strip()
    parts = urllib.parse.urlsplit(value) if re.match(r"(?i)https?://[^\[\]]+$", value) else None
    if parts is None:
        return value
    quoted = [urllib.parse.quote(part, safe="/%:=&?~#+!$,;'@()*[]<>") for part in (parts.path or "/", parts.query)]
    return urllib.parse.urlunsplit((parts.scheme.lower(), parts.netloc.lower(), *quoted, parts.fragment))


def moment(value):
    """feedparser's struct_time or our RFC 3339, as `YYYY-MM-DDTHH:MM:SSZ`."""
    if not value or isinstance(value, str):
        return value or ""
    return "%04d-%02d-%02dT%02d:%02d:%02dZ" % tuple(value)[:6]


def theirs(path, known):
    import feedparser

    headers = {"content-location": known["base"]}
    if known["content_type"]:
        headers["content-type"] = known["content_type"]
    try:
        answer = feedparser.parse(path.read_bytes(), response_headers=headers)
    except Exception as error:  # noqa: BLE001: what the judge cannot read it cannot judge
        return {"failed": repr(error), "feed title": "", "page": "", "entries": [], "version": None}
    entries = []
    for entry in answer.entries:
        get = lambda key: dict.get(entry, key)  # FeedParserDict.get fills `updated` from `published`
        people = [person.get("name") or person.get("email") or "" for person in get("authors") or []]
        content = (get("content") or [{}])[0].get("value", "")
        entries.append({
            "title": text(get("title")),
            "link": address(get("link")),
            "enclosures": [address(enclosure.get("href")) for enclosure in entry.get("enclosures", [])],
            "id": (get("id") or "").strip(),
            "published": moment(get("published_parsed")),
            "updated": moment(get("updated_parsed")),
            "author": text(", ".join(filter(None, people)) or get("author")),
            "summary": text(get("summary")),
            "content": text(content),
        })
    page = address(answer.feed.get("link"))
    return {"feed title": text(answer.feed.get("title")), "page": page, "entries": entries, "version": answer.get("version")}


def ours(line):
    entries = []
    for entry in line["entries"]:
        entries.append({
            "title": text(entry["title"] and html.escape(entry["title"], quote=False)),
            "link": address(entry["link"]),
            "id": entry["id"].strip(),
            "published": moment(entry["published"]),
            "updated": moment(entry["updated"]),
            "author": text(entry["author"]),
            "summary": text(html.escape(entry["summary"] or "", quote=False)),
            "content": text(html.escape(entry["content"] or "", quote=False)),
        })
    return {"feed title": text(html.escape(line["title"] or "", quote=False)), "entries": entries}


def differences(mine, other):
    """(field, ours, theirs) of everything that both sides can be asked about."""
    yield "feed title", mine["feed title"], other["feed title"]
    yield "entries", len(mine["entries"]), len(other["entries"])
    for number, (a, b) in enumerate(zip(mine["entries"], other["entries"]), 1):
        for field in FIELDS[2:]:
            left, right = a[field], b[field]
            if field == "id" and not right:
                continue  # without a guid ours is the canonical link, and feedparser has none
            if field == "link" and not right and left in (other["page"], *b["enclosures"]):
                left = ""  # a post without a link of its own leads to its recording or the feed's page
            if field == "summary" and not left and right == a["content"]:
                right = ""  # feedparser repeats the content as the summary where there is none
            if field == "content" and not left and right == a["summary"]:
                right = ""
            yield f"{field} #{number}", left, right


def main():
    folder = pathlib.Path(sys.argv[1])
    if len(sys.argv) < 3:
        for path in documents(folder):
            print(json.dumps(task(folder, path), ensure_ascii=False))
        return
    with open(sys.argv[2], encoding="utf-8") as answers:
        lines = {line["file"]: line for line in map(json.loads, filter(str.strip, answers))}
    asked, agreed = collections.Counter(), collections.Counter()
    folders = collections.defaultdict(lambda: [0, 0])
    found, skipped, broken, foreign = [], [], [], 0
    for path in documents(folder):
        known = task(folder, path)
        line = lines.get(known["file"])
        if line is None:
            sys.exit(f"no answer for {known['file']}")
        other = theirs(path, known)
        if "failed" in other:
            broken.append(f"{known['file']}: {other['failed']}")
            continue
        if path.read_bytes()[:8].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t").startswith((b"{", b"[")):
            foreign += 1  # feedparser 6.0 reads no JSON Feed
            continue
        if not other["version"] and not other["entries"] and not line["ok"]:
            skipped.append(known["file"])  # neither sees a feed
            continue
        for field, left, right in differences(ours(line), other):
            kind = field.split(" #")[0]
            place = folders[known["file"].split("/")[0] if "/" in known["file"] else "."]
            asked[kind] += 1
            place[1] += 1
            if left == right:
                agreed[kind] += 1
                place[0] += 1
            else:
                found.append((known["file"], field, left, right))
    for file, field, left, right in found:
        print(f"{file}: {field}\n    ours:   {str(left)[:200]!r}\n    theirs: {str(right)[:200]!r}")
    rows = [(kind, agreed[kind], asked[kind]) for kind in FIELDS]
    rows += [(f"[{name}]", *counts) for name, counts in sorted(folders.items())]
    rows.append(("all", agreed.total(), asked.total()))
    print()
    for name, same, total in rows:
        print(f"{name:<14} {same:>5} of {total:>5}  {100 * same / total if total else 100:6.2f} %")
    for line in broken:
        print(f"feedparser fails on {line}")
    print(f"{len(skipped)} documents in which neither sees a feed, {foreign} of JSON, which feedparser does not read")
    explained = set(re.findall(r"`(\w+/\w+)`", pathlib.Path(__file__).with_name("README.md").read_text(encoding="utf-8")))
    rest = sorted({file for file, *_ in found if str(pathlib.PurePath(file).with_suffix("")) not in explained})
    print(f"not explained in the README: {', '.join(rest) or 'none'}")


if __name__ == "__main__":
    main()

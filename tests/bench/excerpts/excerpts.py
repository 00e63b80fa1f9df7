#!/usr/bin/env python3
"""Lays labelled posts out as feeds, has the program make a digest of them, and judges its excerpts.

Each post stands in two feeds of its own kind: `plain`, where a description is the post's text, and `worn`, where the
text is wrapped as blog software wraps it. An excerpt fails that begins with the title, ends in mid-sentence, holds
words that the post does not have, is longer than 320 characters, or is shorter than 200 though one more sentence has
room. A text without a sentence of 320 characters or fewer may be cut, with an ellipsis.

Usage: excerpts.py POSTS.jsonl [--program target/debug/policy-digest] [--worst 10]
Exit 1 when an excerpt fails.
"""

import argparse
import html
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LONGEST, SHORTEST = 320, 200
# So many stories in full fit into a mail.
ONE_MAIL = 40

# In a wrapper, {title}, {text} and {teaser} stand for the post's, {site} for the site's name.
WRAPPERS = {
    "wordpress": (
        "<p>{teaser} [&#8230;]</p>\n<p>The post <a href='#'>{title}</a> appeared first on <a href='#'>{site}</a>.</p>",
        "<p><em>By Jane Smith, Head of Policy</em></p><figure><img src='a.jpg'/><figcaption>A bridge over the river. Photo: Sam "
        "Jones / Agency</figcaption></figure><p>{text}</p><div class='sharedaddy'><h3>Share this:</h3><ul><li>Twitter</li>"
        "<li>Facebook</li><li>LinkedIn</li></ul></div><h3>Like this:</h3><p>Like Loading...</p><p>The post <a href='#'>"
        "{title}</a> first appeared on <a href='#'>{site}</a>.</p>",
    ),
    "blogger": (
        "",
        "<h3>{title}</h3><div>{text}</div><div>Posted by Jane Smith at 10:30 AM <a>Email This</a><a>BlogThis!</a><a>Share to "
        "Twitter</a><a>Share to Facebook</a></div><div>No comments:</div><div>Labels: <a>care</a>, <a>reform</a></div>",
    ),
    "drupal": (
        "<span class='field--name-title'>{title}</span>\n<span><span>jsmith</span></span>\n<span>Mon, 11/23/2026 - 10:15</span>"
        "<div class='field--name-body'><p>{text}</p></div><div>Tags</div><div><a>Health</a></div><div><a>Add new comment</a></div>",
        "",
    ),
    "medium": (
        "",
        "<figure><img src='a.jpg'/><figcaption>Photo by <a>Sam Jones</a> on <a>Unsplash</a></figcaption></figure><p>{text}</p>"
        "<img src='s.gif' width='1'/><hr/><p><a>{title}</a> was originally published in <a>{site}</a> on Medium, where people "
        "are continuing the conversation by highlighting and responding to this story.</p>",
    ),
    "newsletter": (
        "{teaser}...",
        "<p><a>Listen now (35 mins)</a></p><p>{text}</p><p>Thanks for reading {site}! Subscribe for free to receive new posts and "
        "support my work.</p><p><a>Subscribe now</a></p><p><a>Share</a></p><p><a>Leave a comment</a></p>",
    ),
    "government": (
        "",
        "<p>Posted by: <a>Jane Smith</a>, Posted on: 12 March 2026 - Categories: <a>Policy</a>, <a>Data</a></p><p>Estimated "
        "reading time: 4 minutes</p><p>Image shows a team around a table.</p><p>{text}</p><p>Sign up for email alerts from this "
        "blog.</p><p>You can follow us on Twitter and LinkedIn.</p>",
    ),
    "teaser": ("<p>{teaser} [...] <a>Read more</a></p>", ""),
    "repeated": ("{title}. {text} Read more &rarr;", ""),
    "dashed": ("{title} &#8211; {text} <a>Continue reading {title} &rarr;</a>", ""),
    "with_site": ("{title} | {site}<br/><br/>{text}<br/><br/>Click here to read the full article.", ""),
    "disclaimed": (
        "",
        "<p>This article was first published in <em>{site}</em>.</p><p><em>The views expressed in this article are those of the "
        "author and do not necessarily reflect those of {site}.</em></p><p>{text}</p><p>Download the full report (PDF, 2MB).</p>"
        "<p>Follow us on X: @example. Sign up to our newsletter to keep up to date.</p>",
    ),
    "shared": (
        "<p>Share on Facebook Tweet Email Print</p><p>{title}</p><p>12 March 2026 | 5 min read | Jane Smith</p><p>{text}</p>"
        "<p>Filed under: Care | Tagged: reform, councils</p><p>3 Comments</p><p>&copy; 2026 {site}. All rights reserved.</p>",
        "",
    ),
}
DATE = "<pubDate>Mon, 02 Nov 2026 09:00:00 GMT</pubDate>"
# A feed whose prior is over the threshold, so that every post is picked.
FEEDS = '[[feed]]\nid = "posts"\ntitle = "Posts"\nurl = "file:feed.xml"\ntopic = { prior = 2 }\n'
TOPIC = 'name = "anything"\ntitle = "anything"\ndescription = "Anything."\nlanguages = ["en"]\nthreshold = 1\n[[theme]]\nname = "all"\ntitle = "All"\n\
description = "All."\nweak = ["service"]\n'
SETTINGS = """templates_dir = "templates"
[polling]
allow_files = true
first_poll_window = "36500d"
spacing = "0s"
[digest]
max_stories = 500
"""
TEMPLATE = """{% for section in sections %}{% for entry in section.stories %}
{{ entry.link }} {{ entry.excerpt }}
{% endfor %}{% endfor %}
"""


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("posts", type=Path)
    arguments.add_argument("--program", type=Path, default=ROOT / "target/debug/policy-digest")
    arguments.add_argument("--worst", type=int, default=10)
    options = arguments.parse_args()
    posts = [json.loads(line) for line in options.posts.read_text().splitlines() if line.strip()]
    failed = 0
    for kind in ("plain", "worn"):
        found = {}
        for start in range(0, len(posts), ONE_MAIL):
            some = excerpts(options.program, posts[start:start + ONE_MAIL], kind)
            found |= {start + number: told for number, told in some.items()}
        faults = [(faults_of(posts[number], wrapper, text), wrapper, posts[number]["title"], text)
                  for number, (wrapper, text) in sorted(found.items())]
        bad = sorted((fault for fault in faults if fault[0]), key=lambda fault: -len(fault[0]))
        lengths = sorted(len(text) for *_, text in faults)
        print(f"{kind}: {len(posts)} posts, {len(found)} excerpts, {len(bad)} fail; {lengths[0]} to {lengths[-1]} "
              f"characters, half of them over {lengths[len(lengths) // 2]}")
        for names, wrapper, title, text in bad[: options.worst]:
            print(f"  {', '.join(names)} ({wrapper})\n    {title}\n    {text or '(empty)'}")
        failed += len(bad) + len(posts) - len(found)
    return 1 if failed else 0


def excerpts(program, posts, kind):
    """What the program shows of each post: its number, and the wrapper and the excerpt."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "templates/digest").mkdir(parents=True)
        (folder / "templates/digest/body.txt.j2").write_text(TEMPLATE)
        (folder / "digest.toml").write_text(SETTINGS)
        (folder / "topic.toml").write_text(TOPIC)
        names = list(WRAPPERS)
        wrappers = [names[number % len(names)] if kind == "worn" else "plain" for number in range(len(posts))]
        items = "".join(item(number, post, wrapper) for number, (post, wrapper) in enumerate(zip(posts, wrappers)))
        feed = ('<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
                f"<title>Posts</title><link>https://example.org/</link>{items}</channel></rss>")
        (folder / "feed.xml").write_text(feed)
        (folder / "feeds.toml").write_text(FEEDS)
        for command in (["poll"], ["preview", "--out", folder / "out"]):
            run = [program, *command, "--config", folder, "--data", folder / "data"]
            subprocess.run(run, check=True, timeout=300, stdout=subprocess.DEVNULL)
        found = {}
        for line in (folder / "out/digest.txt").read_text().splitlines():
            if line.startswith("https://"):
                link, _, text = line.partition(" ")
                number = int(link.rsplit("/", 1)[1])
                found[number] = (wrappers[number], text)
        return found


def item(number, post, wrapper):
    text = post["excerpt"]
    summary, content = WRAPPERS.get(wrapper, ("{text}", ""))
    values = {"title": post["title"], "text": text, "teaser": teaser_of(text)}
    values = {key: html.escape(value, quote=False) for key, value in values.items()} | {"site": "Council Insight"}
    body = "".join(
        f"<{name}>{html.escape(markup.format(**values))}</{name}>"
        for name, markup in (("description", summary), ("content:encoded", content)) if markup
    )
    link = f"https://example.org/{number}"
    return f"<item><title>{html.escape(html.escape(post['title']))}</title><link>{link}</link><guid>{link}</guid>{DATE}{body}</item>\n"


def teaser_of(text):
    return text[: text.rindex(" ", 0, 2 * len(text) // 3)]


def faults_of(post, wrapper, excerpt):
    folded = lambda text: re.sub(r"[\W_]+", "", text.lower())
    faults = []
    if not excerpt:
        return ["empty"]
    text, title = folded(post["excerpt"]), folded(post["title"])
    if folded(excerpt).startswith(title) and not text.startswith(title):
        faults.append("begins with the title")
    if not re.search(r"[.!?][\"'”’)\]]*$", excerpt):
        faults.append("ends in mid-sentence")
    if folded(excerpt.rstrip("…")) not in text:
        faults.append("boilerplate")
    if len(excerpt) > LONGEST:
        faults.append("too long")
    told = teaser_of(post["excerpt"]) if wrapper == "teaser" else post["excerpt"]
    whole = [one for one in sentences(told) if len(one) <= LONGEST]
    if not whole and excerpt.endswith("…"):
        faults.remove("ends in mid-sentence")
    following = told.partition(excerpt)[2]
    if len(excerpt) < SHORTEST and any(len(excerpt) + 1 + len(one) <= LONGEST for one in sentences(following)[:1]):
        faults.append("too short")
    return faults


def sentences(text):
    return [one.strip() for one in re.findall(r".*?[.!?][\"'”’)\]]*(?=\s|$)", text)]


sys.exit(main())

//! Fragments of HTML, and the plain text that comes of them.

use super::*;
use proptest::prelude::*;

#[test]
fn html_reads_as_a_browser_shows_it() {
    let table = [
        ("<p>One</p>\n<p>Two <b>bold</b></p>", "One\n\nTwo bold"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<ul><li>x</li><li><p>y</p></li></ul>z", "• x\n• y\n\nz"),
        ("<script>alert('<p>')</script>after<style>p{}</style>", "after"),
        ("<svg><title>logo</title><path/></svg>text", "text"),
        ("a&nbsp;b &amp; c &lt;d&gt;", "a b & c <d>"),
        ("zero\u{200b}width \u{202e}bidi\u{7}", "zerowidth bidi"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<p>unclosed <i>mis</p>nested</i>", "unclosed mis\n\nnested"),
        ("<img src=x alt='no'>  <a href='javascript:x'>link</a>", "link"),
        ("<head><title>T</title></head><body>b</body>", "b"),
        ("a&nbsp b&copy c&amp d&#7;&#x0;e&#150;f", "a b© c& d\u{fffd}e–f"),
        ("so<wbr>ft\u{ad}ly", "softly"),
        ("a<!-- <p>x</p> -->b<!--[if IE]>no<![endif]-->c<![CDATA[d]]>", "abc"),
        ("before<!-- never closed <p>x</p>", "before"),
        ("before<script>never closed", "before"),
        ("before<style>never closed", "before"),
        ("<plaintext>a<b>c</b>", "ac"),
        ("<xmp><script>x</script></xmp>a<textarea><p>x</textarea>b", "ab"),
        ("<noscript><img src=x>shown</noscript>", "shown"),
        ("a <q>b</q> c", "a “b” c"),
        ("<pre>one\n  two\n\nthree</pre>four\nfive", "one\ntwo\n\nthree\n\nfour five"),
        ("<table><tr><th>k</th><td>v</td></tr><tr><td>l</td><td>w</td></tr></table>", "k v\nl w"),
        ("<dl><dt>k</dt><dd>v</dd></dl>", "k\nv"),
        ("<select><option>x</select>a<button>Buy</button>", "a"),
        ("a<div hidden>x<div>y</div></div>b<span style='color:red; DISPLAY : none'>z</span>c", "abc"),
        ("a<span style='display:block'>b</span><p hidden>c<p>d", "ab\n\nc\n\nd"),
        ("&lt;p&gt;&amp;lt;b&amp;gt;", "<p>&lt;b&gt;"),
        ("a<p", "a"),
    ];
    for (html, want) in table {
        assert_eq!(to_text(html), want, "{html}");
    }
}

#[test]
fn depth_costs_nothing_and_size_is_capped() {
    assert_eq!(to_text(&("<div>".repeat(100_000) + "deep")), "deep");
    assert!(to_text(&"é ".repeat(400_000)).len() <= MAX_BYTES);
}

#[test]
fn plain_text_keeps_its_lines() {
    assert_eq!(tidy(" a  b\r\n\r\n\r\nc\td\ne "), "a b\n\nc d\ne");
    assert!(looks_like_html("so <em>it</em> is") && !looks_like_html("a <b and c> d"));
}

proptest! {
    #[test]
    fn no_tag_leaks_and_nothing_panics(tags in proptest::collection::vec(("[a-z]{1,8}[1-6]?", "[a-z ]{0,8}"), 0..20)) {
        let html: String = tags.iter().map(|(tag, text)| format!("<{tag} class=\"x>y\">{text}</{tag}>")).collect();
        prop_assert!(!to_text(&html).contains('<'));
    }

    #[test]
    fn no_control_character_comes_out(text in any::<String>(), shaped in "([a-z <>&;#/!\u{1}\u{85}\u{9b}\n\t-]|&#[0-9]{1,3};|<(br|p|pre|li|q)>){0,40}") {
        for text in [to_text(&text), to_text(&shaped), tidy(&text), tidy(&shaped)] {
            prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", text);
        }
        prop_assert!(!to_line(&shaped).contains('\n'));
    }

    #[test]
    fn plain_text_is_left_as_it_is(text in "[a-zé .,]{0,40}(\n{1,2}[a-zé .,]{0,40}){0,3}") {
        let (once, settled) = (to_text(&text), tidy(&text));
        prop_assert_eq!(to_text(&once), once);
        prop_assert_eq!(tidy(&settled), settled);
    }
}

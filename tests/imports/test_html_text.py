"""Descriptions in HTML as the plain text that they become."""

import pytest

from products.imports.formats.html_text import plain_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("5 < 6 & AT&T\n  stay ", "5 < 6 & AT&T\n  stay "),
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<div>One</div><div>Two<br>Three<br/>Four</div>", "One\nTwo\nThree\nFour"),
        ("<h2>Care</h2><ul><li>Wash</li><li>Dry</li></ul>Done", "Care\n\n- Wash\n- Dry\n\nDone"),
        ("<ul>\n<li>\n<p>Wash</p>\n</li>\n<li><p>Dry</p></li>\n</ul>", "- Wash\n\n- Dry"),
        ("<table><tr><td>S</td><td>27&nbsp;cm</td></tr><tr><td>M</td></tr></table>", "S 27 cm\nM"),
        ("Salt &amp; Pepper &lt;b&gt; &#8364;5", "Salt & Pepper <b> €5"),
        ("a<script>alert('<p>')</script>b<style>p {}</style>c", "abc"),
        ("<svg><script>x</script>y</svg>z", "z"),
        ("kept <script>never closed", "kept"),
        ("<p onclick='x'>un<b>closed <i>tags", "unclosed tags"),
        ("<![if !mso]>one<![endif]>two<![foo[three", "onetwo"),
        ("<!-- hidden --><p>seen</p>", "seen"),
        ("</p></script>stray", "stray"),
    ],
)
def test_what_a_reader_would_see(html: str, text: str) -> None:
    assert plain_text(html) == text

//! The frame of a hosted page. Texts come from merchants: everything is escaped.

use actix_web::HttpResponse;

use super::answer;

/// A text that can stand in HTML, also within an attribute.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Pieces of HTML one after the other.
pub(super) fn joined(pieces: impl Iterator<Item = String>) -> String {
    pieces.collect::<Vec<_>>().concat()
}

/// A whole page. `scripts` are addresses on the sandbox.
pub(super) fn page(status: u16, title: &str, main: &str, scripts: &[&str]) -> HttpResponse {
    let tag = |address: &&str| format!("<script src=\"{address}\"></script>\n");
    let scripts = joined(scripts.iter().map(tag));
    let title = escape(title);
    let text = format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/c/hosted.css">
</head>
<body>
<p class="sandbox"><strong>Sandbox</strong> No money moves here. Use test cards only.</p>
{main}
{scripts}</body>
</html>
"#
    );
    answer(status, "text/html", text)
}

/// A page that only says something. `link` is (address, words).
pub(super) fn notice(
    status: u16,
    title: &str,
    text: &str,
    link: Option<(&str, &str)>,
) -> HttpResponse {
    let link = link.map_or_else(String::new, |(address, words)| {
        format!(
            "<p><a class=\"button\" href=\"{}\">{}</a></p>",
            escape(address),
            escape(words)
        )
    });
    let main = format!(
        "<main class=\"notice\"><h1>{}</h1><p>{}</p>{link}</main>",
        escape(title),
        escape(text)
    );
    page(status, title, &main, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_merchants_write_is_text_and_no_markup() {
        let hostile = "<script>alert('\"&')</script>";
        let safe = "&lt;script&gt;alert(&#39;&quot;&amp;&#39;)&lt;/script&gt;";
        assert_eq!(escape(hostile), safe);
    }
}

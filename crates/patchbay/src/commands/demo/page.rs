//! Reads a consent page as a browser shows it: its form, and what is chosen in it at first.

use url::Url;

/// A form, filled in as the page comes.
pub(super) struct Form {
    /// Where it is sent.
    pub(super) url: String,
    pub(super) fields: Vec<(String, String)>,
}

/// The first form of a page that was opened at `url`.
pub(super) fn form(url: &str, html: &str) -> Option<Form> {
    let (_, rest) = html.split_once("<form")?;
    let (form, _) = rest.split_once("</form>")?;
    let (head, inside) = form.split_once('>')?;
    let base = Url::parse(url).ok()?;
    let target = match attribute(head, "action") {
        Some(action) => base.join(&action).ok()?,
        None => base,
    };
    let chosen = |tag: &str| {
        let kind = attribute(tag, "type").unwrap_or_default();
        !matches!(kind.as_str(), "radio" | "checkbox") || tag.contains(" checked")
    };
    let fields = inside
        .split("<input")
        .skip(1)
        .filter_map(|rest| rest.split_once('>').map(|(tag, _)| tag))
        .filter(|tag| chosen(tag))
        .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?)))
        .collect();
    Some(Form { url: target.into(), fields })
}

/// The names of the chosen boxes, as a person reads them.
pub(super) fn title(html: &str) -> Option<&str> {
    let (_, rest) = html.split_once("<h1>")?;
    rest.split_once("</h1>").map(|(title, _)| title.trim())
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.replace("&quot;", "\"").replace("&#x27;", "'").replace("&lt;", "<").replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_sent_as_it_is_shown() {
        let html = r#"<h1>Who?</h1><form method="post" action="authorize?a=1&amp;b=2">
            <input type="radio" name="workspace" value="w1" checked><input type="radio" name="workspace" value="w2">
            <label><input type="checkbox" name="page" value="p1" checked> One</label>
            <input type="checkbox" name="page" value="p2"><button name="decision" value="allow">Allow</button></form>"#;
        let form = form("http://127.0.0.1:9/-/https/h/v1/oauth/authorize?a=1&b=2", html).unwrap();
        assert_eq!(form.url, "http://127.0.0.1:9/-/https/h/v1/oauth/authorize?a=1&b=2");
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(form.fields, [own("workspace", "w1"), own("page", "p1")]);
        assert_eq!(title(html), Some("Who?"));
    }
}

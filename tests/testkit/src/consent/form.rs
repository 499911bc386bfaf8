//! The form of a page, as a browser would send it when nothing but a button is pressed.

/// What is between `<form` and `</form>`, as far as a test needs it.
pub(super) struct Form {
    pub(super) action: String,
    /// Hidden fields, and radios and checkboxes that are checked.
    pub(super) checked: Vec<(String, String)>,
    /// Each sends its own name and value.
    pub(super) buttons: Vec<(String, String)>,
}

impl Form {
    /// The first one that is sent with POST.
    pub(super) fn find(html: &str) -> Option<Self> {
        let (_, rest) = html.split_once("<form")?;
        let (inside, _) = rest.split_once("</form>")?;
        let (head, body) = inside.split_once('>')?;
        if !attribute(head, "method")?.eq_ignore_ascii_case("post") {
            return None;
        }
        let mut form = Self { action: attribute(head, "action")?, checked: Vec::new(), buttons: Vec::new() };
        for tag in body.split('<').skip(1) {
            let tag = tag.split('>').next().unwrap_or_default();
            let named = || Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()));
            let kind = attribute(tag, "type").unwrap_or_default();
            let sent = match kind.as_str() {
                "radio" | "checkbox" => tag.split_ascii_whitespace().any(|word| word.starts_with("checked")),
                "submit" | "button" => false,
                _ => true,
            };
            if tag.starts_with("button") || tag.starts_with("input") && kind == "submit" {
                form.buttons.extend(named());
            } else if tag.starts_with("input") && sent {
                form.checked.extend(named());
            }
        }
        Some(form)
    }
}

/// A quoted attribute of a tag, with its references read.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.match_indices(name).find_map(|(at, _)| {
        let before = tag[..at].chars().next_back().is_none_or(char::is_whitespace);
        tag[at + name.len()..].strip_prefix("=\"").filter(|_| before)
    })?;
    Some(unescape(start.split('"').next()?))
}

/// `&amp;` and its kind; what is none stays as it is.
fn unescape(text: &str) -> String {
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let reference = part.split_once(';').and_then(|(name, rest)| Some((character(name)?, rest)));
        match reference {
            Some((character, rest)) => {
                plain.push(character);
                plain.push_str(rest);
            }
            None => {
                plain.push('&');
                plain.push_str(part);
            }
        }
    }
    plain
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Form;

    #[test]
    fn only_what_is_checked_is_sent_and_references_are_read() {
        let page = r#"<p>Hello</p><form method="post" action="authorize?a=1&amp;b=&quot;x&quot;">
            <input type="hidden" name="token" value="&#39;t&#x27;">
            <input type="radio" name="workspace" value="one" checked><input type="radio" name="workspace" value="two">
            <label><input type="checkbox" name="page" value="p1" checked="">P&amp;Q</label>
            <button name="decision" value="allow">Allow</button></form>"#;
        let form = Form::find(page).expect("there is a form");
        assert_eq!(form.action, "authorize?a=1&b=\"x\"");
        let sent: Vec<_> = form.checked.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(sent, [("token", "'t'"), ("workspace", "one"), ("page", "p1")]);
        assert_eq!(form.buttons, [("decision".to_owned(), "allow".to_owned())]);
    }
}

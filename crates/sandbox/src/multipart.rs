//! Reads `multipart/form-data`, as far as uploads need it (RFC 7578).

use bytes::Bytes;

/// One part of a form.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) filename: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) content: Bytes,
}

/// The parts of a form, or none when it is not well formed.
pub(crate) fn parse(content_type: &str, body: &Bytes) -> Option<Vec<Part>> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary =
        parameters.split(';').find_map(|pair| pair.trim().strip_prefix("boundary="))?.trim_matches('"');
    let delimiter = format!("\r\n--{boundary}");
    // The first boundary may stand at the very beginning, without a line break before it.
    let first = format!("--{boundary}");
    let mut at = find(body, first.as_bytes(), 0)? + first.len();
    let mut parts = Vec::new();
    while !body[at..].starts_with(b"--") {
        let head_from = at + 2;
        let head_to = find(body, b"\r\n\r\n", at)?;
        let content_from = head_to + 4;
        let content_to = find(body, delimiter.as_bytes(), head_to)?;
        let head = std::str::from_utf8(body.get(head_from..head_to)?).ok()?;
        parts.push(part(head, body.slice(content_from.min(content_to)..content_to))?);
        at = content_to + delimiter.len();
    }
    Some(parts)
}

fn part(head: &str, content: Bytes) -> Option<Part> {
    let header = |name: &str| {
        let mut lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
        lines.find(|(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    };
    let disposition = header("content-disposition")?;
    let parameter = |name: &str| {
        let mut pairs = disposition.split(';').filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value.trim_matches('"').to_owned())
    };
    Some(Part {
        name: parameter("name")?,
        filename: parameter("filename"),
        content_type: header("content-type").map(str::to_owned),
        content,
    })
}

fn find(body: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    let places = body.get(from..)?.windows(needle.len()).position(|window| window == needle)?;
    Some(from + places)
}

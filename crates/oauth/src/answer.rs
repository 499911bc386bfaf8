//! What an endpoint answered, sorted by what it means: before anything provider-specific is read.

use std::time::Duration;

use http::{Response, StatusCode, header};
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::redact::Redactor;
use crate::refusal;
use crate::{Limits, OAuthError};

/// However long a provider asks to be left alone.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(24);

/// An answer within its limits.
pub(crate) struct Answer {
    /// Who answered, for error texts: "token endpoint".
    role: &'static str,
    response: Response<Vec<u8>>,
    too_large: bool,
}

impl Answer {
    pub(crate) fn new(role: &'static str, mut response: Response<Vec<u8>>, limits: Limits) -> Self {
        let too_large = response.body().len() > limits.body_bytes_max;
        if too_large {
            response.body_mut().clear();
        }
        Self { role, response, too_large }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// The members of the answer: a JSON object, whatever the content type says, or form pairs.
    pub(crate) fn members(&self) -> Option<Map<String, Value>> {
        let body = self.response.body().trim_ascii();
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        serde_json::from_slice(body).ok().or_else(|| form_members(body))
    }

    /// The failure that an answer without success means. `members` is what could be read of it.
    pub(crate) fn failure(&self, members: Option<&Map<String, Value>>, redactor: &Redactor) -> OAuthError {
        match self.status().as_u16() {
            300..=399 => OAuthError::Misconfigured(format!(
                "the {} answered {} with a redirect, and redirects are not followed",
                self.role,
                self.status().as_u16()
            )),
            // Turned away, or not carried out as far as the provider knows.
            408 | 425 | 429 | 500..=599 => self.unreachable(),
            400..=499 => self.refusal(members, redactor),
            _ => self.unreadable(),
        }
    }

    /// A status between 400 and 499 that is about the request.
    fn refusal(&self, members: Option<&Map<String, Value>>, redactor: &Redactor) -> OAuthError {
        let said = members.map(|members| refusal::read(members, self.status())).unwrap_or_default();
        match self.status().as_u16() {
            404 | 405 | 406 | 410 | 411 | 415 | 421 | 426 if !said.is_about_the_grant() => {
                self.wrong_address()
            }
            status if said.code.is_some() => self.refused(status, &said, redactor),
            status @ (400 | 401 | 402 | 409 | 422) => self.refused(status, &said, redactor),
            // Most likely a gate in front of the provider, which never saw the request.
            _ => self.unreachable(),
        }
    }

    /// The provider's own no; or a busy provider that says so as if it were one.
    pub(crate) fn refused(&self, status: u16, said: &refusal::Said, redactor: &Redactor) -> OAuthError {
        if said.is_passing() {
            return self.unreachable();
        }
        let code = said.code.as_deref().and_then(|code| redactor.line(code));
        let description = said.description.as_deref().and_then(|text| redactor.line(text));
        OAuthError::Refused { status, code: code.unwrap_or_else(|| format!("http_{status}")), description }
    }

    pub(crate) fn unreachable(&self) -> OAuthError {
        OAuthError::Unreachable {
            retry_after: self.retry_after(),
            reason: format!("the {} answered {}", self.role, self.status().as_u16()),
        }
    }

    fn wrong_address(&self) -> OAuthError {
        let (role, status) = (self.role, self.status().as_u16());
        OAuthError::Misconfigured(format!("the {role} answered {status}; its URL is probably wrong"))
    }

    /// A success that cannot be understood: something was done, and what is lost.
    pub(crate) fn unreadable(&self) -> OAuthError {
        let (role, status) = (self.role, self.status().as_u16());
        let why = if self.too_large { "too large" } else { "not understood" };
        OAuthError::unknown(format!("the {role} answered {status}, and its answer is {why}"))
    }

    /// The wait of `Retry-After`. A date counts from the answer's own `Date`, so that no clock but the
    /// provider's matters.
    fn retry_after(&self) -> Option<Duration> {
        let text = |name| self.response.headers().get(name)?.to_str().ok().map(str::trim);
        let wait = text(header::RETRY_AFTER)?;
        let wait = match wait.parse::<f64>() {
            Ok(seconds) => Duration::try_from_secs_f64(seconds).ok()?,
            Err(_) => {
                let until = httpdate::parse_http_date(wait).ok()?;
                let now = httpdate::parse_http_date(text(header::DATE)?).ok()?;
                until.duration_since(now).unwrap_or_default()
            }
        };
        Some(wait.min(RETRY_AFTER_MAX))
    }
}

/// Pairs of a form, told from other text by a name that every token answer or refusal has.
fn form_members(body: &[u8]) -> Option<Map<String, Value>> {
    if matches!(body.first(), None | Some(b'<' | b'{' | b'[' | b'"')) {
        return None;
    }
    let members: Map<String, Value> =
        form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), Value::from(value))).collect();
    ["access_token", "error"].iter().any(|name| members.contains_key(*name)).then_some(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        let limits = Limits { body_bytes_max: 100, timeout: Duration::from_secs(1) };
        Answer::new("token endpoint", response.body(body.to_vec()).unwrap(), limits)
    }

    #[test]
    fn r27_the_wait_is_read_as_seconds_or_as_a_date_and_bounded() {
        let date = "Wed, 21 Oct 2026 07:28:00 GMT";
        for (headers, wait) in [
            (&[("retry-after", "30")][..], Some(30)),
            (&[("retry-after", " 0 ")], Some(0)),
            (&[("retry-after", "Wed, 21 Oct 2026 07:28:30 GMT"), ("date", date)], Some(30)),
            (&[("retry-after", "Wed, 21 Oct 2026 07:27:00 GMT"), ("date", date)], Some(0)),
            (&[("retry-after", "Wed, 21 Oct 2026 07:28:30 GMT")], None),
            (&[("retry-after", "99999999999")], Some(86_400)),
            (&[("retry-after", "-5")], None),
            (&[("retry-after", "NaN")], None),
            (&[("retry-after", "soon")], None),
            (&[], None),
        ] {
            let wait = wait.map(Duration::from_secs);
            assert_eq!(answer(503, headers, b"").retry_after(), wait, "{headers:?}");
        }
    }

    #[test]
    fn members_are_read_from_json_or_form_and_from_nothing_else() {
        for (body, readable) in [
            (&br#"{"a": 1}"#[..], true),
            (b"\xef\xbb\xbf {\"a\": 1}\n", true),
            (b" {} ", true),
            (b"access_token=a&scope=b", true),
            (b"error=no", true),
            (b"", false),
            (b"[]", false),
            (b"\"access_token=a\"", false),
            (b"<html access_token=a>", false),
            (b"{\"access_token=a", false),
            (b"name=value", false),
            (b"\xff\xfe", false),
        ] {
            assert_eq!(answer(200, &[], body).members().is_some(), readable, "{body:?}");
        }
    }

    #[test]
    fn a_body_over_the_limit_is_not_read() {
        let mut body = br#"{"a": 1}"#.to_vec();
        body.resize(101, b' ');
        let answer = answer(200, &[], &body);
        assert!(answer.members().is_none());
        assert!(answer.unreadable().to_string().ends_with("too large"));
    }
}

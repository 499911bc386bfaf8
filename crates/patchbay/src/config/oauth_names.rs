//! The names `PATCHBAY_OAUTH_<NAME>_…`: one family of variables for each definition with OAuth.
//!
//! Which names definitions have shows when the catalog is loaded; here a name only has to be spelt
//! like one.

use super::variables::PREFIX;

/// What stands between the prefix and the name of the definition.
const FAMILY: &str = "OAUTH";

/// Words this far apart, of 1, are no misspelling of each other.
const LIKENESS_MIN: f64 = 0.7;

/// What a variable of the family says about the OAuth app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    ClientId,
    ClientSecret,
    RedirectUri,
    AuthorizationUrl,
    TokenUrl,
    Scopes,
}

const PARTS: [Part; 6] = [
    Part::ClientId,
    Part::ClientSecret,
    Part::RedirectUri,
    Part::AuthorizationUrl,
    Part::TokenUrl,
    Part::Scopes,
];

impl Part {
    fn word(self) -> &'static str {
        match self {
            Self::ClientId => "CLIENT_ID",
            Self::ClientSecret => "CLIENT_SECRET",
            Self::RedirectUri => "REDIRECT_URI",
            Self::AuthorizationUrl => "AUTHORIZATION_URL",
            Self::TokenUrl => "TOKEN_URL",
            Self::Scopes => "SCOPES",
        }
    }

    /// The variable that says this about the app of the definition `name`, in upper case.
    pub(super) fn variable(self, name: &str) -> String {
        format!("{PREFIX}{FAMILY}_{name}_{}", self.word())
    }

    /// The name of the definition, in upper case, and the part, if `variable` is of the family.
    pub(super) fn parse(variable: &str) -> Option<(&str, Self)> {
        let rest = variable.strip_prefix(PREFIX)?.strip_prefix(FAMILY)?.strip_prefix('_')?;
        let split = |part: &Self| rest.strip_suffix(part.word())?.strip_suffix('_').map(|name| (name, *part));
        PARTS.iter().find_map(split).filter(|(name, _)| is_name(name))
    }
}

fn is_name(name: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    !name.is_empty() && name.chars().all(fits)
}

/// The definition's own name for the `NAME` in a variable.
pub(crate) fn definition_name(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

/// The variable of the family that a misspelt one most likely means. None when it is not like the
/// family at all.
pub(super) fn meant(unknown: &str) -> Option<String> {
    let unknown = unknown.strip_prefix(PREFIX)?.to_ascii_uppercase().replace('-', "_");
    let words: Vec<&str> = unknown.split('_').collect();
    let (family, rest) = words.split_first()?;
    if strsim::jaro_winkler(family, FAMILY) < LIKENESS_MIN {
        return None;
    }
    let splits = (0..rest.len()).map(|at| rest.split_at(at));
    let readings = splits.flat_map(|(name, part)| {
        let (name, word) = (name.join("_"), part.join("_"));
        PARTS.map(|part| (strsim::jaro_winkler(&word, part.word()), name.clone(), part))
    });
    let (likeness, name, part) = readings.max_by(|(one, ..), (other, ..)| one.total_cmp(other))?;
    if likeness < LIKENESS_MIN {
        return None;
    }
    Some(part.variable(if name.is_empty() { "<NAME>" } else { &name }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_read_back_from_its_variable() {
        for part in PARTS {
            for name in ["NOTION", "GOOGLE_DRIVE", "X2", "CLIENT_ID", "MY_CLIENT"] {
                assert_eq!(Part::parse(&part.variable(name)), Some((name, part)));
            }
        }
        assert_eq!(definition_name("GOOGLE_DRIVE"), "google-drive");
    }

    #[test]
    fn what_is_spelt_otherwise_is_not_of_the_family() {
        for other in [
            "PATCHBAY_OAUTH_CLIENT_ID",
            "PATCHBAY_OAUTH__CLIENT_IDS",
            "PATCHBAY_OAUTH_notion_CLIENT_ID",
            "PATCHBAY_OAUTH_GOOGLE-DRIVE_CLIENT_ID",
            "PATCHBAY_OAUTHNOTION_CLIENT_ID",
            "PATCHBAY_OAUTH_NOTION",
            "OAUTH_NOTION_CLIENT_ID",
        ] {
            assert_eq!(Part::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_misspelling_is_understood() {
        for (unknown, meant_by_it) in [
            ("PATCHBAY_OAUTH_NOTION_CLIENTID", "PATCHBAY_OAUTH_NOTION_CLIENT_ID"),
            ("PATCHBAY_OAUTH_GOOGLE_DRIVE_CLIENT_SECRTE", "PATCHBAY_OAUTH_GOOGLE_DRIVE_CLIENT_SECRET"),
            ("PATCHBAY_OAUTH_NOTION_REDIRECT_URL", "PATCHBAY_OAUTH_NOTION_REDIRECT_URI"),
            ("PATCHBAY_OAUTH_NOTION_AUTHORIZE_URL", "PATCHBAY_OAUTH_NOTION_AUTHORIZATION_URL"),
            ("PATCHBAY_OAUTH_NOTION_SCOPE", "PATCHBAY_OAUTH_NOTION_SCOPES"),
            ("PATCHBAY_OUATH_SLACK_TOKEN_URL", "PATCHBAY_OAUTH_SLACK_TOKEN_URL"),
            ("PATCHBAY_OAUTH_notion_CLIENT_ID", "PATCHBAY_OAUTH_NOTION_CLIENT_ID"),
            ("PATCHBAY_OAUTH_GOOGLE-DRIVE_CLIENT_ID", "PATCHBAY_OAUTH_GOOGLE_DRIVE_CLIENT_ID"),
            ("PATCHBAY_OAUTH_CLIENT_ID", "PATCHBAY_OAUTH_<NAME>_CLIENT_ID"),
        ] {
            assert_eq!(meant(unknown).as_deref(), Some(meant_by_it), "{unknown}");
        }
        for strange in ["PATCHBAY_OAUTH", "PATCHBAY_OAUTH_NOTION", "PATCHBAY_DATABSE_URL", "PATCHBAY_ZZZ"] {
            assert_eq!(meant(strange), None, "{strange}");
        }
    }
}

//! `x-patchbay-pattern`: what a value must look like, as a regular expression.
//!
//! A definition is written by a stranger. The engine takes time in proportion to the length of value
//! and pattern, and both are bounded.

use regex_lite::{Regex, RegexBuilder};

/// Longest pattern taken.
const SOURCE_BYTES_MAX: usize = 512;
/// What a compiled pattern may take: repetitions in it are written out.
const COMPILED_BYTES_MAX: usize = 64 * 1024;
/// Longest value that is looked at.
const VALUE_BYTES_MAX: usize = 2_048;

/// A regular expression that a value has to match from its first to its last character.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    whole: Regex,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// A text that says what is wrong with it.
    pub fn parse(source: &str) -> Result<Self, String> {
        if source.is_empty() || source.len() > SOURCE_BYTES_MAX {
            return Err(format!("a pattern is 1 to {SOURCE_BYTES_MAX} bytes long"));
        }
        // By itself first: a parenthesis too many would end the group around it.
        compile(source)?;
        Ok(Self { source: source.to_owned(), whole: compile(&format!(r"\A(?:{source})\z"))? })
    }

    /// Whether all of `value` matches.
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        value.len() <= VALUE_BYTES_MAX && self.whole.is_match(value)
    }

    /// The pattern as the definition spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.source
    }
}

fn compile(source: &str) -> Result<Regex, String> {
    let compiled = RegexBuilder::new(source).size_limit(COMPILED_BYTES_MAX).build();
    compiled.map_err(|error| format!("not a usable regular expression: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, value: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(value)
    }

    #[test]
    fn the_whole_value_must_match() {
        assert!(matches("[a-z]+", "abc"));
        for value in ["abc.evil.test", "1abc", "abc\n", "", "ABC"] {
            assert!(!matches("[a-z]+", value), "{value:?}");
        }
        assert!(!matches("abc|def", "abcx") && !matches("abc|def", "xdef") && matches("abc|def", "def"));
        assert!(!matches("^a$", "a\n") && !matches("(?m)^a$", "a\nevil.test"));
    }

    #[test]
    fn a_pattern_cannot_leave_its_anchors() {
        for pattern in ["a)|(?:b", "a) # (", "(?x)a # comment", "(a", "[a", "a{2", "", "\\"] {
            assert!(Pattern::parse(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn r69_a_pattern_that_could_grow_or_run_is_refused_or_harmless() {
        assert!(Pattern::parse(&"a".repeat(SOURCE_BYTES_MAX + 1)).is_err());
        assert!(Pattern::parse("((a{1,500}){1,500}){1,500}").is_err());
        assert!(!matches("(a*)*b", &"a".repeat(VALUE_BYTES_MAX)));
        assert!(!matches("a*", &"a".repeat(VALUE_BYTES_MAX + 1)));
    }
}

//! Templates of a definition: `{{ expression }}` inside text, compiled once, rendered under limits.
//!
//! A definition is written by a stranger, so a template may neither run nor grow without end. Fuel
//! stops what runs long, a bounded writer stops long output. Memory is bounded by what is refused
//! at load: statements and the operators that multiply text, of which fuel sees one step only.

mod functions;
mod segments;

use std::collections::BTreeMap;
use std::io;

use minijinja::value::{Serde, Value};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use serde::Serialize;

use domain::Timestamp;

use crate::{ConnectorDefinition, TemplateError};
pub(crate) use segments::{Segment, segments};

/// Longest template taken.
const SOURCE_BYTES_MAX: usize = 2_048;
/// Steps one rendering may take.
const FUEL: u64 = 20_000;
/// Longest text a template may make.
pub(crate) const OUTPUT_BYTES_MAX: usize = 64 * 1024;
/// Where `now_utc()` finds the time, in microseconds since 1970.
const NOW: &str = "__now_us";

/// Whether `text` has to be rendered before use.
pub(crate) fn is_template(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark))
}

/// The compiled templates of one definition, each found by its own text.
#[derive(Debug)]
pub(crate) struct Templates(Environment<'static>);

impl Default for Templates {
    fn default() -> Self {
        let mut environment = Environment::empty();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        functions::install(&mut environment);
        Self(environment)
    }
}

impl Templates {
    /// Compiles `text`, which may use the names in `known` and those of [`functions::NAMES`].
    pub(crate) fn add(&mut self, text: &str, known: &[&str]) -> Result<(), String> {
        check_source(text)?;
        self.compile(text).map_err(|error| format!("not a usable template: {error}"))?;
        let template = self.0.get_template(text).map_err(|error| error.to_string())?;
        let mut unknown: Vec<_> = template
            .undeclared_variables(false)
            .into_iter()
            .filter(|name| !known.contains(&name.as_str()) && !functions::NAMES.contains(&name.as_str()))
            .collect();
        unknown.sort();
        if unknown.is_empty() {
            return Ok(());
        }
        self.0.remove_template(text);
        Err(format!("`{}` is not known here; known: {}", unknown.join("`, `"), known.join(", ")))
    }

    fn compile(&mut self, text: &str) -> Result<(), Error> {
        self.0.add_template_owned(text.to_owned(), text.to_owned())
    }

    /// The names that a compiled template needs values for, in order of the alphabet.
    pub(crate) fn names(&self, text: &str) -> Vec<String> {
        let names = self.0.get_template(text).map(|template| template.undeclared_variables(false));
        let mut names: Vec<_> =
            names.into_iter().flatten().filter(|name| !functions::NAMES.contains(&name.as_str())).collect();
        names.sort();
        names
    }

    fn render(&self, text: &str, context: &Value) -> Result<String, TemplateError> {
        let template = self
            .0
            .get_template(text)
            .map_err(|_| TemplateError::Failed("it is not a template of this definition".to_owned()))?;
        let mut output = Bounded(Vec::new());
        match template.render_captured_to(context.clone(), &mut output) {
            Ok(_) => {
                String::from_utf8(output.0).map_err(|_| TemplateError::Failed("it made no text".to_owned()))
            }
            Err(error) if error.kind() == ErrorKind::UndefinedError => {
                Err(missing(template.undeclared_variables(false), context))
            }
            Err(error) if error.kind() == ErrorKind::OutOfFuel => Err(TemplateError::Limit("steps")),
            Err(error) if error.kind() == ErrorKind::WriteFailure => Err(TemplateError::Limit("length")),
            // The kind alone: an error's detail may quote a value, and values may be secret.
            Err(error) => Err(TemplateError::Failed(error.kind().to_string())),
        }
    }
}

/// Names what was not there: a variable, or else something inside one of those that were.
fn missing(used: impl IntoIterator<Item = String>, context: &Value) -> TemplateError {
    let absent = |name: &String| context.get_attr(name).is_ok_and(|value| value.is_undefined());
    let used = used.into_iter().filter(|name| !functions::NAMES.contains(&name.as_str()));
    let (mut absent, present): (Vec<_>, Vec<_>) = used.partition(absent);
    absent.sort();
    if absent.is_empty() {
        return TemplateError::Missing(format!("a value inside `{}`", present.join("`, `")));
    }
    TemplateError::Missing(format!("`{}`", absent.join("`, `")))
}

/// Refuses what could make much out of little: statements, and `*` or `~` outside quotes. Maps in
/// braces are refused so that the end of an expression is plain to see; unknown filters are found
/// here too, for the compiler leaves them to the first rendering.
fn check_source(text: &str) -> Result<(), String> {
    if text.len() > SOURCE_BYTES_MAX {
        return Err(format!("a template is at most {SOURCE_BYTES_MAX} bytes long"));
    }
    if text.contains("{%") || text.contains("{#") {
        return Err("a template may hold `{{ … }}` only, no statements or comments".to_owned());
    }
    let mut quote = None;
    let mut inside = false;
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match (inside, quote, character) {
            (false, _, '{') if rest.as_str().starts_with('{') => {
                rest.next();
                inside = true;
            }
            (true, Some(_), '\\') => {
                rest.next();
            }
            (true, Some(open), _) if open == character => quote = None,
            (true, None, '\'' | '"') => quote = Some(character),
            (true, None, '*' | '~' | '{') => return Err(format!("`{character}` is not taken in a template")),
            (true, None, '|') => check_filter(rest.as_str())?,
            (true, None, '}') => inside = false,
            _ => {}
        }
    }
    Ok(())
}

fn check_filter(after_bar: &str) -> Result<(), String> {
    let name = after_bar.trim_start();
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
    let name = &name[..end];
    if functions::FILTERS.contains(&name) {
        return Ok(());
    }
    Err(format!("there is no filter `{name}`; filters: {}", functions::FILTERS.join(", ")))
}

/// A writer that fails rather than grow over [`OUTPUT_BYTES_MAX`].
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > OUTPUT_BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ConnectorDefinition {
    /// Renders a template text of this definition (an additional header, a refresh URL, a scope, a
    /// record transform or filter). Text without `{{` comes back as it is.
    ///
    /// # Errors
    /// When a value is missing, a limit is reached or an operation fails; see [`TemplateError`].
    pub fn render(&self, template: &str, context: &impl Serialize) -> Result<String, TemplateError> {
        if !is_template(template) {
            return Ok(template.to_owned());
        }
        self.templates.render(template, &Value::from(Serde(context)))
    }

    /// A default or probe value of this definition, with the templates in it rendered for `now`.
    /// Anything but text, and lists of it, comes back as it is.
    ///
    /// # Errors
    /// As [`ConnectorDefinition::render`].
    pub fn filled(
        &self,
        value: &serde_json::Value,
        now: Timestamp,
    ) -> Result<serde_json::Value, TemplateError> {
        match value {
            serde_json::Value::String(text) if is_template(text) => {
                let config = Value::from(Serde(&self.constants));
                let context = Value::from(BTreeMap::from([("config", config), (NOW, now.micros().into())]));
                self.templates.render(text, &context).map(serde_json::Value::String)
            }
            serde_json::Value::Array(list) => list.iter().map(|value| self.filled(value, now)).collect(),
            _ => Ok(value.clone()),
        }
    }

    /// The params of the health check, with the templates in them rendered for `now`; empty when
    /// there is no health check.
    ///
    /// # Errors
    /// As [`ConnectorDefinition::render`].
    pub fn health_params(
        &self,
        now: Timestamp,
    ) -> Result<serde_json::Map<String, serde_json::Value>, TemplateError> {
        let params = self.health_check.iter().flat_map(|check| &check.params);
        params.map(|(name, value)| Ok((name.clone(), self.filled(value, now)?))).collect()
    }
}

#[cfg(test)]
mod tests;

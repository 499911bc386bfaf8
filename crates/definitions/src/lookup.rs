//! Finding an action, a scheme, or the name that was probably meant.

use std::collections::BTreeSet;

use crate::connector::Entity;
use crate::{Action, ActionKind, AuthScheme, ConnectorDefinition, SchemeMatch, UnknownAction};

/// Verbs of the hosted context store. No definition may declare one, and no call run one.
pub(crate) const RESERVED_ACTIONS: [&str; 2] = ["context_store_search", "context_store_sql_query"];
/// Keys that forms send beside a credential to say which of several was meant.
const DISCRIMINATORS: [&str; 2] = ["option_title", "auth_type"];
/// How alike two names must be, of 1, to be taken for a slip.
const LIKENESS_MIN: f64 = 0.8;

impl ConnectorDefinition {
    /// The action a call names.
    ///
    /// # Errors
    /// When the definition has no such entity or action, or declares it and this release cannot run it.
    pub fn action(&self, entity: &str, action: &str) -> Result<&Action, UnknownAction> {
        let Some(found) = self.entities.get(entity) else {
            let known: Vec<_> = self.entities.keys().cloned().collect();
            let nearest = nearest(entity, known.iter().map(String::as_str)).map(str::to_owned);
            return Err(UnknownAction::Entity { given: entity.to_owned(), nearest, known });
        };
        let kind = ActionKind::parse(action);
        if let Some(action) = kind.and_then(|kind| found.actions.get(&kind)) {
            return Ok(action);
        }
        let declared = kind.and_then(|kind| found.unsupported.get(&kind).cloned());
        let reserved = RESERVED_ACTIONS
            .contains(&action)
            .then(|| "this name is reserved for the context store, which is not there yet".to_owned());
        if let Some(reason) = declared.or(reserved) {
            let (entity, action) = (entity.to_owned(), action.to_owned());
            return Err(UnknownAction::Unsupported { entity, action, reason });
        }
        Err(unknown_action(found, action))
    }

    /// The scheme of that name.
    #[must_use]
    pub fn scheme(&self, name: &str) -> Option<&AuthScheme> {
        self.auth_schemes.iter().find(|scheme| scheme.name == name)
    }

    /// The scheme a credential of these keys is for: all it requires is given, and all that is given
    /// belongs to it. Of several, the one that requires most.
    #[must_use]
    pub fn match_scheme<'a>(&'a self, keys: &BTreeSet<&str>) -> SchemeMatch<'a> {
        let (usable, unusable): (Vec<_>, Vec<_>) = self
            .auth_schemes
            .iter()
            .filter(|scheme| scheme.fits(keys))
            .partition(|s| s.unsupported.is_none());
        let most = usable.iter().map(|scheme| scheme.required.len()).max();
        let best: Vec<_> = usable.iter().filter(|scheme| Some(scheme.required.len()) == most).collect();
        match (best.as_slice(), unusable.first()) {
            ([only], _) => SchemeMatch::One(&only.name),
            ([], Some(scheme)) => SchemeMatch::Unsupported {
                scheme: &scheme.name,
                reason: scheme.unsupported.as_deref().unwrap_or_default(),
            },
            ([], None) => SchemeMatch::None,
            _ => SchemeMatch::Several(usable.iter().map(|scheme| scheme.name.as_str()).collect()),
        }
    }
}

impl AuthScheme {
    fn fits(&self, keys: &BTreeSet<&str>) -> bool {
        self.required.iter().all(|name| keys.contains(name.as_str()))
            && keys.iter().all(|key| self.properties.contains_key(*key) || DISCRIMINATORS.contains(key))
    }
}

fn unknown_action(entity: &Entity, given: &str) -> UnknownAction {
    let known: Vec<_> = entity.actions.keys().map(|kind| kind.as_str().to_owned()).collect();
    let nearest = nearest(given, known.iter().map(String::as_str)).map(str::to_owned);
    UnknownAction::Action { entity: entity.name.clone(), given: given.to_owned(), nearest, known }
}

/// The candidate most like `word`, when one is like it at all.
pub(crate) fn nearest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let word = simplified(word);
    let likeness = |candidate: &'c str| (strsim::jaro_winkler(&word, &simplified(candidate)), candidate);
    let (likeness, candidate) = candidates.map(likeness).max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (likeness >= LIKENESS_MIN).then_some(candidate)
}

/// A name as it is compared: lower case, without `-`, `_`, `.` and space.
pub(crate) fn simplified(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '-' | '_' | '.' | ' ')).flat_map(char::to_lowercase).collect()
}

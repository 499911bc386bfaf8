//! Finding an action, a scheme, or the name that was probably meant.

use std::collections::BTreeSet;

use crate::connector::Entity;
use crate::{Action, ActionKind, AuthScheme, ConnectorDefinition, SchemeMatch, UnknownAction};

/// Verbs of the hosted context store. No definition may declare one, and no call run one.
pub(crate) const RESERVED_ACTIONS: [&str; 2] = ["context_store_search", "context_store_sql_query"];
/// Keys that forms send beside a credential to say which of several schemes was meant; they belong to
/// none.
pub const DISCRIMINATORS: [&str; 2] = ["option_title", "auth_type"];
/// How alike two names must be, of 1, to be taken for a slip.
const LIKENESS_MIN: f64 = 0.8;

impl ConnectorDefinition {
    /// The action a call names, by its own name or by a second one. So the entity of what is found can
    /// be another than `entity`.
    ///
    /// # Errors
    /// When the definition has no such entity or action, or declares it and this release cannot run it.
    pub fn action(&self, entity: &str, action: &str) -> Result<&Action, UnknownAction> {
        let unsupported = |reason: String| {
            let (entity, action) = (entity.to_owned(), action.to_owned());
            Err(UnknownAction::Unsupported { entity, action, reason })
        };
        if let Some((entity, kind)) = self.named(entity, action) {
            if let Some(action) = entity.actions.get(&kind) {
                return Ok(action);
            }
            if let Some(reason) = entity.unsupported.get(&kind) {
                return unsupported(reason.clone());
            }
        }
        let Some(found) = self.entities.get(entity) else {
            let known: Vec<_> = self.entities.keys().cloned().collect();
            let nearest = nearest(entity, known.iter().map(String::as_str)).map(str::to_owned);
            return Err(UnknownAction::Entity { given: entity.to_owned(), nearest, known });
        };
        if RESERVED_ACTIONS.contains(&action) {
            return unsupported(self.instead_of_context_store(found));
        }
        Err(self.unknown_action(found, action))
    }

    /// The entity and kind meant, when a call may say so; whether they can be run is open.
    fn named(&self, entity: &str, word: &str) -> Option<(&Entity, ActionKind)> {
        let kind = ActionKind::parse(word);
        let own = self.entities.get(entity);
        if let (Some(own), Some(kind)) = (own, kind)
            && own.declares(kind)
        {
            return Some((own, kind));
        }
        let word = kind.map_or(word, |kind| kind.as_str());
        let (owner, kind) = self.aliases.get(entity)?.get(word)?;
        Some((self.entities.get(owner)?, *kind))
    }

    fn instead_of_context_store(&self, entity: &Entity) -> String {
        let has = |entity: &Entity, kind| entity.actions.contains_key(&kind);
        let other = self.entities.values().find(|entity| has(entity, ActionKind::Search));
        let search = match other {
            _ if has(entity, ActionKind::Search) => Some("`search`".to_owned()),
            other => other.map(|other| format!("`search` of the entity `{}`", other.name)),
        };
        let list = has(entity, ActionKind::List).then(|| "`list`".to_owned());
        let instead: Vec<_> = search.into_iter().chain(list).collect();
        if instead.is_empty() {
            return "there is no context store in this release".to_owned();
        }
        format!("there is no context store in this release; use {}", instead.join(", or "))
    }

    fn unknown_action(&self, entity: &Entity, given: &str) -> UnknownAction {
        let second = self.aliases.get(&entity.name);
        let known = entity.actions.keys().map(|kind| kind.as_str().to_owned());
        let known: Vec<_> = known.chain(second.into_iter().flat_map(|words| words.keys().cloned())).collect();
        let nearest = nearest(given, known.iter().map(String::as_str)).map(str::to_owned);
        let hint = self.hint(&entity.name, given);
        UnknownAction::Action { entity: entity.name.clone(), given: given.to_owned(), nearest, known, hint }
    }

    /// What the same word means of another entity; of several, of the one named most alike.
    fn hint(&self, entity: &str, given: &str) -> Option<String> {
        let (entity, given) = (simplified(entity), simplified(given));
        let mut best: Option<(f64, &str, ActionKind)> = None;
        for (other, words) in &self.aliases {
            let likeness = strsim::jaro_winkler(&entity, &simplified(other));
            let same = words.iter().filter(|(word, _)| simplified(word) == given);
            for (_, (owner, kind)) in same {
                let runs = self.entities.get(owner).is_some_and(|owner| owner.actions.contains_key(kind));
                if runs && best.is_none_or(|(known, ..)| likeness > known) {
                    best = Some((likeness, owner, *kind));
                }
            }
        }
        best.map(|(_, owner, kind)| format!("`{owner}` `{}`", kind.as_str()))
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

impl Entity {
    /// Whether the file gives it such an action, one that can be run or not.
    pub(crate) fn declares(&self, kind: ActionKind) -> bool {
        self.actions.contains_key(&kind) || self.unsupported.contains_key(&kind)
    }
}

/// The name in `known` that was probably meant by `given`; none when nothing is like it. Case and the
/// marks between words do not count.
#[must_use]
pub fn nearest<'k>(given: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let given = simplified(given);
    let likeness = |name: &'k str| (strsim::jaro_winkler(&given, &simplified(name)), name);
    let (likeness, name) = known.into_iter().map(likeness).max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (likeness >= LIKENESS_MIN).then_some(name)
}

/// A name as it is compared: lower case, without `-`, `_`, `.` and space.
pub(crate) fn simplified(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '-' | '_' | '.' | ' ')).flat_map(char::to_lowercase).collect()
}

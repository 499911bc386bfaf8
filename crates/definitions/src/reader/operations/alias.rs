//! Second names of actions: each operation asks for its own, and all are compared at the end.

use super::Operations;
use crate::action::ActionKind;
use crate::connector::Aliases;
use crate::document::Node;
use crate::extensions as x;
use crate::lookup::RESERVED_ACTIONS;

/// A question about an entity, answered before its actions are looked at.
const DESCRIBE: &str = "describe";
/// Longest part of a name; that of the words of a call.
const WORD_BYTES_MAX: usize = 128;

/// One operation's wish to be found under an entity and a word.
pub(super) struct Claim<'d> {
    node: Node<'d>,
    entity: &'d str,
    word: &'d str,
    owner: (String, ActionKind),
}

impl<'d> Operations<'d> {
    /// Notes the second names of an operation, in place of those of an earlier one of the same kind.
    pub(super) fn read_aliases(&mut self, node: &Node<'d>, entity: &str, kind: ActionKind) -> Vec<String> {
        let owner = (entity.to_owned(), kind);
        self.claims.retain(|claim| claim.owner != owner);
        let mut names = Vec::new();
        for item in node.get(x::ALSO_KNOWN_AS).map(|node| node.items()).unwrap_or_default() {
            let Some(name) = item.as_text() else { continue };
            let Some((entity, word)) = parts(name) else {
                item.fault(
                    "must be an entity, one space and a word that is not reserved, such as `pages move`",
                );
                continue;
            };
            names.push(name.to_owned());
            self.claims.push(Claim { node: item, entity, word, owner: owner.clone() });
        }
        names
    }

    /// Every second name; a fault for each that is taken.
    pub(in crate::reader) fn aliases(&self) -> Aliases {
        let mut aliases = Aliases::new();
        for Claim { node, entity, word, owner } in &self.claims {
            let kind = ActionKind::parse(word);
            let own = self.entities.get(*entity);
            if own.zip(kind).is_some_and(|(own, kind)| own.declares(kind)) {
                node.fault(format!("`{entity}` has an action `{word}` of its own"));
                continue;
            }
            let word = kind.map_or(*word, |kind| kind.as_str());
            let words = aliases.entry((*entity).to_owned()).or_default();
            if let Some((owner, kind)) = words.insert(word.to_owned(), owner.clone()) {
                node.fault(format!("`{entity} {word}` is already a name of `{owner}` `{}`", kind.as_str()));
            }
        }
        aliases
    }
}

fn parts(name: &str) -> Option<(&str, &str)> {
    let (entity, word) = name.rsplit_once(' ')?;
    let is_word = |text: &str| {
        !text.is_empty()
            && text.len() <= WORD_BYTES_MAX
            && text.trim() == text
            && !text.chars().any(char::is_control)
    };
    let usable = is_word(entity)
        && is_word(word)
        && entity != "*"
        && ![&RESERVED_ACTIONS[..], &[DESCRIBE]].concat().contains(&word);
    usable.then_some((entity, word))
}

//! What is wrong with the environment, said in full before the process ends.

use std::fmt;

/// One variable that cannot be used: which, why, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) variable: String,
    pub(crate) fault: String,
}

/// All of them, in the order of the variables' names; never none.
#[derive(Debug)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl Problems {
    /// These, unless there are none.
    pub(crate) fn none_of(mut problems: Vec<Problem>) -> Result<(), Self> {
        problems.sort_by(|one, other| one.variable.cmp(&other.variable));
        if problems.is_empty() { Ok(()) } else { Err(Self(problems)) }
    }
}

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        writeln!(f, "{count} problem{} with the environment:", if count == 1 { "" } else { "s" })?;
        for Problem { variable, fault } in &self.0 {
            write!(f, "\n  {variable}: {fault}")?;
        }
        Ok(())
    }
}

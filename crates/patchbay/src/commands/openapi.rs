//! `patchbay openapi`: prints the API document that `openapi/patchbay.yaml` is a copy of.

use crate::failure::Failure;
use crate::output;

pub(super) fn run() -> Result<(), Failure> {
    let document = api::openapi().to_yaml().expect("the document is made of plain values");
    Ok(output::line(document.trim_end())?)
}

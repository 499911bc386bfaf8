//! `patchbay health`: for supervisors that have no HTTP client at hand, as in a container.

use reqwest::Method;

use crate::config::Config;
use crate::failure::{Failure, root_cause};
use crate::loopback::Loopback;
use crate::{output, serve};

const READY: &str = "/health/ready";

pub(super) async fn run(config: Config) -> Result<(), Failure> {
    let base = serve::loopback_url(config.bind);
    let unreachable = |error: reqwest::Error| Failure::Io {
        doing: format!("no answer from {base}{READY}"),
        source: std::io::Error::other(root_cause(&error)),
    };
    let http = Loopback::new(&base).map_err(unreachable)?;
    let answer = http.send(Method::GET, READY, None, None).await.map_err(unreachable)?;
    output::line(&format!("{:#}", answer.body))?;
    if answer.status == 200 { Ok(()) } else { Err(Failure::Reported("not ready")) }
}

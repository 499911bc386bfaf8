//! From socket to answer: record, fault, check, route.

use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

use crate::call::Call;
use crate::clock::wall_now;
use crate::connection::Connection;
use crate::faults::{Effect, Faults, Gates, Outcome, Pause, Then, When};
use crate::limiter::Limiter;
use crate::recorder::Recorder;
use crate::refusal::Refusal;
use crate::respond::{Delivery, Response};
use crate::state::State;
use crate::target::Target;
use crate::{checks, control, file_host, oauth, routes};

/// A part of an upload may have 20 MB.
const BODY_BYTES_MAX: usize = 24 * 1024 * 1024;

/// All that one sandbox holds.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) faults: Faults,
    pub(crate) gates: Gates,
    pub(crate) recorder: Recorder,
    pub(crate) limiter: Limiter,
}

/// The world behind its lock, which is never held while something is awaited.
#[derive(Debug)]
pub(crate) struct Server(Mutex<World>);

impl Server {
    pub(crate) fn new(world: World) -> Self {
        Self(Mutex::new(world))
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that has arrived whole.
pub(crate) struct Received<'a> {
    pub(crate) method: &'a str,
    pub(crate) target: Target,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) raw_query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: Bytes,
}

impl Received<'_> {
    /// The first query parameter of that name.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Answers every request there is.
pub(crate) async fn serve(server: Data<Server>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let Some(body) = read(payload).await else {
        return Response::refusal(&Refusal::validation("The body is too large or was cut short."))
            .send()
            .await;
    };
    let query = request.query_string();
    let received = Received {
        method: request.method().as_str(),
        target: Target::parse(request.uri().path()),
        query: pairs(query),
        raw_query: query,
        headers: request.headers(),
        body,
    };
    let answer = answer(&server, &received).await;
    if answer.delivery == Delivery::Reset {
        request.conn_data::<Connection>().inspect(|connection| connection.reset_when_closed());
    }
    answer.send().await
}

async fn answer(server: &Server, received: &Received<'_>) -> Response {
    let (effect, before) = match begin(&mut server.world(), received) {
        Begun::Answered(answer) => return answer,
        Begun::Fault(effect, before) => (effect, before),
    };
    if before.end().await == Then::Reset {
        oauth::note_fault(&mut server.world().state, received, &effect.kind(), false);
        return Response::text(200, "text/plain", String::new()).delivered(Delivery::Reset);
    }
    let (answer, after) = faulty(&mut server.world(), received, &effect);
    match after.end().await {
        Then::Answer => answer,
        Then::Reset => answer.delivered(Delivery::Reset),
    }
}

enum Begun {
    Answered(Response),
    Fault(Effect, Pause),
}

fn begin(world: &mut World, received: &Received<'_>) -> Begun {
    if received.target.path.starts_with(control::PREFIX) && received.target.gateway.is_none() {
        return Begun::Answered(control::answer(world, received));
    }
    world.recorder.record(received);
    match world.faults.take(received) {
        None => Begun::Answered(honest(world, received)),
        Some(effect) => {
            let pause = effect.pause(When::Before, &mut world.gates);
            Begun::Fault(effect, pause)
        }
    }
}

fn faulty(world: &mut World, received: &Received<'_>, effect: &Effect) -> (Response, Pause) {
    let seen = world.state.oauth.history.seen();
    let answer = match effect.outcome(wall_now()) {
        Outcome::Instead(answer) => answer,
        Outcome::Done => effect.spoil(honest(world, received)),
    };
    let done = world.state.oauth.history.seen() > seen;
    oauth::note_fault(&mut world.state, received, &effect.kind(), done);
    (answer, effect.pause(When::After, &mut world.gates))
}

impl Pause {
    async fn end(self) -> Then {
        match self {
            Self::None => Then::Answer,
            Self::For(span) => {
                tokio::time::sleep(span).await;
                Then::Answer
            }
            Self::Until(hold) => hold.pass().await,
        }
    }
}

fn honest(world: &mut World, received: &Received<'_>) -> Response {
    let target = &received.target;
    if !target.is_known() {
        let message = "the sandbox only knows api.notion.com and what is below it";
        return Response::refusal(&Refusal::new(502, "unknown_upstream", message));
    }
    if target.path.starts_with(file_host::PREFIX) {
        let has_authorization = received.headers.contains_key(AUTHORIZATION);
        let file = file_host::get(&world.state, &target.path, &received.query, has_authorization);
        return Response::bytes(file.status, &file.content_type, file.body);
    }
    if let Some(answer) = oauth::answer(&mut world.state, received) {
        return answer;
    }
    match api(world, received) {
        Ok(answer) => answer,
        Err(refusal) => Response::refusal(&refusal),
    }
}

fn api(world: &mut World, received: &Received<'_>) -> Result<Response, Refusal> {
    let headers = received.headers;
    let path = &received.target.path;
    let (route, segments) = routes::find(received.method, path).ok_or_else(Refusal::unknown_path)?;
    let access = checks::access(&world.state, headers)?;
    let token = checks::bearer(headers).unwrap_or_default();
    let now = world.state.clock.now();
    if let Some((refusal, wait)) = world.limiter.take(token, world.state.settings.requests_per_minute, now) {
        return Ok(Response::refusal(&refusal).retry_after(Some(wait.to_string())));
    }
    let version = checks::version(headers)?;
    if !route.is_in(version) {
        return Err(Refusal::unknown_path());
    }
    checks::capability(access, route.need)?;
    let body = checks::body(headers, &received.body, path.ends_with("/send"))?;
    let mut call = Call {
        state: &mut world.state,
        access,
        version,
        segments,
        query: received.query.clone(),
        body,
        raw_body: &received.body,
        content_type: checks::content_type(headers),
    };
    (route.handler)(&mut call).map(|json| Response::api(200, json))
}

async fn read(mut payload: Payload) -> Option<Bytes> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.ok()?;
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body.freeze())
}

/// The pairs of a query string or of a form, decoded.
pub(crate) fn pairs(query: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(k, v)| (decoded(k), decoded(v)))
        .collect()
}

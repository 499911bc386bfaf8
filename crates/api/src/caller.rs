//! Who calls: from the bearer token and `X-Organization-Id` to a caller and its tenant.

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use control::{Control, Error, FieldFault};
use domain::{Caller, CallerKind, OrganizationId, Tenant};
use futures_util::future::LocalBoxFuture;

use crate::problem::Problem;

const ORGANIZATION_HEADER: &str = "X-Organization-Id";

/// Any good token, with the tenant it may touch.
pub(crate) struct Scoped {
    pub(crate) caller: Caller,
    pub(crate) tenant: Tenant,
}

/// An application's own token: routes that a scoped token must not reach.
pub(crate) struct OrganizationWide {
    pub(crate) caller: Caller,
    pub(crate) tenant: Tenant,
}

/// The organization the request asks for, if any.
pub(crate) struct RequestedOrganization(pub(crate) Option<OrganizationId>);

impl FromRequest for Scoped {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let control = request.app_data::<Data<Control>>().ok_or_else(Problem::internal)?;
            let caller = control.caller(bearer(&request)?).await?;
            let tenant = caller.tenant(requested(&request)?).map_err(Error::from)?;
            Ok(Self { caller, tenant })
        })
    }
}

impl FromRequest for OrganizationWide {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let scoped = Scoped::from_request(request, payload);
        Box::pin(async move {
            let Scoped { caller, tenant } = scoped.await?;
            if caller.kind() != CallerKind::Application {
                return Err(Error::Forbidden(
                    "this takes the application's own token: a scoped token only connects and uses connectors of its workspace",
                )
                .into());
            }
            Ok(Self { caller, tenant })
        })
    }
}

impl FromRequest for RequestedOrganization {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(requested(request).map(Self))
    }
}

/// RFC 6750 section 2.1; the scheme's case does not matter (RFC 9110 section 11.1).
fn bearer(request: &HttpRequest) -> Result<&str, Error> {
    let missing = Error::Unauthorized(
        "a bearer token is needed: get one from /api/v1/account/applications/token and send it as Authorization: Bearer …",
    );
    let Some(header) = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()) else {
        return Err(missing);
    };
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(missing),
    }
}

fn requested(request: &HttpRequest) -> Result<Option<OrganizationId>, Problem> {
    let Some(header) = request.headers().get(ORGANIZATION_HEADER) else { return Ok(None) };
    let id = header.to_str().ok().and_then(|text| text.trim().parse().ok());
    id.map(Some).ok_or_else(|| {
        let text = format!("{ORGANIZATION_HEADER} must be the UUID of an organization");
        Problem::invalid(FieldFault::new(ORGANIZATION_HEADER, text))
    })
}

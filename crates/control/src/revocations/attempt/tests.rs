//! What follows from each outcome of an attempt.

use domain::{CustomerId, DefinitionId, JobId, OrganizationId};
use uuid::Uuid;

use super::*;

const HOUR_MS: i64 = 3_600_000;

fn due(attempts: i64) -> DueRevocation {
    DueRevocation {
        job_id: JobId::new(),
        organization_id: OrganizationId::new(),
        customer_id: CustomerId::new(),
        connector_id: ConnectorId::new(),
        definition_id: DefinitionId::from_uuid(Uuid::now_v7()),
        environment: Map::new(),
        replication_config: Map::new(),
        version: 1,
        sealed: Vec::new(),
        attempts,
        created_at: Timestamp::from_micros(0),
    }
}

#[test]
fn r34_an_unreachable_provider_is_asked_again_and_the_grant_reported_as_pending() {
    for (attempts, least, most) in [
        (0, 48_000, 60_000),
        (1, 96_000, 120_000),
        (5, 1_536_000, 1_920_000),
        (6, 2_880_000, HOUR_MS),
        (60, 2_880_000, HOUR_MS),
    ] {
        let (status, detail, next) =
            settled(Attempt::later("down"), &due(attempts), Timestamp::from_micros(0));
        assert_eq!((status, detail.as_deref()), (RevocationStatus::Pending, Some("down")));
        let wait = next.unwrap().ms_since(Timestamp::from_micros(0));
        assert!((least..=most).contains(&wait), "{attempts}: {wait}");
    }
}

#[test]
fn r34_a_provider_that_asks_for_time_gets_it() {
    let asked =
        OAuthError::Unreachable { retry_after: Some(Duration::from_secs(1_800)), reason: "busy".into() };
    let (_, _, next) = settled(of_answer(Err(asked)), &due(0), Timestamp::from_micros(0));
    assert_eq!(next.unwrap().ms_since(Timestamp::from_micros(0)), 1_800_000);
    let absurd = OAuthError::Unreachable { retry_after: Some(Duration::MAX), reason: "busy".into() };
    let (_, _, next) = settled(of_answer(Err(absurd)), &due(0), Timestamp::from_micros(0));
    assert_eq!(next.unwrap().ms_since(Timestamp::from_micros(0)), HOUR_MS);
}

#[test]
fn r34_after_a_day_it_is_given_up_and_not_before() {
    let start = Timestamp::from_micros(0);
    let almost = start.plus_ms(24 * HOUR_MS - 1_000);
    let (status, _, next) = settled(Attempt::later("down"), &due(30), almost);
    assert_eq!(status, RevocationStatus::Pending);
    assert_eq!(next, Some(start.plus_ms(24 * HOUR_MS)));
    let (status, detail, next) = settled(Attempt::later("down"), &due(31), start.plus_ms(24 * HOUR_MS));
    assert_eq!((status, next), (RevocationStatus::Failed, None));
    assert_eq!(detail.as_deref(), Some("given up after a day: down"));
}

#[test]
fn each_outcome_has_its_status() {
    let refused =
        OAuthError::Refused { status: 401, code: "invalid_client".into(), description: Some("who?".into()) };
    for (answer, status) in [
        (Ok(()), RevocationStatus::Revoked),
        (Err(refused), RevocationStatus::Failed),
        (Err(OAuthError::Unknown { reason: "cut".into() }), RevocationStatus::Pending),
        (Err(OAuthError::Misconfigured("404".into())), RevocationStatus::Pending),
    ] {
        assert_eq!(settled(of_answer(answer), &due(0), Timestamp::from_micros(0)).0, status);
    }
    for (error, status) in [
        (Error::OAuthNotSupported(String::new()), RevocationStatus::NotSupported),
        (Error::invalid("environment.shop", "leads elsewhere"), RevocationStatus::Failed),
        (Error::Internal("ours".into()), RevocationStatus::Pending),
        (Error::Unavailable(None), RevocationStatus::Pending),
        (Error::Egress("a private address".into()), RevocationStatus::Pending),
    ] {
        assert_eq!(settled(of_error(&error), &due(0), Timestamp::from_micros(0)).0, status, "{error}");
    }
}

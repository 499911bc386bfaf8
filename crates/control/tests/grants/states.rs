//! Confirmed, disabled, enabled.

use control::Error;
use domain::{ConnectorStatus, Secret};
use serde_json::json;

use super::bed::{Bed, begin, connector_id, parameter};

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_a_connector_is_usable_only_after_the_browser_s_own_value_confirmed_it() {
    let bed = Bed::new().await;
    bed.confirm_connectors().await;
    let landing = bed.consent(begin()).await;
    let (id, confirmation) = (connector_id(&landing), parameter(&landing, "confirmation").unwrap());
    assert_eq!(bed.view(id).await.connector.state.status, ConnectorStatus::PendingConfirmation);

    for wrong in ["", "wrong", &confirmation[1..], &format!("{confirmation}x")] {
        let refused = bed.control.confirm_connector(&bed.tenant, id, &secret(wrong)).await;
        assert!(matches!(refused, Err(Error::ConfirmationRefused(_))), "{wrong}: {refused:?}");
    }
    let confirmed = bed.control.confirm_connector(&bed.tenant, id, &secret(&confirmation)).await.unwrap();
    assert_eq!(confirmed.connector.state.status, ConnectorStatus::Active);
    assert_eq!(bed.told().await, ["connector.created", "connector.confirmed"]);
    // Nor does the right one pass twice: an answer of 200 means "this browser is the one".
    let again = bed.control.confirm_connector(&bed.tenant, id, &secret(&confirmation)).await;
    assert!(matches!(again, Err(Error::ConfirmationRefused(_))), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_one_connector_s_value_confirms_no_other() {
    let bed = Bed::new().await;
    bed.confirm_connectors().await;
    let (first, second) = (bed.consent(begin()).await, bed.consent(begin()).await);
    let confirmation = secret(&parameter(&first, "confirmation").unwrap());
    let refused = bed.control.confirm_connector(&bed.tenant, connector_id(&second), &confirmation).await;
    assert!(matches!(refused, Err(Error::ConfirmationRefused(_))), "{refused:?}");
    let stranger = bed.control.create_organization("other").await.unwrap().tenant();
    let refused = bed.control.confirm_connector(&stranger, connector_id(&first), &confirmation).await;
    assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_a_late_confirmation_is_refused() {
    let bed = Bed::new().await;
    bed.confirm_connectors().await;
    let landing = bed.consent(begin()).await;
    let confirmation = secret(&parameter(&landing, "confirmation").unwrap());
    bed.clock.advance_ms(15 * 60_000 + 1);
    let refused = bed.control.confirm_connector(&bed.tenant, connector_id(&landing), &confirmation).await;
    assert!(matches!(refused, Err(Error::ConfirmationRefused(_))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disabled_connector_says_since_when_and_why_until_it_is_enabled() {
    let bed = Bed::new().await;
    let id = bed.connected().await;
    bed.clock.advance_ms(5_000);
    let reason = Some("the invoice is open".to_owned());
    let disabled = bed.control.disable_connector(&bed.tenant, id, reason.clone()).await.unwrap();
    assert_eq!(disabled.connector.state.status, ConnectorStatus::Disabled);
    assert_eq!(
        (disabled.connector.state.since, &disabled.connector.state.reason),
        (bed.clock.now(), &reason)
    );
    // Once more changes nothing, and tells nothing.
    bed.clock.advance_ms(5_000);
    let again = bed.control.disable_connector(&bed.tenant, id, None).await.unwrap();
    assert_eq!(again.connector.state, disabled.connector.state);

    let enabled = bed.control.enable_connector(&bed.tenant, id).await.unwrap();
    assert_eq!(
        (enabled.connector.state.status, enabled.connector.state.reason),
        (ConnectorStatus::Active, None)
    );
    bed.control.enable_connector(&bed.tenant, id).await.unwrap();
    assert_eq!(bed.told().await, ["connector.created", "connector.disabled", "connector.enabled"]);
    assert_eq!(bed.events().await[1].data, *json!({ "reason": "the invoice is open" }).as_object().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pending_connector_is_neither_disabled_nor_enabled() {
    let bed = Bed::new().await;
    bed.confirm_connectors().await;
    let id = connector_id(&bed.consent(begin()).await);
    for refused in [
        bed.control.disable_connector(&bed.tenant, id, None).await,
        bed.control.enable_connector(&bed.tenant, id).await,
    ] {
        let Err(error @ Error::Conflict { .. }) = refused else { panic!("{refused:?}") };
        assert!(error.to_string().contains("confirm"), "{error}");
    }
    assert_eq!(bed.view(id).await.connector.state.status, ConnectorStatus::PendingConfirmation);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r26_enabling_does_not_stand_in_for_a_new_consent() {
    let bed = Bed::new().await;
    let id = bed.connected().await;
    let connector = bed.view(id).await.connector;
    let state = domain::ConnectorState {
        status: ConnectorStatus::ReauthRequired,
        since: bed.clock.now(),
        reason: Some("refused".to_owned()),
    };
    let event = domain::NewEvent {
        id: domain::EventId::new(),
        kind: domain::EventKind::ConnectorReauthRequired,
        customer_id: connector.customer_id,
        connector_id: Some(id),
        data: serde_json::Map::new(),
        created_at: bed.clock.now(),
    };
    let store = bed.control.store();
    store.set_connector_state(&bed.tenant, id, &[ConnectorStatus::Active], &state, &event).await.unwrap();
    let refused = bed.control.enable_connector(&bed.tenant, id).await;
    let Err(error @ Error::Conflict { .. }) = refused else { panic!("{refused:?}") };
    assert!(error.to_string().contains("connector_id"), "{error}");
    // Not by way of disabling it either.
    bed.control.disable_connector(&bed.tenant, id, None).await.unwrap_err();
    assert_eq!(bed.view(id).await.connector.state, state);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reason_that_would_break_a_line_is_refused() {
    let bed = Bed::new().await;
    let id = bed.connected().await;
    for reason in [String::new(), "  ".to_owned(), "a\nb".to_owned(), "x".repeat(501)] {
        let refused = bed.control.disable_connector(&bed.tenant, id, Some(reason.clone())).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{reason:?}: {refused:?}");
    }
    assert_eq!(bed.view(id).await.connector.state.status, ConnectorStatus::Active);
}

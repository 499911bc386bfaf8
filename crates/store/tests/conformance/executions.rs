//! The execution log: how rows are written. Their list is in `execution_lists.rs`.

use domain::{Connector, Execution, ExecutionId, ExecutionStatus, OrganizationId};
use store::StoreError;

use super::bed::{Bed, conflict, delete_connector, delete_customer, execution, later, not_found, same};

async fn logged_connector(bed: &Bed) -> Connector {
    let a = bed.organization("a").await;
    bed.connector(&bed.customer(&a, "Acme").await).await
}

/// Every column holds something, at its largest where that could be lost.
fn finished(connector: &Connector) -> Execution {
    let mut execution = execution(connector);
    execution.intent = Some("to see — 名".to_owned());
    execution.status = ExecutionStatus::Failed;
    execution.error_code = Some("upstream_failed".to_owned());
    execution.upstream_status = Some(u16::MAX);
    execution.upstream_request_id = Some("req-1".to_owned());
    execution.attempts = u32::MAX;
    execution.duration_ms = i64::MAX;
    execution.upstream_ms = 12;
    execution.response_bytes = 34;
    execution.finished_at = Some(later());
    execution
}

async fn read(bed: &Bed, written: &Execution) -> Execution {
    let organization = bed.store.organization(written.organization_id).await.unwrap();
    bed.store.execution(&organization.tenant(), written.id).await.unwrap()
}

async fn a_call_that_writes_is_logged_before_and_completed_after(bed: Bed) {
    let connector = logged_connector(&bed).await;
    let started = execution(&connector);
    bed.store.start_execution(&started).await.unwrap();
    same(&read(&bed, &started).await, &started);
    let end = Execution { id: started.id, application_id: started.application_id, ..finished(&connector) };
    bed.store.finish_execution(&end).await.unwrap();
    let kept = Execution { intent: None, request_id: started.request_id, ..end };
    same(&read(&bed, &started).await, &kept);
}

async fn an_execution_starts_once_and_is_finished_by_its_own(bed: Bed) {
    let connector = logged_connector(&bed).await;
    let started = execution(&connector);
    bed.store.start_execution(&started).await.unwrap();
    conflict(bed.store.start_execution(&started).await, "execution id");
    let other = bed.organization("b").await;
    let foreign = Execution { id: started.id, organization_id: other.id, ..finished(&connector) };
    not_found(bed.store.finish_execution(&foreign).await, "execution");
    let nobodys = Execution { organization_id: OrganizationId::new(), ..foreign };
    not_found(bed.store.finish_execution(&nobodys).await, "execution");
    not_found(bed.store.finish_execution(&finished(&connector)).await, "execution");
    same(&read(&bed, &started).await, &started);
}

async fn a_batch_is_recorded_once_however_often_it_is_given(bed: Bed) {
    let connector = logged_connector(&bed).await;
    bed.store.record_executions(&[]).await.unwrap();
    let batch: Vec<_> = (0..1_003).map(|_| finished(&connector)).collect();
    bed.store.record_executions(&batch[..700]).await.unwrap();
    bed.store.record_executions(&batch).await.unwrap();
    assert_eq!(bed.raw.count("executions").await, 1_003);
    for sample in [0, 499, 500, 1_002] {
        same(&read(&bed, &batch[sample]).await, &batch[sample]);
    }
}

async fn a_batch_is_recorded_whole_or_not_at_all(bed: Bed) {
    let connector = logged_connector(&bed).await;
    let mut batch: Vec<_> = (0..600).map(|_| finished(&connector)).collect();
    batch[599].organization_id = OrganizationId::new();
    let refused = bed.store.record_executions(&batch).await;
    // Not `Unavailable`: giving it again would never help.
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    assert_eq!(bed.raw.count("executions").await, 0);
}

async fn the_log_takes_any_text(bed: Bed) {
    let connector = logged_connector(&bed).await;
    let mut odd = finished(&connector);
    odd.entity = "nul\0".to_owned();
    odd.intent = Some("\0\n\u{1b}[31m'; DROP TABLE executions; --".to_owned());
    bed.store.record_executions(std::slice::from_ref(&odd)).await.unwrap();
    odd.upstream_request_id = Some("a\0b".to_owned());
    bed.store.finish_execution(&odd).await.unwrap();
    let kept = read(&bed, &odd).await;
    assert_eq!(kept.entity, "nul\u{fffd}");
    assert_eq!(kept.intent.unwrap(), "\u{fffd}\n\u{1b}[31m'; DROP TABLE executions; --");
    assert_eq!(kept.upstream_request_id.unwrap(), "a\u{fffd}b");
}

async fn the_log_outlives_connector_and_customer(bed: Bed) {
    let connector = logged_connector(&bed).await;
    let kept = finished(&connector);
    bed.store.record_executions(std::slice::from_ref(&kept)).await.unwrap();
    let tenant = bed.store.organization(connector.organization_id).await.unwrap().tenant();
    delete_connector(&bed.store, &tenant, &connector).await.unwrap();
    delete_customer(&bed.store, &tenant, connector.customer_id, later()).await.unwrap();
    same(&read(&bed, &kept).await, &kept);
    bed.store.record_executions(&[finished(&connector)]).await.unwrap();
    not_found(bed.store.execution(&tenant, ExecutionId::new()).await, "execution");
}

on_both_engines!(
    a_call_that_writes_is_logged_before_and_completed_after,
    an_execution_starts_once_and_is_finished_by_its_own,
    a_batch_is_recorded_once_however_often_it_is_given,
    a_batch_is_recorded_whole_or_not_at_all,
    the_log_takes_any_text,
    the_log_outlives_connector_and_customer,
);

//! The list of executions: order, pages, and every filter alone and together.

use domain::{Connector, Execution, ExecutionFilter, ExecutionId, ExecutionStatus, Tenant, Timestamp};

use super::bed::{Bed, execution, later, now};

/// All pages of a list: the ids on each.
async fn pages(bed: &Bed, tenant: &Tenant, filter: &ExecutionFilter, limit: usize) -> Vec<Vec<ExecutionId>> {
    let mut pages = Vec::new();
    let mut after = None;
    loop {
        let page = bed.store.executions(tenant, filter, limit, after).await.unwrap();
        pages.push(page.items.into_iter().map(|execution| execution.id).collect());
        after = page.next;
        if after.is_none() {
            return pages;
        }
        assert!(pages.len() < 100, "the list does not end");
    }
}

async fn record(bed: &Bed, connector: &Connector, change: impl FnOnce(&mut Execution)) -> ExecutionId {
    let mut execution = execution(connector);
    change(&mut execution);
    bed.store.record_executions(std::slice::from_ref(&execution)).await.unwrap();
    execution.id
}

async fn pages_give_every_execution_once_newest_first(bed: Bed) {
    let a = bed.organization("a").await;
    let connector = bed.connector(&bed.customer(&a, "Acme").await).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.insert(0, record(&bed, &connector, |_| ()).await);
    }
    let all = ExecutionFilter::default();
    for limit in 1..6 {
        let pages = pages(&bed, &a.tenant(), &all, limit).await;
        assert!(pages.iter().all(|page| page.len() <= limit));
        assert_eq!(pages.concat(), ids);
    }
    assert_eq!(pages(&bed, &a.tenant(), &all, 0).await.concat(), ids);
    assert_eq!(pages(&bed, &a.tenant(), &all, usize::MAX).await, [ids]);
}

async fn each_filter_narrows_the_list(bed: Bed) {
    let a = bed.organization("a").await;
    let (acme, globex) = (bed.customer(&a, "Acme").await, bed.customer(&a, "Globex").await);
    let (first, second) = (bed.connector(&acme).await, bed.connector(&globex).await);
    let plain = record(&bed, &first, |_| ()).await;
    let elsewhere = record(&bed, &second, |_| ()).await;
    let failed = record(&bed, &first, |execution| execution.status = ExecutionStatus::Failed).await;
    let pages_entity = record(&bed, &first, |execution| execution.entity = "pages".to_owned()).await;
    let created = record(&bed, &first, |execution| execution.action = "create".to_owned()).await;
    let late = record(&bed, &first, |execution| execution.started_at = later()).await;

    let all = ExecutionFilter::default();
    let found = async |filter: ExecutionFilter| pages(&bed, &a.tenant(), &filter, 2).await.concat();
    assert_eq!(found(all.clone()).await, [late, created, pages_entity, failed, elsewhere, plain]);
    let of_first = [late, created, pages_entity, failed, plain];
    assert_eq!(found(ExecutionFilter { connector: Some(first.id), ..all.clone() }).await, of_first);
    assert_eq!(found(ExecutionFilter { customer: Some(acme.id), ..all.clone() }).await, of_first);
    assert_eq!(found(ExecutionFilter { customer: Some(globex.id), ..all.clone() }).await, [elsewhere]);
    let status = |status| ExecutionFilter { status: Some(status), ..ExecutionFilter::default() };
    assert_eq!(found(status(ExecutionStatus::Failed)).await, [failed]);
    assert!(found(status(ExecutionStatus::Unknown)).await.is_empty());
    let entity = |entity: &str| ExecutionFilter { entity: Some(entity.to_owned()), ..all.clone() };
    assert_eq!(found(entity("pages")).await, [pages_entity]);
    assert!(found(entity("Pages")).await.is_empty());
    assert!(found(entity("nul\0")).await.is_empty());
    let action = |action: &str| ExecutionFilter { action: Some(action.to_owned()), ..all.clone() };
    assert_eq!(found(action("create")).await, [created]);
    assert!(found(action("nul\0")).await.is_empty());
    let together = ExecutionFilter { connector: Some(first.id), customer: Some(globex.id), ..all };
    assert!(found(together).await.is_empty());
}

async fn since_includes_and_until_excludes_the_instant(bed: Bed) {
    let a = bed.organization("a").await;
    let connector = bed.connector(&bed.customer(&a, "Acme").await).await;
    let early = record(&bed, &connector, |_| ()).await;
    let late = record(&bed, &connector, |execution| execution.started_at = later()).await;
    let after_late = Timestamp::from_micros(later().micros() + 1);
    let found = async |since, until| {
        let filter = ExecutionFilter { since, until, ..ExecutionFilter::default() };
        pages(&bed, &a.tenant(), &filter, 9).await.concat()
    };
    assert_eq!(found(Some(now()), None).await, [late, early]);
    assert_eq!(found(Some(later()), None).await, [late]);
    assert!(found(Some(after_late), None).await.is_empty());
    assert_eq!(found(None, Some(later())).await, [early]);
    assert_eq!(found(None, Some(after_late)).await, [late, early]);
    assert_eq!(found(Some(now()), Some(later())).await, [early]);
}

async fn r52_a_list_holds_own_executions_only(bed: Bed) {
    let (a, b) = (bed.organization("a").await, bed.organization("b").await);
    let of_a = bed.connector(&bed.customer(&a, "Acme").await).await;
    let of_b = bed.connector(&bed.customer(&b, "Acme").await).await;
    let own = record(&bed, &of_a, |_| ()).await;
    record(&bed, &of_b, |_| ()).await;
    let all = ExecutionFilter::default();
    assert_eq!(pages(&bed, &a.tenant(), &all, 1).await, [[own]]);
    let foreign = ExecutionFilter { connector: Some(of_b.id), ..all.clone() };
    assert!(pages(&bed, &a.tenant(), &foreign, 1).await.concat().is_empty());
    let foreign = ExecutionFilter { customer: Some(of_b.customer_id), ..all };
    assert!(pages(&bed, &a.tenant(), &foreign, 1).await.concat().is_empty());
}

on_both_engines!(
    pages_give_every_execution_once_newest_first,
    each_filter_narrows_the_list,
    since_includes_and_until_excludes_the_instant,
    r52_a_list_holds_own_executions_only,
);

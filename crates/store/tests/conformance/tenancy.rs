//! Whoever is not the owner: another organization, and a tenant narrowed to another customer.
//! Each method is tried with another's ids; nothing is read, and nothing changes.

use domain::{Connector, Customer, CustomerId, ExecutionFilter, Organization, Tenant};
use store::CustomerFilter;

use super::bed::{
    Bed, add, connector, customer, delete_connector, delete_customer, execution, later, not_found, same,
};

/// An organization with two customers, one connector and one execution each, and a stranger.
pub(super) struct Scene {
    pub(super) owner: Organization,
    pub(super) acme: Customer,
    globex: Customer,
    pub(super) of_acme: Connector,
    of_globex: Connector,
    pub(super) stranger: Organization,
    strangers_customer: Customer,
}

impl Scene {
    pub(super) async fn set(bed: &Bed) -> Self {
        let (owner, stranger) = (bed.organization("owner").await, bed.organization("stranger").await);
        let (acme, globex) = (bed.customer(&owner, "Acme").await, bed.customer(&owner, "Globex").await);
        let (of_acme, of_globex) = (bed.connector(&acme).await, bed.connector(&globex).await);
        let strangers_customer = bed.customer(&stranger, "Mine").await;
        for connector in [&of_acme, &of_globex] {
            bed.store.start_execution(&execution(connector)).await.unwrap();
        }
        Self { owner, acme, globex, of_acme, of_globex, stranger, strangers_customer }
    }

    /// Everybody to whom Acme's rows do not exist.
    pub(super) fn others(&self) -> [Tenant; 3] {
        [self.stranger.tenant(), self.strangers_customer.tenant(), self.globex.tenant()]
    }
}

async fn r49_anothers_rows_are_not_found(bed: Bed) {
    let scene = Scene::set(&bed).await;
    let (store, owner) = (&bed.store, scene.owner.tenant());
    let (acme, of_acme) = (scene.acme.id, scene.of_acme.id);
    let filter = ExecutionFilter { connector: Some(of_acme), ..ExecutionFilter::default() };
    let logged = store.executions(&owner, &filter, 9, None).await.unwrap().items.remove(0);
    for other in scene.others() {
        not_found(store.customer(&other, acme).await, "customer");
        assert!(store.find_customer(&other, "Acme").await.unwrap().is_none());
        not_found(store.connector(&other, of_acme).await, "connector");
        not_found(store.connector_for_call(&other, of_acme).await, "connector");
        assert!(store.list_connectors(&other, acme, None).await.unwrap().is_empty());
        not_found(store.execution(&other, logged.id).await, "execution");
        assert!(store.executions(&other, &filter, 9, None).await.unwrap().items.is_empty());
        let of_customer = ExecutionFilter { customer: Some(acme), ..ExecutionFilter::default() };
        assert!(store.executions(&other, &of_customer, 9, None).await.unwrap().items.is_empty());
        let everything = store.executions(&other, &ExecutionFilter::default(), 9, None).await.unwrap();
        assert!(everything.items.iter().all(|execution| execution.connector_id == scene.of_globex.id));
        let customers = store.list_customers(&other, &CustomerFilter::default(), 9, None).await.unwrap();
        assert!(customers.items.iter().all(|customer| customer.id != acme));
    }
}

async fn r49_anothers_rows_are_not_changed(bed: Bed) {
    let scene = Scene::set(&bed).await;
    let (store, owner) = (&bed.store, scene.owner.tenant());
    let mut renamed = scene.acme.clone();
    renamed.name = "Stolen".to_owned();
    let mut altered = scene.of_acme.clone();
    altered.name = "Stolen".to_owned();
    for other in scene.others() {
        not_found(store.update_customer(&other, &renamed, renamed.updated_at).await, "customer");
        not_found(delete_customer(store, &other, scene.acme.id, later()).await, "customer");
        not_found(store.update_connector(&other, &altered, altered.updated_at).await, "connector");
        not_found(delete_connector(store, &other, &scene.of_acme).await, "connector");
    }
    same(&store.customer(&owner, scene.acme.id).await.unwrap(), &scene.acme);
    same(&store.connector_for_call(&owner, scene.of_acme.id).await.unwrap().connector, &scene.of_acme);
}

async fn r50_nothing_is_put_under_another_or_under_nobody(bed: Bed) {
    let scene = Scene::set(&bed).await;
    let mut for_nobody = connector(&scene.acme);
    for_nobody.customer_id = CustomerId::new();
    for other in scene.others() {
        for refused in [connector(&scene.acme), for_nobody.clone()] {
            not_found(add(&bed.store, &other, &refused).await, "customer");
        }
    }
    assert_eq!(bed.raw.count("connectors").await, 2);
    assert_eq!(bed.raw.count("credentials").await, 2);
}

async fn r51_the_tenant_decides_whose_a_new_row_is(bed: Bed) {
    let scene = Scene::set(&bed).await;
    let stranger = scene.stranger.tenant();
    let claimed = customer(&scene.owner, "Claimed");
    let made = bed.store.ensure_customer(&stranger, &claimed).await.unwrap();
    assert_eq!(made.organization_id, scene.stranger.id);
    let mut claimed = connector(&scene.strangers_customer);
    claimed.organization_id = scene.owner.id;
    add(&bed.store, &stranger, &claimed).await.unwrap();
    not_found(bed.store.connector(&scene.owner.tenant(), claimed.id).await, "connector");
    let kept = bed.store.connector(&stranger, claimed.id).await.unwrap();
    assert_eq!(kept.organization_id, scene.stranger.id);
}

async fn r54_a_narrowed_tenant_reaches_its_own_and_makes_no_sibling(bed: Bed) {
    let scene = Scene::set(&bed).await;
    let (store, narrowed) = (&bed.store, scene.acme.tenant());
    same(&store.ensure_customer(&narrowed, &customer(&scene.owner, "Acme")).await.unwrap(), &scene.acme);
    for sibling in ["Globex", "new"] {
        not_found(store.ensure_customer(&narrowed, &customer(&scene.owner, sibling)).await, "customer");
    }
    assert_eq!(bed.raw.count("customers WHERE name = 'new'").await, 0);
    same(&store.connector(&narrowed, scene.of_acme.id).await.unwrap(), &scene.of_acme);
    let listed = store.list_connectors(&narrowed, scene.acme.id, None).await.unwrap();
    same(&listed, &vec![scene.of_acme.clone()]);
    let log = store.executions(&narrowed, &ExecutionFilter::default(), 9, None).await.unwrap().items;
    assert_eq!(log.iter().map(|execution| execution.customer_id).collect::<Vec<_>>(), [scene.acme.id]);
    assert_eq!(store.data_key(&narrowed, None).await.unwrap().organization_id, scene.owner.id);
    add(store, &narrowed, &connector(&scene.acme)).await.unwrap();
    delete_connector(store, &narrowed, &scene.of_acme).await.unwrap();
}

/// The last line of defence: foreign keys name the organization too.
async fn a_row_cannot_point_into_another_organization(bed: Bed) {
    let scene = Scene::set(&bed).await;
    let mut crossed = execution(&scene.of_acme);
    crossed.organization_id = scene.stranger.id;
    assert!(bed.store.start_execution(&crossed).await.is_err());
    assert_eq!(bed.raw.count("executions").await, 2);
}

on_both_engines!(
    r49_anothers_rows_are_not_found,
    r49_anothers_rows_are_not_changed,
    r50_nothing_is_put_under_another_or_under_nobody,
    r51_the_tenant_decides_whose_a_new_row_is,
    r54_a_narrowed_tenant_reaches_its_own_and_makes_no_sibling,
    a_row_cannot_point_into_another_organization,
);

//! Applications, and the organizations they reach.

use domain::{ApplicationId, OrganizationId, Permission};

use super::bed::{
    Bed, application, conflict, delete_organization, later, not_found, now, organization, same,
};

async fn an_application_keeps_its_organizations_in_order_and_what_it_may(bed: Bed) {
    let (a, b, c) = (bed.organization("a").await, bed.organization("b").await, bed.organization("c").await);
    let mut made = application(&[&c, &a, &b]);
    made.allowed = vec![Permission::CredentialsRead];
    bed.store.create_application(&made, &[42; 32]).await.unwrap();
    bed.application(&[&b]).await;
    same(&bed.store.application(made.id).await.unwrap(), &Some(made.clone()));
    same(&bed.store.application_login(made.id).await.unwrap(), &Some((made, [42; 32])));
    let listed = bed.store.applications().await.unwrap();
    let allowed: Vec<_> = listed.iter().map(|application| application.allowed.len()).collect();
    assert_eq!(allowed, [1, 0]);
}

async fn an_unknown_client_id_is_nobody(bed: Bed) {
    let id = ApplicationId::new();
    assert!(bed.store.application(id).await.unwrap().is_none());
    assert!(bed.store.application_login(id).await.unwrap().is_none());
    not_found(bed.store.revoke_application(id, now()).await, "application");
}

async fn r55_a_revoked_application_is_nobody(bed: Bed) {
    let a = bed.organization("a").await;
    let (made, other) = (bed.application(&[&a]).await, bed.application(&[&a]).await);
    bed.store.revoke_application(made.id, later()).await.unwrap();
    assert!(bed.store.application(made.id).await.unwrap().is_none());
    assert!(bed.store.application_login(made.id).await.unwrap().is_none());
    assert!(bed.store.application(other.id).await.unwrap().is_some());
    not_found(bed.store.revoke_application(made.id, now()).await, "application");

    let listed = bed.store.applications().await.unwrap();
    let revoked: Vec<_> = listed.iter().map(|application| (application.id, application.revoked_at)).collect();
    assert_eq!(revoked, [(made.id, Some(later())), (other.id, None)]);
}

async fn r46_a_deleted_organization_is_lost_to_its_applications(bed: Bed) {
    let (a, b) = (bed.organization("a").await, bed.organization("b").await);
    let (both, only) = (bed.application(&[&a, &b]).await, bed.application(&[&a]).await);
    delete_organization(&bed.store, a.id, later()).await.unwrap();
    assert_eq!(bed.store.application(both.id).await.unwrap().unwrap().organizations, [b.id]);
    let (login, _) = bed.store.application_login(only.id).await.unwrap().unwrap();
    assert!(login.organizations.is_empty());
    let listed = bed.store.applications().await.unwrap();
    let reach: Vec<_> = listed.into_iter().map(|application| application.organizations).collect();
    assert_eq!(reach, [vec![b.id], vec![]]);
}

async fn an_application_needs_living_organizations_and_is_not_half_written(bed: Bed) {
    let (a, gone) = (bed.organization("a").await, bed.organization("gone").await);
    delete_organization(&bed.store, gone.id, later()).await.unwrap();
    let mut unknown = application(&[&a]);
    unknown.organizations.push(OrganizationId::new());
    for refused in
        [application(&[&a, &gone]), application(&[]), application(&[&organization("new")]), unknown]
    {
        not_found(bed.store.create_application(&refused, &[1; 32]).await, "organization");
    }
    let twice = bed.store.create_application(&application(&[&a, &a]), &[1; 32]).await;
    conflict(twice, "organization of the application");
    assert_eq!(bed.raw.count("applications").await, 0);
    assert_eq!(bed.raw.count("application_organizations").await, 0);
}

async fn a_client_id_is_taken_once(bed: Bed) {
    let made = bed.application(&[&bed.organization("a").await]).await;
    conflict(bed.store.create_application(&made, &[1; 32]).await, "application id");
    let (_, hash) = bed.store.application_login(made.id).await.unwrap().unwrap();
    assert_eq!(hash, [9; 32]);
}

on_both_engines!(
    an_application_keeps_its_organizations_in_order_and_what_it_may,
    an_unknown_client_id_is_nobody,
    r55_a_revoked_application_is_nobody,
    r46_a_deleted_organization_is_lost_to_its_applications,
    an_application_needs_living_organizations_and_is_not_half_written,
    a_client_id_is_taken_once,
);

//! Organizations' own OAuth apps: one for each definition, replaced only as it was read.

use domain::{DefinitionId, OAuthAppId};
use uuid::Uuid;

use super::bed::{Bed, at_once, definition, delete_organization, later, not_found, oauth_app, same};

async fn an_app_is_kept_replaced_and_removed(bed: Bed) {
    let tenant = bed.organization("a").await.tenant();
    assert!(bed.store.oauth_app(&tenant, definition()).await.unwrap().is_none());
    let mut app = oauth_app();
    assert!(bed.store.put_oauth_app(&tenant, &app, None).await.unwrap());
    same(&bed.store.oauth_app(&tenant, definition()).await.unwrap(), &Some(app.clone()));

    app.version = 2;
    app.client_id_masked = "new".to_owned();
    app.sealed = vec![6];
    app.updated_at = later();
    assert!(bed.store.put_oauth_app(&tenant, &app, Some(1)).await.unwrap());
    same(&bed.store.oauth_app(&tenant, definition()).await.unwrap(), &Some(app));

    assert!(bed.store.delete_oauth_app(&tenant, definition()).await.unwrap());
    assert!(!bed.store.delete_oauth_app(&tenant, definition()).await.unwrap());
    assert!(bed.store.oauth_app(&tenant, definition()).await.unwrap().is_none());
}

async fn each_definition_has_its_own_app(bed: Bed) {
    let tenant = bed.organization("a").await.tenant();
    let mut other = oauth_app();
    other.definition_id = DefinitionId::from_uuid(Uuid::from_u128(8));
    for app in [oauth_app(), other.clone()] {
        assert!(bed.store.put_oauth_app(&tenant, &app, None).await.unwrap());
    }
    assert!(bed.store.delete_oauth_app(&tenant, definition()).await.unwrap());
    same(&bed.store.oauth_app(&tenant, other.definition_id).await.unwrap(), &Some(other));
}

async fn what_others_changed_is_not_overwritten(bed: Bed) {
    let tenant = bed.organization("a").await.tenant();
    let app = oauth_app();
    assert!(!bed.store.put_oauth_app(&tenant, &app, Some(1)).await.unwrap(), "there is none to replace");
    assert!(bed.store.put_oauth_app(&tenant, &app, None).await.unwrap());
    assert!(!bed.store.put_oauth_app(&tenant, &oauth_app(), None).await.unwrap(), "there is one");
    assert!(!bed.store.put_oauth_app(&tenant, &app, Some(7)).await.unwrap(), "of another version");
    let mut again = app.clone();
    again.id = OAuthAppId::new();
    assert!(!bed.store.put_oauth_app(&tenant, &again, Some(1)).await.unwrap(), "removed and made anew");
    same(&bed.store.oauth_app(&tenant, definition()).await.unwrap(), &Some(app));
}

async fn of_many_that_put_at_once_one_is_heard(bed: Bed) {
    let organization = bed.organization("a").await;
    let mut read = None;
    for version in 1..12 {
        let known = bed.store.oauth_app(&organization.tenant(), definition()).await.unwrap();
        let put = at_once((0..6).map(|_| {
            let (store, tenant) = (bed.store.clone(), organization.tenant());
            let mut app = known.clone().unwrap_or_else(oauth_app);
            app.version = version;
            async move { store.put_oauth_app(&tenant, &app, read).await.unwrap() }
        }))
        .await;
        assert_eq!(put.into_iter().filter(|heard| *heard).count(), 1, "version {version}");
        read = Some(version);
    }
    assert_eq!(bed.raw.count("oauth_apps").await, 1);
}

async fn r11_an_app_is_its_organizations_alone(bed: Bed) {
    let (a, b) = (bed.organization("a").await, bed.organization("b").await);
    let narrowed = bed.customer(&a, "Acme").await.tenant();
    let app = oauth_app();
    assert!(bed.store.put_oauth_app(&a.tenant(), &app, None).await.unwrap());
    assert!(bed.store.oauth_app(&b.tenant(), definition()).await.unwrap().is_none());
    assert!(!bed.store.put_oauth_app(&b.tenant(), &app, Some(1)).await.unwrap());
    assert!(!bed.store.delete_oauth_app(&b.tenant(), definition()).await.unwrap());

    same(&bed.store.oauth_app(&narrowed, definition()).await.unwrap(), &Some(app.clone()));
    not_found(bed.store.put_oauth_app(&narrowed, &app, Some(1)).await, "organization");
    assert!(!bed.store.delete_oauth_app(&narrowed, definition()).await.unwrap());

    assert!(bed.store.put_oauth_app(&b.tenant(), &oauth_app(), None).await.unwrap());
    delete_organization(&bed.store, a.id, later()).await.unwrap();
    assert!(bed.store.oauth_app(&a.tenant(), definition()).await.unwrap().is_none());
    not_found(bed.store.put_oauth_app(&a.tenant(), &oauth_app(), None).await, "organization");
    assert!(bed.store.oauth_app(&b.tenant(), definition()).await.unwrap().is_some());
}

on_both_engines!(
    an_app_is_kept_replaced_and_removed,
    each_definition_has_its_own_app,
    what_others_changed_is_not_overwritten,
    of_many_that_put_at_once_one_is_heard,
    r11_an_app_is_its_organizations_alone,
);

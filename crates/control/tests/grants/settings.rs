//! What an organization decides about consent.

use control::{Error, UpdateSettings};
use domain::OrganizationSettings;

use super::bed::{Bed, RETURN_URL, begin, exposed};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_given_stays() {
    let bed = Bed::new().await;
    assert_eq!(
        bed.control.organization_settings(&bed.tenant).await.unwrap(),
        OrganizationSettings::default()
    );
    let origins = vec!["https://PRODUCT.example/".to_owned()];
    let update = UpdateSettings { return_origins: Some(origins), ..UpdateSettings::default() };
    bed.control.update_organization_settings(&bed.tenant, update).await.unwrap();
    bed.confirm_connectors().await;
    let kept = OrganizationSettings {
        confirm_connectors: true,
        return_origins: vec!["https://product.example".to_owned()],
    };
    assert_eq!(bed.control.organization_settings(&bed.tenant).await.unwrap(), kept);

    let wrong = vec!["https://good.example".to_owned(), "https://bad.example/x".to_owned()];
    let update = UpdateSettings { return_origins: Some(wrong), confirm_connectors: Some(false) };
    let refused = bed.control.update_organization_settings(&bed.tenant, update).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    assert_eq!(bed.control.organization_settings(&bed.tenant).await.unwrap(), kept);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r14_a_scoped_token_begins_a_consent_only_back_to_a_listed_origin() {
    let bed = Bed::new().await;
    let token = bed.control.issue_scoped_token(&bed.caller, &bed.tenant, "globex").await.unwrap();
    let scoped = bed.control.caller(exposed(&token)).await.unwrap();
    let tenant = scoped.tenant(None).unwrap();
    let refused = bed.control.begin_consent(&scoped, &tenant, begin()).await;
    let Err(Error::Invalid(faults)) = refused else { panic!("{refused:?}") };
    assert_eq!(faults[0].field, "redirect_url");

    let origin = RETURN_URL.split("/connected").next().unwrap().to_owned();
    let update = UpdateSettings { return_origins: Some(vec![origin]), ..UpdateSettings::default() };
    bed.control.update_organization_settings(&bed.tenant, update).await.unwrap();
    bed.control.begin_consent(&scoped, &tenant, begin()).await.unwrap();
}

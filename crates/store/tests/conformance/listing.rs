//! The list of customers: order, pages, the exact name first, filters.

use domain::{CustomerStatus, Organization, Tenant};
use store::CustomerFilter;

use super::bed::{Bed, delete_customer, later};

fn containing(name: &str) -> CustomerFilter {
    CustomerFilter { name_contains: Some(name.to_owned()), status: None }
}

/// All pages of a list: the names on each.
async fn pages(bed: &Bed, tenant: &Tenant, filter: &CustomerFilter, limit: usize) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut after = None;
    loop {
        let page = bed.store.list_customers(tenant, filter, limit, after).await.unwrap();
        pages.push(page.items.into_iter().map(|customer| customer.name).collect());
        after = page.next;
        if after.is_none() {
            return pages;
        }
        assert!(pages.len() < 100, "the list does not end");
    }
}

async fn filled(bed: &Bed, names: &[&str]) -> Organization {
    let organization = bed.organization("a").await;
    for name in names {
        bed.customer(&organization, name).await;
    }
    organization
}

async fn pages_give_every_living_customer_once_newest_first(bed: Bed) {
    let a = filled(&bed, &["1", "2", "gone", "3", "4"]).await;
    let gone = bed.customer(&a, "gone").await;
    delete_customer(&bed.store, &a.tenant(), gone.id, later()).await.unwrap();
    let all = CustomerFilter::default();
    assert_eq!(pages(&bed, &a.tenant(), &all, 2).await, [vec!["4", "3"], vec!["2", "1"], vec!["default"]]);
    assert_eq!(pages(&bed, &a.tenant(), &all, 5).await, [vec!["4", "3", "2", "1", "default"]]);
    assert_eq!(pages(&bed, &a.tenant(), &all, usize::MAX).await.concat().len(), 5);
    assert_eq!(pages(&bed, &a.tenant(), &containing(""), 0).await.concat().len(), 5);
}

async fn an_exact_name_comes_first_and_once(bed: Bed) {
    let a = filled(&bed, &["acme west", "acme", "acme east", "other", "new acme"]).await;
    let acme = containing("acme");
    for limit in 1..6 {
        let found = pages(&bed, &a.tenant(), &acme, limit).await.concat();
        assert_eq!(found, ["acme", "new acme", "acme east", "acme west"], "{limit} a page");
    }
    let upper = pages(&bed, &a.tenant(), &containing("ACME"), 9).await;
    assert_eq!(upper, [["new acme", "acme east", "acme", "acme west"]]);
}

async fn a_needle_is_taken_literally_and_without_regard_to_case(bed: Bed) {
    let a = filled(&bed, &["100% sure", "a_b", "a\\b", "axb", "ÄRGER", "O'Neil; DROP TABLE"]).await;
    let found = async |needle: &str| pages(&bed, &a.tenant(), &containing(needle), 9).await.concat();
    assert_eq!(found("%").await, ["100% sure"]);
    assert_eq!(found("A_B").await, ["a_b"]);
    assert_eq!(found("\\").await, ["a\\b"]);
    assert_eq!(found("ärg").await, ["ÄRGER"]);
    assert_eq!(found("'neil").await, ["O'Neil; DROP TABLE"]);
    assert!(found("nobody").await.is_empty());
    assert!(found("nul\0").await.is_empty());
    assert!(found(&"x".repeat(100_000)).await.is_empty());
}

async fn a_status_filter_holds_for_the_exact_name_too(bed: Bed) {
    let a = filled(&bed, &["acme", "acme east", "acme west"]).await;
    for name in ["acme", "acme east"] {
        let mut sleeping = bed.customer(&a, name).await;
        sleeping.status = CustomerStatus::Inactive;
        bed.store.update_customer(&a.tenant(), &sleeping, sleeping.updated_at).await.unwrap();
    }
    let of = |status| CustomerFilter { status: Some(status), ..containing("acme") };
    let inactive = pages(&bed, &a.tenant(), &of(CustomerStatus::Inactive), 1).await.concat();
    assert_eq!(inactive, ["acme", "acme east"]);
    assert_eq!(pages(&bed, &a.tenant(), &of(CustomerStatus::Active), 1).await.concat(), ["acme west"]);
    let active = CustomerFilter { name_contains: None, status: Some(CustomerStatus::Active) };
    assert_eq!(pages(&bed, &a.tenant(), &active, 1).await.concat(), ["acme west", "default"]);
}

async fn r52_a_list_holds_own_customers_only(bed: Bed) {
    let a = filled(&bed, &["acme"]).await;
    let b = bed.organization("b").await;
    let of_b = bed.customer(&b, "acme").await;
    bed.customer(&b, "acme too").await;
    assert_eq!(pages(&bed, &a.tenant(), &containing("acme"), 9).await.concat(), ["acme"]);
    assert_eq!(pages(&bed, &of_b.tenant(), &CustomerFilter::default(), 9).await.concat(), ["acme"]);
    let sibling = pages(&bed, &of_b.tenant(), &containing("acme too"), 9).await.concat();
    assert!(sibling.is_empty(), "r54: {sibling:?}");
}

on_both_engines!(
    pages_give_every_living_customer_once_newest_first,
    an_exact_name_comes_first_and_once,
    a_needle_is_taken_literally_and_without_regard_to_case,
    a_status_filter_holds_for_the_exact_name_too,
    r52_a_list_holds_own_customers_only,
);

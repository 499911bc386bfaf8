use std::collections::BTreeSet;

use super::*;

const NOW_S: i64 = 1_800_000_000;

fn settings(margin_s: u64, idle_s: Option<u64>, lifetime_s: Option<u64>) -> OAuthSettings {
    let catalog = definitions::Catalog::embedded();
    let notion = catalog.find_by_name("notion").unwrap();
    let oauth = notion.consent_scheme().unwrap().oauth.as_ref().unwrap();
    OAuthSettings {
        refresh_margin_s: margin_s,
        refresh_token_idle_s: idle_s,
        refresh_token_lifetime_s: lifetime_s,
        ..oauth.settings.clone()
    }
}

fn tokens(expires_in_s: Option<u64>) -> TokenSet {
    TokenSet {
        access_token: Secret::new("access".to_owned()),
        refresh_token: Some(Secret::new("refresh".to_owned())),
        token_type: "bearer".to_owned(),
        expires_in: expires_in_s.map(std::time::Duration::from_secs),
        scopes: None,
        id_token: None,
        account: Map::new(),
    }
}

fn grant(settings: &OAuthSettings, expires_in_s: Option<u64>) -> Grant {
    let now = Timestamp::from_micros(NOW_S * 1_000_000);
    times(settings, ConnectorId::new(), &tokens(expires_in_s), now, None)
}

/// Seconds from now.
fn after(at: Option<Timestamp>) -> i64 {
    at.expect("the instant is known").seconds() - NOW_S
}

#[test]
fn r29_a_token_of_unknown_life_has_no_time_to_be_renewed() {
    let grant = grant(&settings(300, None, None), None);
    assert!(grant.refreshable && grant.expires_at.is_none() && grant.refresh_due_at.is_none());
}

#[test]
fn r29_a_short_token_is_renewed_in_the_last_part_of_its_life() {
    for life in [1, 4, 10, 60, 600, 3_600, 366 * 24 * 3_600] {
        let grant = grant(&settings(300, None, None), Some(life));
        let due = after(grant.refresh_due_at);
        let life = i64::try_from(life).unwrap();
        assert_eq!(after(grant.expires_at), life);
        assert!(due <= life && due >= life - 450 && due * 2 >= life, "{due} of {life}");
    }
}

#[test]
fn r32_tokens_of_one_minute_are_renewed_over_more_than_a_minute() {
    let settings = settings(300, Some(60 * 24 * 3_600), None);
    let grants: Vec<Grant> = (0..10_000).map(|_| grant(&settings, Some(3_600))).collect();
    let due: BTreeSet<i64> = grants.iter().map(|grant| after(grant.refresh_due_at)).collect();
    assert!(due.len() > 140 && due.iter().max().unwrap() - due.iter().min().unwrap() > 140, "{}", due.len());
    let alive: BTreeSet<i64> = grants.iter().map(|grant| after(grant.keep_alive_at) / 3_600).collect();
    assert!(alive.len() > 100, "keep-alives are spread over days: {}", alive.len());
}

#[test]
fn a_refresh_token_is_kept_alive_within_its_idle_life_and_not_beyond_its_end() {
    let idle = 60 * 24 * 3_600;
    let kept = grant(&settings(300, Some(idle), Some(365 * 24 * 3_600)), None);
    let at = after(kept.keep_alive_at);
    assert!(at > 30 * 24 * 3_600 && at <= 40 * 24 * 3_600, "{at}");
    let ends = grant(&settings(300, Some(idle), Some(24 * 3_600)), None);
    assert!(ends.keep_alive_at.is_none() && after(ends.ends_at) == 24 * 3_600);
}

#[test]
fn a_renewal_does_not_move_the_end_of_the_grant() {
    let settings = settings(300, None, Some(1_000));
    let now = Timestamp::from_micros(NOW_S * 1_000_000);
    let end = now.plus_ms(5_000);
    let grant = times(&settings, ConnectorId::new(), &tokens(None), now, Some(end));
    assert_eq!(grant.ends_at, Some(end));
}

#[test]
fn a_token_set_goes_by_the_names_its_scheme_has() {
    let catalog = definitions::Catalog::embedded();
    let notion = catalog.find_by_name("notion").unwrap();
    let scheme = notion.consent_scheme().unwrap();
    let app = App {
        client_id: "id".to_owned(),
        client_secret: Some(Secret::new("secret".to_owned())),
        redirect_uri: "https://p.example/cb".to_owned(),
        signing_key: None,
    };
    let opened = granted(scheme, &app, true, tokens(None));
    let names: Vec<&str> = opened.credential.values().map(|(name, _)| name).collect();
    assert_eq!(names, ["access_token", "client_id", "client_secret", "refresh_token"]);
    assert_eq!(opened.app(scheme).unwrap().redirect_uri, app.redirect_uri);
    assert!(given_grant(scheme, &opened).refreshable);
}

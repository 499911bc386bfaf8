use std::collections::BTreeSet;

use super::super::{Config, Problems};
use super::*;

fn read(variables: &[(&str, &str)]) -> Result<OperatorVariables, Problems> {
    let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    Config::read(variables).map(|mut config| config.take_operator())
}

/// What is said about the one variable, or pair of them, that was refused.
fn refusal(variables: &[(&str, &str)]) -> (String, String) {
    let problems = read(variables).expect_err("it should be refused").0;
    let [problem] = problems.as_slice() else { panic!("one problem, not {problems:?}") };
    (problem.variable.clone(), problem.fault.clone())
}

#[expect(clippy::disallowed_methods, reason = "the test looks at what was read")]
fn opened(given: Option<&Given<Secret>>) -> Option<&str> {
    given.map(|given| given.value.expose().as_str())
}

fn value<T: Clone>(given: Option<&Given<T>>) -> Option<T> {
    given.map(|given| given.value.clone())
}

const ID: (&str, &str) = ("PATCHBAY_OAUTH_NOTION_CLIENT_ID", "id-1");
const SECRET: (&str, &str) = ("PATCHBAY_OAUTH_NOTION_CLIENT_SECRET", "secret_1");

#[test]
fn nothing_is_supplied_by_an_empty_environment() {
    let operator = read(&[("NOTION_BASE_URL", "https://x.example"), ("NOTION_CLIENT_ID", " ")]).unwrap();
    assert!(operator.apps.is_empty() && operator.settings.is_empty() && operator.fallback_tokens.is_empty());
    assert_eq!(operator.fallback_organizations, None, "the one made at first start");
}

#[test]
fn an_app_of_any_definition_is_read_whole() {
    let operator = read(&[
        ("PATCHBAY_OAUTH_GOOGLE_DRIVE_CLIENT_ID", " 1234.apps.example "),
        ("PATCHBAY_OAUTH_GOOGLE_DRIVE_CLIENT_SECRET", "GOCSPX-marker"),
        ("PATCHBAY_OAUTH_GOOGLE_DRIVE_REDIRECT_URI", "https://Patchbay.example.com:443/api/v1/x"),
        ("PATCHBAY_OAUTH_GOOGLE_DRIVE_AUTHORIZATION_URL", "https://auth.example.com/authorize?tenant=t"),
        ("PATCHBAY_OAUTH_GOOGLE_DRIVE_TOKEN_URL", "http://127.0.0.1:9/token"),
        ("PATCHBAY_OAUTH_GOOGLE_DRIVE_SCOPES", "read, https://scope.example/write\tmore"),
        ID,
        SECRET,
    ])
    .unwrap();
    let names: Vec<&str> = operator.apps.keys().map(String::as_str).collect();
    assert_eq!(names, ["GOOGLE_DRIVE", "NOTION"]);
    let app = &operator.apps["GOOGLE_DRIVE"];
    assert_eq!(value(app.client_id.as_ref()).as_deref(), Some("1234.apps.example"));
    assert_eq!(opened(app.client_secret.as_ref()), Some("GOCSPX-marker"));
    let registered = value(app.redirect_uri.as_ref());
    assert_eq!(registered.as_deref(), Some("https://Patchbay.example.com:443/api/v1/x"), "to the letter");
    let authorization_url = value(app.authorization_url.as_ref()).unwrap();
    assert_eq!(authorization_url.as_str(), "https://auth.example.com/authorize?tenant=t");
    assert_eq!(value(app.token_url.as_ref()).unwrap().as_str(), "http://127.0.0.1:9/token");
    let scopes = value(app.scopes.as_ref()).unwrap();
    assert_eq!(scopes, ["read", "https://scope.example/write", "more"]);
    assert_eq!(app.variables().len(), 6);
    assert!(!format!("{operator:?}").contains("marker"), "the secret does not print");
}

#[test]
fn every_name_other_products_have_for_notion_is_understood() {
    for (alias, own) in [
        ("NOTION_OAUTH_CLIENT_ID", "CLIENT_ID"),
        ("NOTION_CLIENT_ID", "CLIENT_ID"),
        ("NOTION_OAUTH_CLIENT_SECRET", "CLIENT_SECRET"),
        ("NOTION_CLIENT_SECRET", "CLIENT_SECRET"),
        ("NOTION_REDIRECT_URI", "REDIRECT_URI"),
        ("NOTION_AUTHORIZATION_URL", "AUTHORIZATION_URL"),
        ("NOTION_AUTHORIZE_URL", "AUTHORIZATION_URL"),
        ("NOTION_TOKEN_URL", "TOKEN_URL"),
        ("NOTION_ACCESS_TOKEN_URL", "TOKEN_URL"),
        ("NOTION_OAUTH_SCOPES", "SCOPES"),
        ("NOTION_SCOPES", "SCOPES"),
    ] {
        let text = "http://localhost:8000/api/v1/auth/notion/connector/callback";
        let own = format!("PATCHBAY_OAUTH_NOTION_{own}");
        let mut variables = vec![ID, SECRET];
        variables.retain(|(name, _)| *name != own);
        variables.push((alias, text));
        let operator = read(&variables).unwrap_or_else(|problems| panic!("{alias}: {problems}"));
        let named: BTreeSet<&str> = operator.apps["NOTION"].variables().into_iter().collect();
        assert_eq!(named, variables.iter().map(|(name, _)| *name).collect(), "{alias}");

        // The same value under both names is no contradiction, another one is.
        let same = [&variables[..], &[(own.as_str(), text)]].concat();
        assert!(read(&same).is_ok(), "{alias}");
        let other = [&variables[..], &[(own.as_str(), "https://marker.example/x")]].concat();
        let (refused, fault) = refusal(&other);
        assert_eq!(refused, format!("{own}, {alias}"));
        assert!(fault.contains("different values") && !fault.contains("marker"), "{fault}");
    }
    for (name, alias) in
        [("NOTION_VERSION", "NOTION_API_VERSION"), ("NOTION_TOKEN", "NOTION_INTEGRATION_TOKEN")]
    {
        for set in [name, alias] {
            let operator = read(&[(set, "2025-09-03")]).unwrap();
            assert_eq!(operator.settings.len() + operator.fallback_tokens.len(), 1, "{set}");
        }
        assert_eq!(refusal(&[(name, "2025-09-03"), (alias, "2026-03-11")]).0, format!("{name}, {alias}"));
    }
}

#[test]
fn a_token_and_a_version_are_for_notion() {
    let organization = OrganizationId::new();
    let ids = format!("{organization} , {organization}");
    let operator = read(&[
        ("NOTION_TOKEN", "ntn_marker"),
        ("NOTION_API_VERSION", "2025-09-03"),
        ("PATCHBAY_FALLBACK_TOKEN_ORGANIZATIONS", &ids),
    ])
    .unwrap();
    let (definition, token) = &operator.fallback_tokens[0];
    assert_eq!((*definition, opened(Some(token))), ("notion", Some("ntn_marker")));
    let (definition, setting, version) = &operator.settings[0];
    assert_eq!((*definition, *setting, version.value.as_str()), ("notion", "notion_version", "2025-09-03"));
    assert_eq!(operator.fallback_organizations, Some(vec![organization; 2]));
    assert!(!format!("{operator:?}").contains("marker"));
}

#[test]
fn a_blank_list_of_scopes_asks_for_none_and_gives_way_to_another_name() {
    let scopes = |variables: &[(&str, &str)]| value(read(variables).unwrap().apps["NOTION"].scopes.as_ref());
    assert_eq!(scopes(&[ID, SECRET]), None);
    assert_eq!(scopes(&[("NOTION_SCOPES", "")]), Some(vec![]));
    assert_eq!(scopes(&[("PATCHBAY_OAUTH_NOTION_SCOPES", "  ")]), Some(vec![]));
    let both = [("PATCHBAY_OAUTH_NOTION_SCOPES", ""), ("NOTION_OAUTH_SCOPES", "read")];
    assert_eq!(scopes(&both), Some(vec!["read".to_owned()]));
    let (variable, fault) = refusal(&[("PATCHBAY_OAUTH_X_SCOPES", "read \"all\"")]);
    assert!(
        variable == "PATCHBAY_OAUTH_X_SCOPES" && fault.contains("`\"all\"` cannot be a scope"),
        "{fault}"
    );
}

#[test]
fn a_value_that_cannot_be_used_is_told_with_the_name_it_came_by() {
    for (name, bad, told) in [
        ("NOTION_CLIENT_ID", "\"id\"", "takes no quotes"),
        ("NOTION_OAUTH_CLIENT_SECRET", "two marker", "has a space"),
        ("NOTION_TOKEN", "'ntn_marker'", "takes no quotes"),
        ("NOTION_VERSION", "latest", "write a date, for example 2026-03-11"),
        ("NOTION_VERSION", "2026/03/11", "write a date"),
        ("NOTION_VERSION", "2026-03-１", "write a date"),
        ("PATCHBAY_FALLBACK_TOKEN_ORGANIZATIONS", "acme", "`acme` is no id"),
        ("NOTION_TOKEN_URL", "auth.example.com/token", "no absolute http or https URL"),
        ("NOTION_TOKEN_URL", "https://u:marker@auth.example.com/", "no user name"),
        ("NOTION_AUTHORIZE_URL", "javascript:alert(1)", "no absolute http or https URL"),
        ("NOTION_AUTHORIZE_URL", "https://auth.example.com/#marker", "fragment"),
        ("NOTION_REDIRECT_URI", "/api/v1/oauth/callback/notion", "no absolute http or https URL"),
        ("NOTION_REDIRECT_URI", "https://x.example/a#marker", "fragment"),
        ("NOTION_REDIRECT_URI", "https://u@x.example/a", "no user name"),
        ("NOTION_REDIRECT_URI", "http://x.example/a", "it must be https"),
        ("NOTION_REDIRECT_URI", "http://localhost.example/a", "it must be https"),
    ] {
        let mut variables = vec![ID, SECRET];
        variables.retain(|(own, _)| !(own.ends_with("ID") && name.ends_with("ID")));
        variables.retain(|(own, _)| !(own.ends_with("SECRET") && name.ends_with("SECRET")));
        variables.push((name, bad));
        let (refused, fault) = refusal(&variables);
        assert_eq!(refused, name);
        assert!(fault.contains(told) && !fault.contains("marker"), "{name}={bad}: {fault}");
    }
    for good in
        ["http://127.0.0.9:1/a", "http://[::1]/a", "http://app.localhost/a", "https://x.example/a?b=c"]
    {
        assert!(read(&[("NOTION_REDIRECT_URI", good)]).is_ok(), "{good}");
    }
}

#[test]
fn a_secret_without_its_client_id_is_a_problem() {
    let (variable, fault) = refusal(&[("NOTION_CLIENT_SECRET", "marker")]);
    assert_eq!(variable, "PATCHBAY_OAUTH_NOTION_CLIENT_ID");
    assert_eq!(fault, "it must be set beside NOTION_CLIENT_SECRET");
    assert!(read(&[("NOTION_CLIENT_SECRET", "marker"), ("NOTION_OAUTH_CLIENT_ID", "id")]).is_ok());
}

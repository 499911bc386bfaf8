use serde_json::json;

use super::*;

fn render(text: &str, context: serde_json::Value) -> Result<String, TemplateError> {
    let mut templates = Templates::default();
    templates.compile(text).unwrap();
    templates.render(text, &Value::from(Serde(context)))
}

fn refused(text: &str) -> String {
    Templates::default().add(text, &["value", "record"]).unwrap_err()
}

#[test]
fn r69_nested_loops_are_refused_at_load_and_stopped_by_fuel() {
    let text =
        "{% for a in list %}{% for b in list %}{% for c in list %}{% endfor %}{% endfor %}{% endfor %}";
    assert!(refused(text).contains("no statements"));
    assert_eq!(render(text, json!({"list": vec![0; 1_000]})), Err(TemplateError::Limit("steps")));
}

#[test]
fn r69_multiplied_text_is_refused_at_load_and_stopped_by_the_output_limit() {
    assert!(refused("{{ 'a' * 100000000 }}").contains("`*` is not taken"));
    assert_eq!(
        render("{{ 'a' * times }}", json!({"times": 100_000_000})),
        Err(TemplateError::Limit("length"))
    );
    assert!(refused("{{ value ~ value }}").contains("`~` is not taken"));
}

#[test]
fn r69_chained_replacing_is_stopped_before_the_memory_is_used() {
    let ten = "|replace('a','aaaaaaaaaa')".repeat(9);
    let failed = render(&format!("{{{{ 'a'{ten} }}}}"), json!({}));
    assert!(matches!(failed, Err(TemplateError::Failed(_))), "{failed:?}");
}

#[test]
fn r69_a_missing_variable_is_an_error_and_never_an_empty_text() {
    let missing = |text, context| match render(text, context).unwrap_err() {
        TemplateError::Missing(what) => what,
        other => panic!("{other}"),
    };
    assert_eq!(missing("Bearer {{ token }}", json!({"other": "x"})), "`token`");
    assert_eq!(missing("{{ not record.isPrivate }}", json!({"record": {}})), "a value inside `record`");
    assert_eq!(missing("{{ record.meta.flag }}", json!({"record": {}})), "a value inside `record`");
    assert_eq!(missing("{{ value.split('/')[1] }}", json!({"value": "acme"})), "a value inside `value`");
}

#[test]
fn an_error_quotes_no_value() {
    let error = render("{{ token.nothing() }}", json!({"token": "marker-value"})).unwrap_err();
    assert!(!error.to_string().contains("marker"), "{error}");
    let error = render("{{ token - 1 }}", json!({"token": "marker-value"})).unwrap_err();
    assert!(!error.to_string().contains("marker"), "{error}");
}

#[test]
fn a_star_inside_quotes_or_outside_braces_is_text() {
    let text = "* {{ 'ok' if value != '*' and value != '\\'*' else none }} ~ { * }";
    Templates::default().add(text, &["value"]).unwrap();
    assert_eq!(render(text, json!({"value": "x"})).unwrap(), "* ok ~ { * }");
}

#[test]
fn unknown_names_and_filters_are_refused_at_load() {
    assert!(refused("{{ tokn }}").contains("`tokn` is not known here"));
    assert!(refused("{{ value | nosuch }}").contains("no filter `nosuch`"));
    assert!(refused("{{ 'a|upper' | upper|join('') }}").contains("no filter `join`"));
    assert!(refused("{{ value ").contains("not a usable template"));
    assert!(refused(&format!("{{{{ '{}' }}}}", "a".repeat(SOURCE_BYTES_MAX))).contains("at most"));
}

#[test]
fn scoping_expressions_give_parts_of_a_value() {
    let owner = "{{ value.split('/')[0] if '/' in value and value.split('/')[0] else none }}";
    assert_eq!(render(owner, json!({"value": "acme/site"})).unwrap(), "acme");
    assert_eq!(render(owner, json!({"value": "acme"})).unwrap(), "None");
}

#[test]
fn text_is_not_escaped_for_markup() {
    assert_eq!(render("{{ value }}.html", json!({"value": "<a&b>"})).unwrap(), "<a&b>.html");
}

#[test]
fn times_subtract_and_print() {
    let now = "2026-03-08T10:00:00Z".parse::<jiff::Timestamp>().unwrap().as_microsecond();
    let at = |text: &str| render(text, json!({"__now_us": now}));
    assert_eq!(at("{{ (now_utc() - duration('P7D')).strftime('%Y-%m-%d') }}").unwrap(), "2026-03-01");
    assert_eq!(
        at("{{ (now_utc() - duration('P1DT2H3M4S')).strftime('%Y-%m-%dT%H:%M:%SZ') }}").unwrap(),
        "2026-03-07T07:56:56Z"
    );
    assert_eq!(at("{{ max(now_utc(), 5).strftime('%Y%m%d') }}").unwrap(), "20260308");
    assert!(matches!(at("{{ duration('P1M') }}"), Err(TemplateError::Failed(_))));
    assert!(matches!(render("{{ now_utc() }}", json!({})), Err(TemplateError::Failed(_))));
}

//! Which fields of the records come back, and how long their texts may be.

use serde_json::{Value, json};
use testkit::{Bench, Fault, Organization, execute_path};

testkit::both!(
    selected_fields_come_alone,
    excluded_fields_stay_away_unless_selection_says_otherwise,
    only_lists_are_cut_and_only_when_asked,
);

async fn call(acme: &Organization, id: &str, extra: Value) -> Value {
    let mut body = json!({ "entity": "users", "action": "list" });
    for (key, value) in extra.as_object().expect("it is an object") {
        body[key] = value.clone();
    }
    acme.client.post(&execute_path(id)).json(body).expect(200).await["result"].clone()
}

/// The next list of users answers this one record.
async fn plant(bench: &Bench, id: &str, record: Value) {
    let page = json!({ "object": "list", "results": [record], "next_cursor": null, "has_more": false });
    bench.shared().upstream.fault(Fault::on("GET", "/v1/users").of(id).answers(200, &page)).await;
}

async fn selected_fields_come_alone(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    for user in call(&acme, &id, json!({ "select_fields": ["id", "name", "no.such.field"] }))
        .await
        .as_array()
        .expect("a list")
    {
        let keys: Vec<&String> = user.as_object().expect("a record").keys().collect();
        assert!(keys.iter().all(|key| ["id", "name"].contains(&key.as_str())), "{user}");
        assert!(user["id"].is_string(), "{user}");
    }
    plant(
        bench,
        &id,
        json!({ "id": "1", "a.b": 2, "a": { "b": 3, "c": { "d": 4, "e": 5 } }, "list": [{ "x": 1 }] }),
    )
    .await;
    let chosen = call(&acme, &id, json!({ "select_fields": ["a.b", "a.c.d", "list.x"] })).await;
    assert_eq!(
        chosen,
        json!([{ "a.b": 2, "a": { "c": { "d": 4 } } }]),
        "a key first, then a path through objects"
    );
}

async fn excluded_fields_stay_away_unless_selection_says_otherwise(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let record = json!({ "id": "1", "name": "n", "a": { "b": 3, "c": 4 } });
    plant(bench, &id, record.clone()).await;
    let rest = call(&acme, &id, json!({ "exclude_fields": ["name", "a.b", "unknown"] })).await;
    assert_eq!(rest, json!([{ "id": "1", "a": { "c": 4 } }]));
    plant(bench, &id, record).await;
    let chosen =
        call(&acme, &id, json!({ "select_fields": ["name"], "exclude_fields": ["name", "id"] })).await;
    assert_eq!(chosen, json!([{ "name": "n" }]));
}

async fn only_lists_are_cut_and_only_when_asked(bench: &Bench) {
    let acme = bench.organization().await;
    let id = acme.connect("globex").await;
    let long = "ö".repeat(300);
    let record = json!({ "id": "1", "deep": [{ "text": long }] });
    for (extra, cut) in [
        (json!({}), false),
        (json!({ "skip_truncation": true }), false),
        (json!({ "skip_truncation": false }), true),
    ] {
        plant(bench, &id, record.clone()).await;
        let answered = call(&acme, &id, extra).await;
        let text = answered[0]["deep"][0]["text"].as_str().expect("the text stays a text").to_owned();
        assert_eq!(text == long, !cut, "{text}");
        if cut {
            assert_eq!(text.chars().filter(|letter| *letter == 'ö').count(), 200);
            assert!(text.ends_with(']') && text.contains("get"), "the mark says what to do: {text}");
        }
    }
}

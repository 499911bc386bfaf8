//! What a newcomer sees first: `patchbay demo`, and `patchbay serve` on an empty store.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;
use testkit::{Bench, Options, eventually, run};

testkit::both!(the_first_start_hands_out_an_application_that_works_with_the_sandbox);

/// The walk itself takes a second or two.
const WALK_WAIT: Duration = Duration::from_secs(60);

async fn the_first_start_hands_out_an_application_that_works_with_the_sandbox(bench: &Bench) {
    let options = Options::default().argument("--sandbox").without("PATCHBAY_UPSTREAM_GATEWAY");
    let server = bench.start(&options).await;
    let printed = async |label: &str| {
        eventually("the first application is shown", WALK_WAIT, async || {
            let log = server.log();
            let line = log
                .lines()
                .find_map(|line| line.trim().strip_prefix(label).map(str::trim).map(str::to_owned));
            line.filter(|value| !value.is_empty())
        })
        .await
    };
    let (client_id, client_secret) = (printed("client id").await, printed("client secret").await);
    let token = testkit::token(&server.client(), &client_id, &client_secret).await;
    let client = server.client().with_bearer(&token);
    let body = json!({
        "workspace_name": "globex", "connector_type": "notion",
        "credentials": { "token": testkit::sandbox_token::ACME },
    });
    let made = client.post("/api/v1/integrations/connectors").json(body).expect(200).await;
    let call = json!({ "entity": "users", "action": "list" });
    let path = testkit::execute_path(&testkit::text(&made, "id"));
    assert_eq!(client.post(&path).json(call).expect(200).await["status"], "success");
    assert!(server.upstream.requests().await.is_empty(), "it went to the sandbox inside the program");
}

fn block_on(future: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be built").block_on(future);
}

/// On a port of its own, and where it keeps its temporary store.
fn environment(folder: &Path) -> Vec<(String, String)> {
    vec![
        ("PATCHBAY_BIND".to_owned(), "127.0.0.1:0".to_owned()),
        ("TMPDIR".to_owned(), folder.display().to_string()),
        ("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned()),
    ]
}

#[test]
fn the_walk_shows_each_step_as_a_curl_line_and_ends_with_0() {
    block_on(async {
        let folder = tempfile::tempdir().expect("the temporary directory is writable");
        let printed =
            run(env!("CARGO_BIN_EXE_patchbay"), &["demo", "--exit"], &environment(folder.path())).await;
        assert_eq!(printed.status.code(), Some(0), "{}\n{}", printed.stdout, printed.stderr);
        let shown = curl_lines(&printed.stdout).join("\n");
        for step in [
            "/applications/token",
            "\"connector_type\":\"notion\"",
            "\"entity\":\"users\",\"action\":\"list\"",
            "\"entity\":\"search\"",
            "\"entity\":\"pages\",\"action\":\"get\"",
            "\"start_cursor\"",
            "\"entity\":\"pages\",\"action\":\"create\"",
            "/executions",
        ] {
            assert!(squeezed(&shown).contains(step), "{step} is not in:\n{shown}");
        }
        let lists = squeezed(&shown).matches("\"entity\":\"blocks\",\"action\":\"list\"").count();
        assert!(lists >= 2, "blocks over two pages:\n{shown}");
        assert!(printed.stdout.contains("upstream_rejected"), "a refusal is shown:\n{}", printed.stdout);
        assert!(
            printed.stdout.contains("organization create") && printed.stdout.contains("application create")
        );
        let left = std::fs::read_dir(folder.path()).expect("it is readable").count();
        assert_eq!(left, 0, "the temporary store is removed");
    });
}

#[test]
fn every_line_it_shows_can_be_pasted() {
    block_on(async {
        let folder = tempfile::tempdir().expect("the temporary directory is writable");
        let output = folder.path().join("output");
        let _demo = Demo::start(folder.path(), &output);
        let text = eventually("the demo goes on serving", WALK_WAIT, async || {
            let text = std::fs::read_to_string(&output).unwrap_or_default();
            text.contains("Ctrl-C").then_some(text)
        })
        .await;
        let token =
            text.lines().find(|line| line.starts_with("TOKEN=")).expect("the reader is given a token");
        let lines = curl_lines(&text);
        assert!(lines.len() > 10, "{text}");
        for line in lines {
            let script = format!("{token}\n{line}");
            let pasted = Command::new("sh").args(["-c", &script]).output().expect("sh is there");
            let answer = String::from_utf8_lossy(&pasted.stdout).into_owned();
            assert!(pasted.status.success(), "curl is needed for these tests: {pasted:?}");
            let json: serde_json::Value =
                serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{line}\n{answer}"));
            let refused = json.get("request_id").is_some() && json["code"] != "upstream_rejected";
            assert!(!refused, "pasted, it is refused:\n{line}\n{answer}");
        }
    });
}

/// A demo that goes on serving; ended when dropped.
struct Demo(Child);

impl Demo {
    fn start(folder: &Path, output: &Path) -> Self {
        let output = File::create(output).expect("the temporary directory is writable");
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", env!("CARGO_BIN_EXE_patchbay"), "demo"]);
        command.env_clear().envs(environment(folder)).stdin(Stdio::null()).stdout(output);
        Self(command.spawn().expect("setpriv, of util-linux, is installed"))
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The lines that begin with `curl`, each with what a backslash or an open quote continues.
fn curl_lines(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        if open {
            let last = found.last_mut().expect("one was begun");
            last.push('\n');
            last.push_str(line);
        } else if line.starts_with("curl ") {
            found.push(line.to_owned());
        } else {
            continue;
        }
        let whole = found.last().expect("one was begun");
        open = line.ends_with('\\') || whole.replace("'\\''", "").matches('\'').count() % 2 == 1;
    }
    found
}

/// Without white space, so that a body spread over lines reads like one on one line.
fn squeezed(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

//! What was acknowledged is there after the process was killed.

use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::process::{Command, Stdio};

use store::Store;

use super::bed::{Bed, OPTIONS, Raw, customer};

/// The name of [`writes_until_it_is_killed`] for the test runner.
const VICTIM: &str = "conformance::durability::writes_until_it_is_killed";
const ROUNDS: usize = 5;
const ACKNOWLEDGED_MIN: usize = 30;
const WRITERS: usize = 4;

#[tokio::test]
async fn r89_kill_nine_loses_no_acknowledged_write() {
    let bed = Bed::sqlite().await;
    let a = bed.organization("a").await;
    for round in 0..ROUNDS {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args([VICTIM, "--exact", "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = victim.stdin.take().unwrap();
        writeln!(input, "{}\n{round}", bed.url).unwrap();
        let mut acknowledged = Vec::new();
        for line in BufReader::new(victim.stdout.take().unwrap()).lines() {
            // The runner writes the test's name before the first of them.
            if let Some((_, name)) = line.unwrap().split_once("kept ") {
                acknowledged.push(name.to_owned());
            }
            if acknowledged.len() == ACKNOWLEDGED_MIN {
                victim.kill().unwrap();
            }
        }
        victim.wait().unwrap();
        assert!(acknowledged.len() >= ACKNOWLEDGED_MIN, "the victim ended early");

        let Raw::Sqlite(raw) = &bed.raw else { panic!("opened on SQLite") };
        let (integrity,): (String,) = sqlx::query_as("PRAGMA integrity_check").fetch_one(raw).await.unwrap();
        assert_eq!(integrity, "ok");
        for name in acknowledged {
            assert!(bed.store.find_customer(&a.tenant(), &name).await.unwrap().is_some(), "lost {name}");
        }
    }
}

/// Says `kept <name>` after each write, for as long as it lives. Given nothing to do, it ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the claim above runs it in a process of its own"]
async fn writes_until_it_is_killed() {
    if std::io::stdin().is_terminal() {
        return;
    }
    let mut lines = std::io::stdin().lines();
    let (Some(Ok(url)), Some(Ok(round))) = (lines.next(), lines.next()) else { return };
    let store = Store::open(&url, OPTIONS).await.unwrap();
    let organization = store.organizations().await.unwrap().remove(0);
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let (store, organization, round) = (store.clone(), organization.clone(), round.clone());
        writers.spawn(async move {
            for number in 0_u64.. {
                let candidate = customer(&organization, &format!("{round}-{writer}-{number}"));
                store.ensure_customer(&organization.tenant(), &candidate).await.unwrap();
                println!("kept {}", candidate.name);
            }
        });
    }
    writers.join_all().await;
}

use super::*;

const RANDOM: &str = "ctw4msNIQYuTAaLhsMaHcrDoHLFqwQcs5P7J+kKh94s=";
const OTHER: &str = "alDlAWQR/aHr9EaYMb0N2aVkC9jPF9sLU8zS1J0dGlc=";

fn refusal(text: &str) -> KeyringError {
    Keyring::parse(text).expect_err("it should be refused")
}

fn encoded(bytes: [u8; 32]) -> String {
    format!("k1:{}", STANDARD.encode(bytes))
}

#[test]
fn the_first_key_is_active() {
    let keyring = Keyring::parse(&format!(" k2:{RANDOM}, k1:{OTHER} ")).unwrap();
    assert_eq!(keyring.active_id(), "k2");
    assert_eq!(keyring.ids().collect::<Vec<_>>(), ["k2", "k1"]);
    assert_eq!(keyring.find("k1").unwrap().bytes()[0], 0x6a);
    assert!(keyring.find("k3").is_none());
}

#[test]
fn both_base64_alphabets_are_read() {
    let url_safe = RANDOM.replace('+', "-").replace('/', "_");
    for key in [url_safe.as_str(), url_safe.trim_end_matches('='), RANDOM.trim_end_matches('=')] {
        let keyring = Keyring::parse(&format!("k1:{key}")).unwrap();
        assert_eq!(keyring.verify_key_check("k1", &key_check("k1", keyring.active().1)), KeyCheck::Match);
        assert_eq!(keyring.active().1.bytes()[31], 0x8b);
    }
}

#[test]
fn a_generated_keyring_reads_back() {
    let (keyring, text) = Keyring::generate("dev");
    #[expect(clippy::disallowed_methods, reason = "the test reads the text back")]
    let read = Keyring::parse(text.expose()).unwrap();
    assert_eq!(read.active_id(), "dev");
    assert_eq!(read.key_checks(), keyring.key_checks());
}

#[test]
fn malformed_lists_are_refused_by_position() {
    assert_eq!(refusal("  "), KeyringError::Empty);
    assert_eq!(refusal(RANDOM), KeyringError::NoColon { position: 1 });
    assert_eq!(refusal(&format!("k1:{RANDOM},")), KeyringError::NoColon { position: 2 });
    assert_eq!(refusal(&format!(" :{RANDOM}")), KeyringError::BlankId { position: 1 });
    assert_eq!(refusal(&format!("{RANDOM}:k1")), KeyringError::InvalidId { position: 1 });
    assert_eq!(refusal("k1:not base64!"), KeyringError::NotBase64 { id: "k1".to_owned() });
    let twice = refusal(&format!("k1:{RANDOM},k1:{OTHER}"));
    assert_eq!(twice, KeyringError::DuplicateId { id: "k1".to_owned() });
    let same = refusal(&format!("k1:{RANDOM},k2:{RANDOM}"));
    assert_eq!(same, KeyringError::SameKey { first: "k1".to_owned(), second: "k2".to_owned() });
}

#[test]
fn r45_short_and_long_keys_are_refused() {
    for length in [0, 1, 16, 31, 33, 64] {
        let bytes: Vec<u8> = OTHER.bytes().cycle().take(length).collect();
        let refused = refusal(&format!("k1:{}", STANDARD.encode(&bytes)));
        assert_eq!(refused, KeyringError::WrongLength { id: "k1".to_owned(), bytes: length });
    }
}

#[test]
fn r45_example_keys_are_refused() {
    let mut counting = [0; 32];
    let mut descending_in_random = STANDARD.decode(RANDOM).unwrap();
    for (index, byte) in (0_u8..).zip(&mut counting) {
        *byte = 0xf0_u8.wrapping_add(index);
    }
    for (index, byte) in (0_u8..8).zip(&mut descending_in_random[10..]) {
        *byte = 200 - index;
    }
    let halves: Vec<u8> = STANDARD.decode(RANDOM).unwrap()[..16].repeat(2);
    let mut few = [3; 32];
    few[..6].copy_from_slice(&[9, 80, 7, 200, 5, 41]);
    for example in [
        [0; 32],
        [0xff; 32],
        few,
        counting,
        descending_in_random.try_into().unwrap(),
        halves.try_into().unwrap(),
        *b"change-me-to-32-random-bytes-ok!",
    ] {
        assert_eq!(refusal(&encoded(example)), KeyringError::Example { id: "k1".to_owned() });
    }
    for _ in 0..1000 {
        assert!(Keyring::parse(&encoded(rand::random())).is_ok());
    }
}

#[test]
fn r47_no_refusal_shows_a_key() {
    let short = &RANDOM[..24];
    for text in [
        RANDOM.to_owned(),
        format!("{RANDOM}:k1"),
        format!(":{RANDOM}"),
        format!("k1:{short}"),
        format!("k1:{RANDOM}!"),
        format!("{}:k1", RANDOM.trim_end_matches('=').replace('+', "-")),
        format!("k1:{RANDOM},k2:{RANDOM}"),
    ] {
        let shown = format!("{0} {0:?}", refusal(&text));
        assert!(!shown.contains(&short[..8]), "{shown}");
    }
}

#[test]
fn r44_a_wrong_kek_fails_its_check() {
    let keyring = Keyring::parse(&format!("k1:{RANDOM}")).unwrap();
    let checks = keyring.key_checks();
    assert_eq!(keyring.verify_key_check("k1", &checks[0].1), KeyCheck::Match);
    let wrong = Keyring::parse(&format!("k1:{OTHER}")).unwrap();
    assert_eq!(wrong.verify_key_check("k1", &checks[0].1), KeyCheck::Mismatch);
    assert_eq!(wrong.verify_key_check("k1", &checks[0].1[..31]), KeyCheck::Mismatch);
    assert_eq!(wrong.verify_key_check("k1", &[]), KeyCheck::Mismatch);
    assert_eq!(wrong.verify_key_check("k0", &checks[0].1), KeyCheck::UnknownKey);
}

#[test]
fn r44_a_check_belongs_to_its_id() {
    let one = Keyring::parse(&format!("k1:{RANDOM}")).unwrap();
    let two = Keyring::parse(&format!("k2:{RANDOM}")).unwrap();
    assert_ne!(one.key_checks()[0].1, two.key_checks()[0].1);
}

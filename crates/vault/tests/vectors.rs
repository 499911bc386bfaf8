//! What is stored today opens for ever, and opens nowhere else: fixed keys and fixed bytes, every
//! way to alter or move them, and the round trip.
//!
//! The fixed bytes were made by an independent implementation of the layout in `envelope.rs`.

#![expect(clippy::disallowed_methods, reason = "the tests read back what they sealed")]
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use domain::OrganizationId;
use proptest::prelude::*;
use uuid::Uuid;
use vault::{DataKey, Keyring, Place, Vault, VaultError, WrappedKey, key_version_of};

const KEK: &str = "k1:ctw4msNIQYuTAaLhsMaHcrDoHLFqwQcs5P7J+kKh94s=";
const OTHER_KEK: &str = "k2:alDlAWQR/aHr9EaYMb0N2aVkC9jPF9sLU8zS1J0dGlc=";
const WRAPPED: &str = "020000000000000003efef6909cf076994bc80750b91ac79269b0524cdc55c80d986b11c1b7c4735060a49100afd0155ff1388d0a9b543dacd2dad95ef44f80c0684db8f952f0f6643caeed53282f18c8b4ec13bc4d045bf2ca8f1ce3ebad828dd52b2f2e6bab6b488ce71e6a6e460640560460ac48ab51557";
const SEALED: &str = "0100000000000000038a02edd856deec31b4639bf569926e335fa222f3be532f85936c6156d62e9f169ab1cf66f507cfec9d7b3d7f0cba5a539a0998af1ff2b632bb2b4cf70ece6cf614f8ffcc2b844a69d1fc976d1c09a358068439ae24adbb05456993958342c3b96b6a5c9defc4f8";
const PLAINTEXT: &[u8] = br#"{"token":"ntn_example"}"#;

const ORGANIZATION: Uuid = Uuid::from_u128(0x01890a5d_ac96_774b_bcce_b302099a8057);
const ROW: Uuid = Uuid::from_u128(0x01890a5d_ac96_774b_bcce_b302099a8058);

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn vault() -> Vault {
    Vault::new(Keyring::parse(KEK).unwrap())
}

fn organization() -> OrganizationId {
    OrganizationId::from_uuid(ORGANIZATION)
}

fn place() -> Place<'static> {
    Place { organization: organization(), row: ROW, field: "credential", row_version: 7 }
}

fn wrapped() -> WrappedKey {
    WrappedKey { kek_id: "k1".to_owned(), bytes: bytes(WRAPPED) }
}

fn data_key() -> DataKey {
    vault().unwrap(&wrapped(), organization(), 3).unwrap()
}

#[test]
fn fixed_bytes_open() {
    let sealed = bytes(SEALED);
    assert_eq!(key_version_of(&sealed), Ok(3));
    assert_eq!(data_key().version(), 3);
    assert_eq!(data_key().open(&place(), &sealed).unwrap().expose(), PLAINTEXT);
}

#[test]
fn r35_another_row_does_not_open() {
    let moved = Place { row: Uuid::from_u128(1), ..place() };
    assert_eq!(data_key().open(&moved, &bytes(SEALED)).unwrap_err(), VaultError::DoesNotOpen);
}

#[test]
fn r36_another_field_does_not_open() {
    for field in ["", "credentia", "credential2", "refresh_token"] {
        let moved = Place { field, ..place() };
        assert_eq!(data_key().open(&moved, &bytes(SEALED)).unwrap_err(), VaultError::DoesNotOpen);
    }
}

#[test]
fn r37_another_organization_does_not_open() {
    let other = OrganizationId::from_uuid(Uuid::from_u128(2));
    let moved = Place { organization: other, ..place() };
    assert_eq!(data_key().open(&moved, &bytes(SEALED)).unwrap_err(), VaultError::DoesNotOpen);
    assert_eq!(vault().unwrap(&wrapped(), other, 3).unwrap_err(), VaultError::DoesNotOpen);
}

#[test]
fn an_older_value_put_back_does_not_open() {
    for row_version in [6, 8, -7, i64::MAX] {
        let rolled_back = Place { row_version, ..place() };
        assert_eq!(data_key().open(&rolled_back, &bytes(SEALED)).unwrap_err(), VaultError::DoesNotOpen);
    }
}

#[test]
fn r38_any_flipped_bit_fails() {
    let (key, sealed) = (data_key(), bytes(SEALED));
    for bit in 0..sealed.len() * 8 {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(key.open(&place(), &flipped).is_err(), "bit {bit}");
    }
    let wrapped = wrapped();
    for bit in 0..wrapped.bytes.len() * 8 {
        let mut flipped = wrapped.clone();
        flipped.bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(vault().unwrap(&flipped, organization(), 3).is_err(), "bit {bit}");
    }
}

#[test]
fn r38_any_truncation_or_addition_fails() {
    let (key, mut sealed) = (data_key(), bytes(SEALED));
    for length in 0..sealed.len() {
        assert!(key.open(&place(), &sealed[..length]).is_err(), "{length} bytes");
        assert!(key.open(&place(), &sealed[length + 1..]).is_err(), "without {} bytes", length + 1);
        drop(key_version_of(&sealed[..length]));
    }
    sealed.push(0);
    assert!(key.open(&place(), &sealed).is_err());
    let wrapped = wrapped();
    for length in 0..wrapped.bytes.len() {
        let cut = WrappedKey { bytes: wrapped.bytes[..length].to_vec(), ..wrapped.clone() };
        assert!(vault().unwrap(&cut, organization(), 3).is_err(), "{length} bytes");
    }
}

#[test]
fn r40_another_key_does_not_open() {
    let (other, _) = vault().new_data_key(organization(), 3).unwrap();
    assert_eq!(other.open(&place(), &bytes(SEALED)).unwrap_err(), VaultError::DoesNotOpen);
}

#[test]
fn another_version_of_the_data_key_is_told() {
    let (newer, _) = vault().new_data_key(organization(), 4).unwrap();
    let refused = newer.open(&place(), &bytes(SEALED)).unwrap_err();
    assert_eq!(refused, VaultError::OtherKeyVersion { sealed: 3, given: 4 });
    let refused = vault().unwrap(&wrapped(), organization(), 4).unwrap_err();
    assert_eq!(refused, VaultError::OtherKeyVersion { sealed: 3, given: 4 });
}

#[test]
fn r44_a_data_key_unwraps_under_its_own_kek_only() {
    let other = Vault::new(Keyring::parse(OTHER_KEK).unwrap());
    let refused = other.unwrap(&wrapped(), organization(), 3).unwrap_err();
    assert_eq!(refused, VaultError::UnknownKek("k1".to_owned()));
    let relabelled = WrappedKey { kek_id: "k2".to_owned(), ..wrapped() };
    assert_eq!(other.unwrap(&relabelled, organization(), 3).unwrap_err(), VaultError::DoesNotOpen);
    // The same key under another id: the id is bound, so a label in the database cannot be changed.
    let renamed = Vault::new(Keyring::parse(&KEK.replace("k1", "k2")).unwrap());
    assert_eq!(renamed.unwrap(&relabelled, organization(), 3).unwrap_err(), VaultError::DoesNotOpen);
}

#[test]
fn rewrapping_changes_the_kek_and_not_the_data_key() {
    let rotated = Vault::new(Keyring::parse(&format!("{OTHER_KEK},{KEK}")).unwrap());
    assert_eq!(rotated.active_kek(), "k2");
    let rewrapped = rotated.rewrap(&wrapped(), organization(), 3).unwrap().unwrap();
    assert_eq!(rewrapped.kek_id, "k2");
    assert_eq!(rotated.rewrap(&rewrapped, organization(), 3), Ok(None));
    let only_new = Vault::new(Keyring::parse(OTHER_KEK).unwrap());
    let data_key = only_new.unwrap(&rewrapped, organization(), 3).unwrap();
    assert_eq!(data_key.open(&place(), &bytes(SEALED)).unwrap().expose(), PLAINTEXT);
}

#[test]
fn r46_without_the_wrapped_key_nothing_opens() {
    // The KEK alone, with the sealed value of a backup, gives no other way in.
    let (replacement, _) = vault().new_data_key(organization(), 3).unwrap();
    assert!(replacement.open(&place(), &bytes(SEALED)).is_err());
}

proptest! {
    #[test]
    fn what_is_sealed_opens_in_its_place_and_in_no_other(
        plaintext in prop::collection::vec(any::<u8>(), 0..2048),
        field in ".{0,24}",
        other_field in ".{0,24}",
        row in any::<u128>(),
        other_row in any::<u128>(),
        row_version in any::<i64>(),
        other_version in any::<i64>(),
    ) {
        let key = data_key();
        let place = Place { organization: organization(), row: Uuid::from_u128(row), field: &field, row_version };
        let sealed = key.seal(&place, &plaintext).unwrap();
        let opened = key.open(&place, &sealed).unwrap();
        prop_assert_eq!(opened.expose(), &plaintext);
        let same_field = Place { field: &other_field, ..place };
        prop_assert_eq!(key.open(&same_field, &sealed).is_ok(), field == other_field);
        let same_row = Place { row: Uuid::from_u128(other_row), ..place };
        prop_assert_eq!(key.open(&same_row, &sealed).is_ok(), row == other_row);
        let same_version = Place { row_version: other_version, ..place };
        prop_assert_eq!(key.open(&same_version, &sealed).is_ok(), row_version == other_version);
    }

    #[test]
    fn r38_no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..256), format in 0_u8..4) {
        let mut bytes = bytes;
        if let Some(first) = bytes.first_mut() {
            *first = format;
        }
        prop_assert!(data_key().open(&place(), &bytes).is_err());
        let wrapped = WrappedKey { kek_id: "k1".to_owned(), bytes };
        prop_assert!(vault().unwrap(&wrapped, organization(), 3).is_err());
    }
}

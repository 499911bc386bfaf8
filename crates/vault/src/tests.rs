//! The sealing direction of the vectors in `tests/vectors.rs`, where the salt must be chosen, and
//! that salts are never chosen twice.

use std::collections::HashSet;

use super::*;

const KEK: &str = "k1:ctw4msNIQYuTAaLhsMaHcrDoHLFqwQcs5P7J+kKh94s=";
const DATA_KEY: &str = "6a50e5016411fda1ebf4469831bd0dd9a5640bd8cf17db0b53ccd2d49d1d1a57";
const WRAP_SALT: &str = "efef6909cf076994bc80750b91ac79269b0524cdc55c80d986b11c1b7c473506";
const VALUE_SALT: &str = "8a02edd856deec31b4639bf569926e335fa222f3be532f85936c6156d62e9f16";
const WRAPPED: &str = "020000000000000003efef6909cf076994bc80750b91ac79269b0524cdc55c80d986b11c1b7c4735060a49100afd0155ff1388d0a9b543dacd2dad95ef44f80c0684db8f952f0f6643caeed53282f18c8b4ec13bc4d045bf2ca8f1ce3ebad828dd52b2f2e6bab6b488ce71e6a6e460640560460ac48ab51557";
const SEALED: &str = "0100000000000000038a02edd856deec31b4639bf569926e335fa222f3be532f85936c6156d62e9f169ab1cf66f507cfec9d7b3d7f0cba5a539a0998af1ff2b632bb2b4cf70ece6cf614f8ffcc2b844a69d1fc976d1c09a358068439ae24adbb05456993958342c3b96b6a5c9defc4f8";
const CHECK: &str = "35fca16d53037d7077d3f650eab9441fbc392e0cbe01adecd5a5a8cb54630178";

const ORGANIZATION: Uuid = Uuid::from_u128(0x01890a5d_ac96_774b_bcce_b302099a8057);
const ROW: Uuid = Uuid::from_u128(0x01890a5d_ac96_774b_bcce_b302099a8058);

fn place() -> Place<'static> {
    Place {
        organization: OrganizationId::from_uuid(ORGANIZATION),
        row: ROW,
        field: "credential",
        row_version: 7,
    }
}

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digit).collect::<Vec<_>>().try_into().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn fixed_keys_and_salts_give_fixed_bytes() {
    let data_key = DataKey::fixed(3, bytes(DATA_KEY));
    let sealed =
        data_key.seal_with_salt(&place(), br#"{"token":"ntn_example"}"#, &bytes(VALUE_SALT)).unwrap();
    assert_eq!(hex(&sealed), SEALED);

    let keyring = Keyring::parse(KEK).unwrap();
    let (kek_id, kek) = keyring.active();
    let wrapped = data_key.wrap(kek_id, kek, place().organization, bytes(WRAP_SALT)).unwrap();
    assert_eq!(hex(&wrapped.bytes), WRAPPED);
    assert_eq!(hex(&keyring.key_checks()[0].1), CHECK);
}

#[test]
fn r41_no_salt_repeats() {
    const SEALS: usize = 20_000;
    let vault = Vault::new(Keyring::parse(KEK).unwrap());
    let (data_key, _) = vault.new_data_key(place().organization, 1).unwrap();
    let mut salts = HashSet::with_capacity(SEALS);
    for _ in 0..SEALS {
        let sealed = data_key.seal(&place(), b"x").unwrap();
        assert!(salts.insert(*Envelope::parse(Format::Value, &sealed).unwrap().salt));
    }
}

#[test]
fn a_value_is_no_wrapped_key_and_a_wrapped_key_no_value() {
    let vault = Vault::new(Keyring::parse(KEK).unwrap());
    let (data_key, wrapped) = vault.new_data_key(place().organization, 1).unwrap();
    assert_eq!(key_version_of(&wrapped.bytes), Err(VaultError::Malformed));
    assert_eq!(data_key.open(&place(), &wrapped.bytes).unwrap_err(), VaultError::Malformed);
    let mut relabelled = wrapped.bytes;
    relabelled[0] = Format::Value.byte();
    assert_eq!(data_key.open(&place(), &relabelled).unwrap_err(), VaultError::DoesNotOpen);
}

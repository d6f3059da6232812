//! Holds the crate features that make our building blocks wipe themselves: without them this does not compile.

use static_assertions::assert_impl_all;
use zeroize::ZeroizeOnDrop;

assert_impl_all!(crate::derive::Key: ZeroizeOnDrop);
assert_impl_all!(secrecy::SecretString: ZeroizeOnDrop);
assert_impl_all!(secrecy::SecretSlice<u8>: ZeroizeOnDrop);
assert_impl_all!(zeroize::Zeroizing<Vec<u8>>: ZeroizeOnDrop);
assert_impl_all!(aes_gcm::Aes256Gcm: ZeroizeOnDrop);
// Inside `hkdf`: its HMAC is made of these.
assert_impl_all!(sha2::Sha256: ZeroizeOnDrop);
// Inside `fernet`.
assert_impl_all!(aes::Aes128: ZeroizeOnDrop);
assert_impl_all!(cbc::Encryptor<aes::Aes128>: ZeroizeOnDrop);
assert_impl_all!(cbc::Decryptor<aes::Aes128>: ZeroizeOnDrop);

// A `Fernet` wipes its two keys, by a `Drop` of its own.
#[test]
fn fernet_has_a_drop_of_its_own() {
    assert!(std::mem::needs_drop::<fernet::Fernet>());
}

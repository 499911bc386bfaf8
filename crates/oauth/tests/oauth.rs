//! The client side of OAuth against a provider that says what the test tells it to.
//!
//! Requests are compared as bytes on their way out, answers are the bytes that providers really send.

#![expect(clippy::unwrap_used, reason = "in a test, whatever goes wrong is its failure")]

mod oauth {
    mod any_answer;
    mod assertions;
    mod callback;
    mod consent;
    mod discovery;
    mod odd_answers;
    mod outcomes;
    mod requests;
    mod revocation;
    mod scripted;
    mod secrecy;
}

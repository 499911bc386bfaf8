//! What becomes of a grant after its consent: states, reconnecting, exporting, revoking, and what is
//! told of it.

mod canary;
mod events;
mod export;
mod fallback;
mod reconnect;
mod revoking;
mod states;

#[macro_use]
#[path = "../support/client.rs"]
mod client;

use auth_macros::authenticated_client;

/// As a runtime of another version is: without the module for this macro.
mod runtime {
    pub mod __private {
        pub mod v0_0 {}
    }
}

client! {
    #[authenticated_client(crate = crate::runtime)]
}

fn main() {}

//! The expansion of `#[authenticated_client]` as a plain library: tokens in, tokens out.
//!
//! A procedural macro crate can only be called by the compiler. The work is done here, so that build scripts and
//! tests can call it as well. Each stage is a file:
//!
//! | stage | file | is |
//! |---|---|---|
//! | arguments | `args` | what may stand in `#[authenticated_client(..)]`, as syntax |
//! | paths | `path` | `package.Service` and `package.Service/Method` |
//! | declarations | `declared` | what proto files say about methods, beside what a build script sets |
//! | source | `source` | a module taken apart into items, function bodies left as tokens |
//! | reading | `read` | tonic's module into the model: the one place that knows what tonic generates |
//! | conditions | `conditions` | the `#[cfg(..)]` of a part of the item, which hold for what is generated for it |
//! | rules | `validate` | every rule about arguments, with its message |
//! | bundles | `bundle` | a user's struct into the model, with the rules about it |
//! | refusals | `refusal` | what is said about items that the attribute cannot be used on |
//! | model | `model` | clients, methods, RPC kinds, bundles |
//! | writing | `expand` | the model into tokens |
//! | errors | `fallback` | the message beside the user's item, which stays as it was |

#![forbid(unsafe_code)]

mod args;
mod bundle;
mod conditions;
mod declared;
mod expand;
mod fallback;
mod generated;
mod model;
mod path;
mod read;
mod refusal;
mod settings;
mod source;
mod validate;

pub use declared::Declared;
pub use expand::authenticated_client;
pub use generated::{ExpandedClient, ExpandedMethod, expanded_clients};
pub use model::RpcKind;
pub use path::{PathError, RpcPath};
pub use read::SUPPORTED_TONIC;
pub use settings::{Settings, SettingsError};

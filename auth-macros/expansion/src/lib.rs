//! The expansion of `#[authenticated_client]` as a plain library: tokens in, tokens out.
//!
//! A procedural macro crate can only be called by the compiler. The work is done here, so that build scripts and
//! tests can call it as well. Each stage is a file:
//!
//! | stage | file | is |
//! |---|---|---|
//! | arguments | `args` | what may stand in `#[authenticated_client(..)]`, as syntax |
//! | paths | `path` | `package.Service` and `package.Service/Method` |
//! | source | `source` | a module taken apart into items, function bodies left as tokens |
//! | reading | `read` | tonic's module into the model: the one place that knows what tonic generates |
//! | rules | `validate` | every rule about arguments and items, with its message |
//! | model | `model` | clients, methods, RPC kinds, bundles |
//! | writing | `expand` | the model into tokens |
//! | errors | `fallback` | the message beside the user's item, which stays as it was |

#![forbid(unsafe_code)]

mod args;
mod expand;
mod fallback;
mod generated;
mod model;
mod path;
mod read;
mod settings;
mod source;
mod validate;

pub use expand::authenticated_client;
pub use generated::{Twin, TwinMethod, twins};
pub use model::RpcKind;
pub use path::{PathError, RpcPath};
pub use read::SUPPORTED_TONIC;
pub use settings::{Settings, SettingsError};

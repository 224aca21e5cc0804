//! What fuzz targets share: how their inputs are written, what runs them, and how it is told that a secret came out.

pub mod answer;
pub mod configuration_file;
pub mod folder;
pub mod runtime;
pub mod scripted;
pub mod secret;
pub mod settings;
pub mod stored;

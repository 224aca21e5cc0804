//! The program with which docs/migration.md starts. In a package of its own: `flyte_core` brings tonic 0.12 and Python.

pub mod before;

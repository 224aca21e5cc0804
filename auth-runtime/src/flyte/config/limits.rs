//! The numbers of reading a configuration, with their reasons.

/// The largest configuration file that is read: a mistaken path must not fill the memory.
pub(super) const MAX_CONFIG_BYTES: usize = 1024 * 1024;

/// The most sections and lists in one another that are read in a configuration file: each takes some of the stack, which
/// is soon used up by a file of dashes. Flyte's own have three.
pub(super) const MAX_CONFIG_NESTING: usize = 64;

//! The operating system's keyring.

#[cfg(not(any(target_vendor = "apple", target_os = "android", windows)))]
mod items;
#[cfg(any(target_vendor = "apple", target_os = "android", windows))]
mod native;
#[cfg(not(any(target_vendor = "apple", target_os = "android", windows)))]
mod secret_service;

#[cfg(any(target_vendor = "apple", target_os = "android", windows))]
pub(super) use self::native::SystemKeyring;
#[cfg(not(any(target_vendor = "apple", target_os = "android", windows)))]
pub(super) use self::secret_service::SystemKeyring;

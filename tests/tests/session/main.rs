//! What many calls share: when there is a login, who waits for it, and what becomes of one that fails.

mod breaker;
mod concurrency;
mod credentials;
mod expiry;
mod failures;
mod lazy_login;
mod own_calls;
mod property;
mod rejected_meanwhile;
mod runtimes;
mod waiting;

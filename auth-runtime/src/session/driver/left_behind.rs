//! What logouts have left in a store.

use crate::{Credentials, limits};

/// Credentials that are not used although they may be stored. Each once, and the newest ones alone: a program may log out
/// as often as it likes, and each logout names anew what it leaves.
#[derive(Default)]
pub(super) struct LeftBehind(Vec<Credentials>);

impl LeftBehind {
    pub(super) fn add(&mut self, left: impl IntoIterator<Item = Credentials>) {
        for left in left {
            self.0.retain(|known| !known.same_tokens(&left));
            self.0.push(left);
        }
        let beyond = self.0.len().saturating_sub(limits::LEFT_BEHIND);
        self.0.drain(..beyond);
    }

    pub(super) fn holds(&self, stored: &Credentials) -> bool {
        self.0.iter().any(|left| left.same_tokens(stored))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_with_neither_the_same_nor_ever_other_credentials_and_forgets_the_oldest() {
        let mut left = LeftBehind::default();
        let of_another_program = Credentials::new("of another program");
        for logout in 0..1000 {
            left.add([Credentials::new(format!("token {logout}")), of_another_program.clone()]);
        }
        assert_eq!(left.0.len(), limits::LEFT_BEHIND);
        assert!(left.holds(&of_another_program) && left.holds(&Credentials::new("token 999")));
        assert!(!left.holds(&Credentials::new("token 1")));
        for _ in 0..1000 {
            left.add([of_another_program.clone()]);
        }
        assert!(left.holds(&Credentials::new("token 999")), "what is left again takes no other's place");
    }
}

//! Listings, a page at a time.

use tonic::Status;

const DEFAULT_LIMIT: usize = 100;

/// The page of `items` that begins where `token` says, and the token for the one after it: empty if it was the last.
pub(super) fn page<T>(items: impl Iterator<Item = T>, limit: u32, token: &str) -> Result<(Vec<T>, String), Status> {
    let start: usize = match token {
        "" => 0,
        token => token.parse().map_err(|_| Status::invalid_argument("the token is not one of this server's"))?,
    };
    let limit = usize::try_from(limit).ok().filter(|limit| *limit > 0).unwrap_or(DEFAULT_LIMIT);
    let mut rest = items.skip(start);
    let page = rest.by_ref().take(limit).collect();
    let next = rest.next().map_or_else(String::new, |_| start.saturating_add(limit).to_string());
    Ok((page, next))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::page;

    #[test]
    fn pages_follow_one_another_and_end() {
        assert_eq!(page(0..5, 2, "").unwrap(), (vec![0, 1], "2".into()));
        assert_eq!(page(0..5, 2, "2").unwrap(), (vec![2, 3], "4".into()));
        assert_eq!(page(0..5, 2, "4").unwrap(), (vec![4], String::new()));
        assert!(page(0..5, 2, "x").is_err());
    }
}

//! Bodies that come compressed, though nobody asked for it.

use std::io::{self, Read as _};

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use http::{HeaderMap, header};

/// What a body is compressed with, of what can be read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
}

impl Coding {
    /// The only coding that the headers name. Of several, or of another one, the reader of the response says the name.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        match headers.get(header::CONTENT_ENCODING)?.to_str().ok()?.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "deflate" => Some(Self::Deflate),
            _ => None,
        }
    }

    /// Inflates at most `longest` bytes, and one more if there are more: a small body may hold gigabytes.
    ///
    /// # Errors
    ///
    /// If the body is not compressed so, or ends too early.
    pub(super) fn inflate(self, body: &[u8], longest: usize) -> io::Result<Vec<u8>> {
        let most = u64::try_from(longest).unwrap_or(u64::MAX).saturating_add(1);
        let mut inflated = Vec::new();
        match self {
            _ if body.is_empty() => 0,
            Self::Gzip => MultiGzDecoder::new(body).take(most).read_to_end(&mut inflated)?,
            Self::Deflate => ZlibDecoder::new(body).take(most).read_to_end(&mut inflated)?,
        };
        Ok(inflated)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzipped(body: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_is_longer_is_read_to_one_byte_beyond() {
        let compressed = gzipped(&[b' '; 100_000]);
        assert_eq!(Coding::Gzip.inflate(&compressed, 10).unwrap().len(), 11);
        assert_eq!(Coding::Gzip.inflate(&compressed, 100_000).unwrap().len(), 100_000);
    }

    #[test]
    fn what_is_cut_off_or_of_another_kind_is_an_error_and_nothing_is_nothing() {
        let compressed = gzipped(b"a token");
        assert!(Coding::Gzip.inflate(&compressed[..compressed.len() - 4], 100).is_err());
        assert!(Coding::Gzip.inflate(b"a token", 100).is_err());
        assert!(Coding::Deflate.inflate(&compressed, 100).is_err());
        assert_eq!(Coding::Gzip.inflate(b"", 100).unwrap(), b"");
    }

    #[test]
    fn one_coding_is_known_by_its_name() {
        let of = |name: &'static str| {
            Coding::of(&HeaderMap::from_iter([(header::CONTENT_ENCODING, http::HeaderValue::from_static(name))]))
        };
        assert_eq!((of("GZIP"), of("deflate")), (Some(Coding::Gzip), Some(Coding::Deflate)));
        assert_eq!((of("br"), of("gzip, gzip"), Coding::of(&HeaderMap::new())), (None, None, None));
    }
}

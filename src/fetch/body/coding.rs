//! Content codings (RFC 9110 §8.4.1). The bytes decide, and the label only where they do not: servers call plain text
//! gzip, gzip `x-gzip` or nothing, and put the name of a charset into Content-Encoding.

use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// What we can unpack.
pub(in crate::fetch) const ACCEPTED: &str = "gzip, deflate";

/// Servers that compress what is compressed do so twice.
const MOST_LAYERS: usize = 3;

/// A body as it was meant.
#[derive(Debug)]
pub(in crate::fetch) struct Unpacked {
    pub(in crate::fetch) bytes: Vec<u8>,
    /// What was packed ends too early, or with something else.
    pub(in crate::fetch) flaw: Option<&'static str>,
}

/// Why there is none.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::fetch) enum Failure {
    /// It would be larger than the limit.
    TooLarge,
    /// No memory for it.
    Memory,
    /// A coding that nobody asked for.
    Unknown,
}

/// Unpacks a body with this label; `limit` is that of the unpacked bytes.
pub(in crate::fetch) fn unpack(bytes: Vec<u8>, label: &str, limit: u64) -> Result<Unpacked, Failure> {
    let labels: Vec<String> = label.split(',').map(|label| label.trim().to_ascii_lowercase()).collect();
    let mut unpacked = Unpacked { bytes, flaw: None };
    let mut is_deflated = labels.iter().any(|label| label == "deflate" || label == "x-deflate");
    for _ in 0..MOST_LAYERS {
        let packed = &unpacked.bytes[..];
        let (bytes, is_broken) = match packed {
            // RFC 1952 §2.3.1; and §2.2: a file may have several members.
            [0x1f, 0x8b, ..] => read(MultiGzDecoder::new(packed), limit)?,
            // RFC 9110 §8.4.1.2 means zlib by it; some servers send the bare stream.
            _ if is_deflated && !is_text(packed) => {
                is_deflated = false;
                match read(ZlibDecoder::new(packed), limit)? {
                    (bytes, _) if bytes.is_empty() => read(DeflateDecoder::new(packed), limit)?,
                    read => read,
                }
            }
            _ => break,
        };
        let flaw = is_broken.then_some("what was packed has a bad end");
        unpacked = Unpacked { bytes, flaw: unpacked.flaw.or(flaw) };
    }
    const PACKED: [&str; 8] = ["br", "zstd", "compress", "x-compress", "dcb", "dcz", "bzip2", "lzma"];
    let is_packed = labels.iter().any(|label| PACKED.contains(&label.as_str()));
    if is_packed && !is_text(&unpacked.bytes) { Err(Failure::Unknown) } else { Ok(unpacked) }
}

/// Whether [`unpack`] would change the body.
pub(in crate::fetch) fn is_packed(bytes: &[u8], label: &str) -> bool {
    bytes.starts_with(&[0x1f, 0x8b]) || label.to_ascii_lowercase().contains("deflate") && !is_text(bytes)
}

/// Whether the part of a gzipped body that has come unpacks to more than `limit`; nothing of it is kept.
pub(in crate::fetch) fn exceeds(packed: &[u8], limit: u64) -> bool {
    if !packed.starts_with(&[0x1f, 0x8b]) {
        return false;
    }
    let mut unpacked = MultiGzDecoder::new(packed).take(limit.saturating_add(1));
    // An error is the end of what has come.
    let _ = std::io::copy(&mut unpacked, &mut std::io::sink());
    unpacked.limit() == 0
}

/// Whether it begins as a document does, after a mark of its encoding and white space.
fn is_text(bytes: &[u8]) -> bool {
    let blank = |byte: &&u8| byte.is_ascii_whitespace() || matches!(byte, 0 | 0xef | 0xbb | 0xbf | 0xfe | 0xff);
    bytes.iter().find(|byte| !blank(byte)).is_none_or(|byte| matches!(byte, b'<' | b'{' | b'['))
}

/// All that can be read, and whether it ended badly.
fn read(mut packed: impl Read, limit: u64) -> Result<(Vec<u8>, bool), Failure> {
    let mut bytes = Vec::new();
    let mut piece = vec![0; 32 * 1024];
    loop {
        match packed.read(&mut piece) {
            Ok(0) => return Ok((bytes, false)),
            Ok(read) if (bytes.len() + read) as u64 > limit => return Err(Failure::TooLarge),
            Ok(read) => {
                bytes.try_reserve(read).map_err(|_| Failure::Memory)?;
                bytes.extend_from_slice(&piece[..read]);
            }
            Err(_) => return Ok((bytes, true)),
        }
    }
}

/// Whether a document is whole although its answer ended badly: the end of its root element has come, or of its object.
pub(in crate::fetch) fn ends_whole(bytes: &[u8]) -> bool {
    const TAIL: usize = 2_048;
    let tail: Vec<u8> = bytes[bytes.len().saturating_sub(TAIL)..].iter().copied().filter(|byte| *byte != 0).collect();
    let tail = String::from_utf8_lossy(&tail).to_ascii_lowercase();
    let mut rest = tail.trim_end();
    // A cache says when it was made.
    while let Some(open) = rest.strip_suffix("-->").and_then(|rest| rest.rfind("<!--")) {
        rest = rest[..open].trim_end();
    }
    let is_json = || bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{') && rest.ends_with('}');
    let root = rest.strip_suffix('>').and_then(|rest| rest.rsplit_once("</")).map(|(_, name)| name.trim());
    root.is_some_and(|name| matches!(name.rsplit(':').next(), Some("rss" | "feed" | "rdf"))) || is_json()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const DOCUMENT: &[u8] = b"<rss><channel><title>Parish news</title></channel></rss>";

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut packer = ZlibEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut packer = DeflateEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn the_bytes_decide_and_the_label_only_where_they_do_not() {
        let members = [gzip(&DOCUMENT[..20]), gzip(&DOCUMENT[20..])].concat();
        for (label, packed) in [
            ("gzip", gzip(DOCUMENT)),
            ("GZIP", gzip(DOCUMENT)),
            ("x-gzip", gzip(DOCUMENT)),
            ("", gzip(DOCUMENT)),
            ("gzip, gzip", gzip(&gzip(DOCUMENT))),
            ("gzip", gzip(&gzip(DOCUMENT))),
            ("gzip", members),
            ("gzip", DOCUMENT.to_vec()),
            ("utf-8", DOCUMENT.to_vec()),
            ("none", DOCUMENT.to_vec()),
            ("binary", DOCUMENT.to_vec()),
            ("br", DOCUMENT.to_vec()),
            ("deflate", zlib(DOCUMENT)),
            ("deflate", deflate(DOCUMENT)),
            ("deflate", DOCUMENT.to_vec()),
        ] {
            let unpacked = unpack(packed, label, 1_000).unwrap();
            assert_eq!((&unpacked.bytes[..], unpacked.flaw), (DOCUMENT, None), "{label}");
        }
        assert_eq!(unpack(vec![0x8b, 0x1b, 0x80], "br", 1_000).unwrap_err(), Failure::Unknown);
    }

    #[test]
    fn what_ends_badly_is_read_as_far_as_it_goes_and_what_is_too_large_is_not() {
        let cut = gzip(DOCUMENT);
        let unpacked = unpack(cut[..cut.len() - 6].to_vec(), "gzip", 1_000).unwrap();
        assert_eq!((&unpacked.bytes[..], unpacked.flaw.is_some()), (DOCUMENT, true));
        assert_eq!(unpack(gzip(&[b' '; 5_000]), "gzip", 1_000).unwrap_err(), Failure::TooLarge);
    }

    #[test]
    fn a_document_is_whole_when_its_root_has_ended() {
        let wide: Vec<u8> = "<rss></rss>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for whole in [
            &b"<rss></rss>"[..],
            b"<feed></feed >\n",
            b"<r></rdf:RDF>",
            b"<rss></RSS>\n<!-- made at 10:00 --> ",
            b"{\"items\":[]}\n",
            &wide,
        ] {
            assert!(ends_whole(whole), "{}", String::from_utf8_lossy(whole));
        }
        for cut in [&b"<rss></channel>"[..], b"<rss><item></item>", b"", b"{\"items\":[", b"<rss></rs"] {
            assert!(!ends_whole(cut));
        }
    }
}

//! An organisation's logo at the top of a digest: which pictures email programs show, and how large it is shown.

use std::fmt;

/// The largest file, in bytes: every email carries it.
pub const MAX_BYTES: usize = 40 * 1024;

/// The fewest pixels in height: a smaller picture would look like a tracking pixel.
const LEAST_HEIGHT: u32 = 20;

/// The most pixels, several times as many as are shown.
const MOST_WIDTH: u32 = 1200;
const MOST_HEIGHT: u32 = 600;

/// How large it is shown at most, in CSS pixels.
const SHOWN: (u32, u32) = (240, 40);

/// A picture that every email program shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Portable Network Graphics.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF.
    Gif,
}

impl Format {
    /// The media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
        }
    }
}

/// A picture that was checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Logo {
    /// From its first bytes; the file's name does not matter.
    pub format: Format,
    /// The width at which it is shown, in CSS pixels.
    pub width: u32,
    /// The height at which it is shown, in CSS pixels.
    pub height: u32,
    /// The file.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Logo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Logo({:?}, {} × {}, {} bytes)", self.format, self.width, self.height, self.bytes.len())
    }
}

/// Why a file cannot be the logo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// More than [`MAX_BYTES`].
    #[error("has {0} bytes; the limit is {MAX_BYTES}, because every email carries it")]
    Large(usize),
    /// Another picture, by its name.
    #[error("is {0}, which many email programs do not show")]
    OtherFormat(&'static str),
    /// No picture.
    #[error("is not a PNG, JPEG or GIF picture")]
    NoPicture,
    /// Its size in pixels cannot be read, or its end is missing.
    #[error("is damaged or cut short")]
    Damaged,
    /// Too many or too few pixels: width and height.
    #[error("is {0} × {1} pixels; it must be at least {LEAST_HEIGHT} high and at most {MOST_WIDTH} × {MOST_HEIGHT}")]
    Pixels(u32, u32),
}

impl Unusable {
    /// The next step.
    #[must_use]
    pub fn next(&self) -> &'static str {
        match self {
            Self::Large(_) | Self::Pixels(..) => "save it as a PNG of 80 pixels in height: it is shown at half of that",
            Self::OtherFormat(_) | Self::NoPicture => "export it as PNG, 80 pixels high",
            Self::Damaged => "open it in an image editor and save it again",
        }
    }
}

impl Logo {
    /// Checks a file's content.
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn parse(bytes: Vec<u8>) -> Result<Self, Unusable> {
        let format = format(&bytes)?;
        if bytes.len() > MAX_BYTES {
            return Err(Unusable::Large(bytes.len()));
        }
        let (width, height) = match format {
            Format::Png => png(&bytes),
            Format::Jpeg => jpeg(&bytes),
            Format::Gif => gif(&bytes),
        }
        .ok_or(Unusable::Damaged)?;
        if height < LEAST_HEIGHT || width == 0 || width > MOST_WIDTH || height > MOST_HEIGHT {
            return Err(Unusable::Pixels(width, height));
        }
        let (width, height) = shown(width, height);
        Ok(Self { format, width, height, bytes })
    }
}

/// The largest size within [`SHOWN`] that keeps the proportions and enlarges nothing.
fn shown(width: u32, height: u32) -> (u32, u32) {
    let (mut shown_width, mut shown_height) = (width, height);
    if shown_height > SHOWN.1 {
        (shown_width, shown_height) = ((width * SHOWN.1 / height).max(1), SHOWN.1);
    }
    if shown_width > SHOWN.0 {
        (shown_width, shown_height) = (SHOWN.0, (height * SHOWN.0 / width).max(1));
    }
    (shown_width, shown_height)
}

fn format(bytes: &[u8]) -> Result<Format, Unusable> {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(512)]).to_lowercase();
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Ok(Format::Png),
        [0xff, 0xd8, 0xff, ..] => Ok(Format::Jpeg),
        [b'G', b'I', b'F', b'8', ..] => Ok(Format::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => {
            Err(Unusable::OtherFormat("a WebP picture"))
        }
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Err(Unusable::OtherFormat("an AVIF or HEIC picture")),
        [b'%', b'P', b'D', b'F', ..] => Err(Unusable::OtherFormat("a PDF")),
        _ if start.contains("<svg") => Err(Unusable::OtherFormat("an SVG picture")),
        _ => Err(Unusable::NoPicture),
    }
}

/// The size in the header chunk, if the end chunk is there too (PNG specification §11.2).
fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    let is_whole = bytes.get(12..16)? == b"IHDR" && bytes.windows(4).any(|chunk| chunk == b"IEND");
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    is_whole.then_some((number(16)?, number(20)?))
}

/// The size of the logical screen (GIF89a §18), if the trailer is there.
fn gif(bytes: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| Some(u32::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    (bytes.last() == Some(&0x3b)).then_some((number(6)?, number(8)?))
}

/// The size in the frame header, whichever of the coding processes it is for (ITU-T T.81 §B.2.2), if the end is there.
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| Some(u32::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    let is_whole = bytes.windows(2).any(|marker| marker == [0xff, 0xd9]);
    let mut at = 2;
    loop {
        match (bytes.get(at)?, bytes.get(at + 1)?) {
            // A filler, and markers without a segment.
            (0xff, 0xff) => at += 1,
            (0xff, 0x01 | 0xd0..=0xd8) => at += 2,
            (0xff, 0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf) => {
                return is_whole.then_some((number(at + 7)?, number(at + 5)?));
            }
            (0xff, 0xd9 | 0xda) => return None,
            (0xff, _) => at += 2 + number(at + 2)? as usize,
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png_of(width: u32, height: u32) -> Vec<u8> {
        let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
        [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &size, b"\x08\x06\0\0\0....\0\0\0\0IEND...."].concat()
    }

    fn jpeg_of(width: u16, height: u16) -> Vec<u8> {
        let (height, width) = (height.to_be_bytes(), width.to_be_bytes());
        let app = b"\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0";
        [b"\xff\xd8".as_slice(), app, b"\xff\xff\xc2\0\x11\x08", &height, &width, b"\x03......\xff\xda..\xff\xd9"]
            .concat()
    }

    fn gif_of(width: u16, height: u16) -> Vec<u8> {
        [b"GIF89a".as_slice(), &width.to_le_bytes(), &height.to_le_bytes(), b"\0\0\0...;"].concat()
    }

    #[test]
    fn the_three_formats_are_read_and_shown_at_most_forty_pixels_high() {
        let read = |bytes| Logo::parse(bytes).map(|logo| (logo.format.media_type(), logo.width, logo.height));
        assert_eq!(read(png_of(320, 80)), Ok(("image/png", 160, 40)));
        assert_eq!(read(jpeg_of(1200, 120)), Ok(("image/jpeg", 240, 24)));
        assert_eq!(read(gif_of(60, 30)), Ok(("image/gif", 60, 30)), "nothing is enlarged");
    }

    #[test]
    fn what_email_programs_do_not_show_is_refused_by_name() {
        for (bytes, expected) in [
            (b"<?xml version=\"1.0\"?>\n<SVG viewBox=\"0 0 1 1\"/>".to_vec(), Unusable::OtherFormat("an SVG picture")),
            (b"RIFF....WEBPVP8 ".to_vec(), Unusable::OtherFormat("a WebP picture")),
            (b"\0\0\0\x1cftypavif".to_vec(), Unusable::OtherFormat("an AVIF or HEIC picture")),
            (b"%PDF-1.7".to_vec(), Unusable::OtherFormat("a PDF")),
            (b"our logo".to_vec(), Unusable::NoPicture),
            (Vec::new(), Unusable::NoPicture),
        ] {
            assert_eq!(Logo::parse(bytes), Err(expected));
        }
    }

    #[test]
    fn a_file_that_is_too_large_too_small_or_cut_short_is_refused() {
        let mut heavy = png_of(320, 80);
        heavy.resize(MAX_BYTES + 1, 0);
        assert_eq!(Logo::parse(heavy), Err(Unusable::Large(MAX_BYTES + 1)));
        for (width, height) in [(1, 1), (320, 19), (0, 80), (1201, 80), (80, 601), (u32::MAX, u32::MAX)] {
            assert_eq!(Logo::parse(png_of(width, height)), Err(Unusable::Pixels(width, height)));
        }
        for whole in [png_of(320, 80), jpeg_of(320, 80), gif_of(320, 80)] {
            for end in 8..whole.len() - 8 {
                assert_eq!(Logo::parse(whole[..end].to_vec()), Err(Unusable::Damaged), "{end}");
            }
        }
    }
}

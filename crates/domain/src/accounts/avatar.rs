//! Pictures of people: the part of a photo to show, and initials where there is none.

use serde::{Deserialize, Serialize};

use crate::{forms::name::DisplayName, ids::UserId};

/// Every avatar exists in these widths, in pixels.
pub const SIZES: [u32; 3] = [512, 192, 64];
pub const MAX_BYTES: usize = 12 * 1024 * 1024;
pub const MAX_PIXELS: u64 = 50_000_000;

/// The square to show, in pixels of the picture as a person sees it (turned upright).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Crop {
    pub x: f64,
    pub y: f64,
    pub side: f64,
}

impl Crop {
    /// The largest square around the middle.
    #[must_use]
    pub fn centred(width: u32, height: u32) -> Self {
        let side = f64::from(width.min(height));
        Self {
            x: (f64::from(width) - side) / 2.0,
            y: (f64::from(height) - side) / 2.0,
            side,
        }
    }

    /// The same square moved and shrunk until it lies inside; nonsense becomes the middle.
    #[must_use]
    pub fn within(self, width: u32, height: u32) -> Self {
        let (w, h) = (f64::from(width), f64::from(height));
        if ![self.x, self.y, self.side].iter().all(|v| v.is_finite()) || self.side < 1.0 {
            return Self::centred(width, height);
        }
        let side = self.side.min(w).min(h);
        Self {
            x: self.x.clamp(0.0, w - side),
            y: self.y.clamp(0.0, h - side),
            side,
        }
    }
}

/// The stand-in for a missing avatar: one or two letters on a colour of one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Initials {
    letters: String,
    hue: u16,
}

impl Initials {
    #[must_use]
    pub fn new(name: &DisplayName, user: UserId) -> Self {
        let words: Vec<&str> = name.as_str().split(' ').collect();
        let first = words.first().and_then(|word| initial(word));
        let last = (words.len() > 1)
            .then(|| words.last().and_then(|word| initial(word)))
            .flatten();
        let letters: String = [first, last].into_iter().flatten().collect();
        // FNV-1a over the id: the colour stays when the name changes. 24 hues, so that two
        // neighbours can be told apart.
        let hash = user
            .as_uuid()
            .as_bytes()
            .iter()
            .fold(0x811c_9dc5_u32, |hash, byte| {
                (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
            });
        Self {
            letters,
            hue: u16::try_from(hash % 24).unwrap_or(0) * 15,
        }
    }

    #[must_use]
    pub fn letters(&self) -> &str {
        &self.letters
    }

    /// The hue of the background, in degrees.
    #[must_use]
    pub const fn hue(&self) -> u16 {
        self.hue
    }

    /// A whole SVG file. White on a lightness of 35 % has a contrast above 4.5 in every hue
    /// but yellow-green, which is darkened further.
    #[must_use]
    pub fn svg(&self) -> String {
        let lightness = if (45..=195).contains(&self.hue) {
            26
        } else {
            38
        };
        let letters = escape(&self.letters);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64 64\" role=\"img\">\
             <rect width=\"64\" height=\"64\" fill=\"hsl({} 55% {lightness}%)\"/>\
             <text x=\"32\" y=\"32\" dy=\".35em\" text-anchor=\"middle\" fill=\"#fff\" \
             font-family=\"Inter,system-ui,sans-serif\" font-size=\"{}\" font-weight=\"600\">\
             {letters}</text></svg>",
            self.hue,
            if self.letters.chars().count() > 1 {
                26
            } else {
                32
            },
        )
    }
}

/// The first letter or digit of a word, upper case, if that is one character.
fn initial(word: &str) -> Option<char> {
    let first = word.chars().find(|c| c.is_alphanumeric())?;
    let mut upper = first.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => Some(one),
        _ => Some(first),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn initials(name: &str) -> Initials {
        Initials::new(
            &DisplayName::parse(name).unwrap(),
            UserId::from_uuid(Uuid::nil()),
        )
    }

    #[test]
    fn takes_the_first_letters_of_first_and_last_name() {
        for (name, letters) in [
            ("Ada", "A"),
            ("ada king lovelace", "AL"),
            ("леся українка", "ЛУ"),
            ("黒澤 明", "黒明"),
            ("«Олесь» Гончар", "ОГ"),
            ("ßigma fin", "ßF"),
            ("🎬🎬", ""),
            ("<b> &c", "BC"),
        ] {
            assert_eq!(initials(name).letters(), letters, "{name}");
        }
    }

    #[test]
    fn the_colour_belongs_to_the_person() {
        let name = DisplayName::parse("Ada").unwrap();
        let hues: std::collections::HashSet<u16> = (0..200)
            .map(|n| Initials::new(&name, UserId::from_uuid(Uuid::from_u128(n))).hue())
            .collect();
        assert_eq!(hues.len(), 24);
        assert!(initials("Ada").svg().starts_with("<svg "));
        assert_eq!(initials("Ada").hue(), initials("Eve").hue());
    }

    #[test]
    fn every_colour_can_be_read() {
        for hue in (0..360).step_by(15) {
            let svg = Initials {
                letters: "A".into(),
                hue,
            }
            .svg();
            let lightness: f64 = svg.split("55% ").nth(1).unwrap()[..2].parse().unwrap();
            let (s, l, h) = (0.55, lightness / 100.0, f64::from(hue));
            let channel = |n: f64| {
                let k = (n + h / 30.0) % 12.0;
                let c = l - s * f64::min(l, 1.0 - l) * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0);
                if c <= 0.04045 {
                    c / 12.92
                } else {
                    ((c + 0.055) / 1.055).powf(2.4)
                }
            };
            let luminance = 0.2126 * channel(0.0) + 0.7152 * channel(8.0) + 0.0722 * channel(4.0);
            let contrast = 1.05 / (luminance + 0.05);
            assert!(contrast >= 4.5, "hue {hue}: {contrast:.2}");
        }
    }

    #[test]
    fn a_crop_never_leaves_the_picture() {
        for crop in [
            Crop {
                x: -50.0,
                y: 20.0,
                side: 3000.0,
            },
            Crop {
                x: f64::NAN,
                y: 0.0,
                side: 5.0,
            },
            Crop {
                x: 1e300,
                y: 1e300,
                side: f64::INFINITY,
            },
            Crop {
                x: 0.0,
                y: 0.0,
                side: 0.0,
            },
            Crop {
                x: 99.0,
                y: 49.0,
                side: 20.0,
            },
        ] {
            let c = crop.within(100, 50);
            assert!(c.x >= 0.0 && c.y >= 0.0 && c.side >= 1.0, "{c:?}");
            assert!(c.x + c.side <= 100.0 && c.y + c.side <= 50.0, "{c:?}");
        }
        assert_eq!(
            Crop::centred(100, 50),
            Crop {
                x: 25.0,
                y: 0.0,
                side: 50.0
            }
        );
    }
}

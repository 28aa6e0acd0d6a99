//! What a browser says about itself, as far as its owner needs it to know one from another.
//!
//! Browsers lie in their names for the sake of old pages, each naming those before it: the
//! order of the lists is what tells them apart. Who is in no list is unknown, not guessed.

/// The parts of a name in a user agent, and what people call it. The first match counts.
const PROGRAMS: &[(&str, &str)] = &[
    ("YaBrowser/", "Yandex Browser"),
    ("Vivaldi/", "Vivaldi"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("EdgiOS/", "Edge"),
    ("EdgA/", "Edge"),
    ("Edg/", "Edge"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
];

const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
    ("FreeBSD", "FreeBSD"),
];

/// A device in a list of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Device {
    pub program: Option<&'static str>,
    pub system: Option<&'static str>,
}

impl Device {
    #[must_use]
    pub fn of(agent: &str) -> Self {
        let find = |list: &[(&str, &'static str)]| {
            list.iter()
                .find(|(part, _)| agent.contains(part))
                .map(|(_, name)| *name)
        };
        Self {
            program: find(PROGRAMS),
            system: find(SYSTEMS),
        }
    }

    /// Both names, or the one there is.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        match (self.program, self.system) {
            (Some(program), Some(system)) => Some(format!("{program} · {system}")),
            (one, other) => one.or(other).map(str::to_owned),
        }
    }

    /// Whether it is held in a hand.
    #[must_use]
    pub fn is_handheld(&self) -> bool {
        matches!(self.system, Some("iPhone" | "iPad" | "Android"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_browsers_apart_that_name_each_other() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
                Some("Chrome · Linux"),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
                Some("Edge · Windows"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
                Some("Chrome · Android"),
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
                Some("Safari · macOS"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0 Mobile/15E148 Safari/604.1",
                Some("Chrome · iPhone"),
            ),
            (
                "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
                Some("Firefox · Linux"),
            ),
            ("curl/8.5.0", Some("curl")),
            ("something else", None),
            ("", None),
        ] {
            assert_eq!(Device::of(agent).name().as_deref(), name, "{agent}");
        }
        assert!(Device::of("Android").is_handheld() && !Device::of("Windows").is_handheld());
    }
}

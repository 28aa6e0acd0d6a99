//! A line of FFmpeg's decoded subtitles (Advanced SubStation Alpha) as text of WebVTT: italic, bold
//! and underlined stay, all other marks go, and what WebVTT would take for its own is escaped.

/// Fields before the text: order, layer, style, name, three margins, effect.
const FIELDS: usize = 8;

pub(super) fn to_vtt(line: &str) -> String {
    let text = line.splitn(FIELDS + 1, ',').nth(FIELDS).unwrap_or(line);
    let mut out = Out::default();
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '{' => {
                let marks: String = rest.by_ref().take_while(|letter| *letter != '}').collect();
                out.marks(&marks);
            }
            '\\' => match rest.clone().next() {
                Some('N' | 'n') => {
                    rest.next();
                    out.new_line();
                }
                Some('h') => {
                    rest.next();
                    out.letter(' ');
                }
                _ => out.letter('\\'),
            },
            '\n' => out.new_line(),
            '\r' => {}
            letter if letter.is_control() => {}
            letter => out.letter(letter),
        }
    }
    out.end()
}

#[derive(Default)]
struct Out {
    text: String,
    /// Marks that are open, the last one innermost.
    open: Vec<char>,
    /// A drawing in vectors: numbers, no text.
    drawing: bool,
    /// What can be seen: marks around nothing are nothing.
    letters: usize,
}

impl Out {
    fn letter(&mut self, letter: char) {
        if self.drawing {
            return;
        }
        self.letters += usize::from(!letter.is_whitespace());
        match letter {
            '&' => self.text.push_str("&amp;"),
            '<' => self.text.push_str("&lt;"),
            '>' => self.text.push_str("&gt;"),
            letter => self.text.push(letter),
        }
    }

    /// An empty line would end the cue.
    fn new_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn marks(&mut self, marks: &str) {
        for mark in marks.split('\\') {
            let mark = mark.trim();
            let mut letters = mark.chars();
            let (Some(kind), number) = (letters.next(), letters.as_str()) else {
                continue;
            };
            match (kind, number.parse::<u32>()) {
                ('i' | 'b' | 'u', Ok(0)) => self.close(kind),
                ('i' | 'b' | 'u', Ok(_)) if !self.open.contains(&kind) => {
                    self.open.push(kind);
                    self.text.push_str(&format!("<{kind}>"));
                }
                ('p', Ok(size)) => self.drawing = size > 0,
                ('r', Err(_)) if number.is_empty() => self.close_all(),
                _ => {}
            }
        }
    }

    /// Marks do not cross: those inside are closed and opened again.
    fn close(&mut self, kind: char) {
        let Some(at) = self.open.iter().position(|open| *open == kind) else {
            return;
        };
        let inside = self.open.split_off(at);
        for open in inside.iter().rev() {
            self.text.push_str(&format!("</{open}>"));
        }
        for open in inside.into_iter().skip(1) {
            self.text.push_str(&format!("<{open}>"));
            self.open.push(open);
        }
    }

    fn close_all(&mut self) {
        while let Some(open) = self.open.pop() {
            self.text.push_str(&format!("</{open}>"));
        }
    }

    fn end(mut self) -> String {
        self.close_all();
        if self.letters == 0 {
            return String::new();
        }
        self.text.trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::to_vtt;

    #[test]
    fn marks_become_those_of_webvtt() {
        for (line, expected) in [
            (
                r"0,0,Default,,0,0,0,,Hello {\i1}world{\i0}\Nline",
                "Hello <i>world</i>\nline",
            ),
            (r"0,0,Default,,0,0,0,,{\i1}open", "<i>open</i>"),
            (
                r"0,0,Default,,0,0,0,,{\b1}a{\i1}b{\b0}c",
                "<b>a<i>b</i></b><i>c</i>",
            ),
            (r"0,0,Default,,0,0,0,,{\an8\fs20\c&HFF&}top", "top"),
            (
                r"0,0,Default,,0,0,0,,1 < 2 & 3 > 2, ok",
                "1 &lt; 2 &amp; 3 &gt; 2, ok",
            ),
            (r"0,0,Default,,0,0,0,,a\N\N\Nb", "a\nb"),
            (r"0,0,Default,,0,0,0,,{\p1}m 0 0 l 9 9{\p0}", ""),
            (r"0,0,Default,,0,0,0,,{\i1}{\i0}", ""),
            (r"0,0,Default,,0,0,0,,{unclosed", ""),
            (r"0,0,Default,,0,0,0,,a --> b", "a --&gt; b"),
            (r"0,0,Default,,0,0,0,,i", "i"),
            ("no fields", "no fields"),
        ] {
            assert_eq!(to_vtt(line), expected, "{line}");
        }
    }
}

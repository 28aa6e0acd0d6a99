//! The look of a mail: one calm layout in HTML, the same words as plain text.
//!
//! Tables and inline styles, because mail programs are what they are; the style sheet only
//! adds what may be missing, darkness and small screens.

use std::fmt::Write as _;

use domain::language::Language;

use super::{letter::Content, texts::fill_markup};

const LAYOUT: &str = include_str!("layout.html");
const FONT: &str =
    "Inter,-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";

/// The site's tokens (`style/tokens.css`) as mail programs understand them.
pub(super) struct Palette {
    pub(super) canvas: &'static str,
    pub(super) surface: &'static str,
    pub(super) line: &'static str,
    pub(super) text: &'static str,
    pub(super) soft: &'static str,
    pub(super) accent: &'static str,
    pub(super) on_accent: &'static str,
    pub(super) link: &'static str,
}

pub(super) const LIGHT: Palette = Palette {
    canvas: "#faf6ef",
    surface: "#fffdf9",
    line: "#e2dbd0",
    text: "#211b16",
    soft: "#625950",
    accent: "#a94612",
    on_accent: "#fffaf2",
    link: "#96400f",
};

pub(super) const DARK: Palette = Palette {
    canvas: "#120f0c",
    surface: "#1b1714",
    line: "#353029",
    text: "#f3ede3",
    soft: "#b5aca0",
    accent: "#efa65c",
    on_accent: "#211404",
    link: "#f2b06e",
};

pub(super) fn html(content: &Content, language: Language) -> String {
    let mut body = String::new();
    let mut paragraph = |text: &str| {
        let _ = writeln!(
            body,
            r#"<p class="text" style="margin:0 0 16px;font-family:{FONT};font-size:16px;line-height:25px;color:{};">{}</p>"#,
            LIGHT.text,
            escape(text)
        );
    };
    paragraph(&content.greeting);
    for text in &content.paragraphs {
        paragraph(text);
    }
    if let Some(link) = &content.link {
        let (label, url) = (escape(&link.label), escape(&link.url));
        let Palette {
            accent,
            on_accent,
            soft,
            link,
            ..
        } = LIGHT;
        let hint = escape(&content.link_hint);
        let _ = write!(
            body,
            r#"<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:28px 0 24px;">
<tr><td class="button" style="background-color:{accent};border-radius:8px;">
<a href="{url}" style="display:inline-block;padding:13px 26px;font-family:{FONT};font-size:16px;line-height:20px;font-weight:600;color:{on_accent};text-decoration:none;">{label}</a>
</td></tr>
</table>
<p class="soft" style="margin:0;font-family:{FONT};font-size:13px;line-height:20px;color:{soft};">{hint}<br>
<a class="link" href="{url}" style="color:{link};word-break:break-all;">{url}</a></p>"#
        );
    }
    let (subject, preheader, footer) = (
        escape(&content.subject),
        escape(&content.preheader),
        escape(&content.footer),
    );
    fill_markup(
        LAYOUT,
        &[
            ("language", language.code()),
            ("subject", &subject),
            ("preheader", &preheader),
            ("footer", &footer),
            ("body", &body),
            ("font", FONT),
            ("canvas", LIGHT.canvas),
            ("surface", LIGHT.surface),
            ("line", LIGHT.line),
            ("text", LIGHT.text),
            ("soft", LIGHT.soft),
            ("dark_canvas", DARK.canvas),
            ("dark_surface", DARK.surface),
            ("dark_line", DARK.line),
            ("dark_text", DARK.text),
            ("dark_soft", DARK.soft),
            ("dark_link", DARK.link),
            ("dark_accent", DARK.accent),
            ("dark_on_accent", DARK.on_accent),
        ],
    )
}

pub(super) fn text(content: &Content) -> String {
    let mut parts = vec![content.greeting.clone()];
    parts.extend(content.paragraphs.iter().cloned());
    if let Some(link) = &content.link {
        parts.push(format!("{}:\n{}", link.label, link.url));
    }
    parts.push(format!("-- \n{}\n", content.footer));
    parts.join("\n\n")
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

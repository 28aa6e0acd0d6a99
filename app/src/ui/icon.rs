//! The symbols: strokes on a 24 px grid, drawn for this house.

use leptos::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbol {
    ArrowLeft,
    ArrowRight,
    Auto,
    Check,
    ChevronDown,
    Close,
    Copy,
    Done,
    Camera,
    External,
    Eye,
    Film,
    Home,
    Info,
    Key,
    Letter,
    LogOut,
    Moon,
    Monitor,
    More,
    Pause,
    Pencil,
    Person,
    Phone,
    Play,
    Plus,
    Retry,
    Search,
    Seat,
    Settings,
    Stop,
    Sun,
    Terminal,
    Trash,
    Upload,
    Warning,
}

impl Symbol {
    pub const ALL: [Self; 36] = [
        Self::ArrowLeft,
        Self::ArrowRight,
        Self::Auto,
        Self::Check,
        Self::ChevronDown,
        Self::Close,
        Self::Copy,
        Self::Done,
        Self::Camera,
        Self::External,
        Self::Eye,
        Self::Film,
        Self::Home,
        Self::Info,
        Self::Key,
        Self::Letter,
        Self::LogOut,
        Self::Moon,
        Self::Monitor,
        Self::More,
        Self::Pause,
        Self::Pencil,
        Self::Person,
        Self::Phone,
        Self::Play,
        Self::Plus,
        Self::Retry,
        Self::Search,
        Self::Seat,
        Self::Settings,
        Self::Stop,
        Self::Sun,
        Self::Terminal,
        Self::Trash,
        Self::Upload,
        Self::Warning,
    ];

    const fn drawing(self) -> &'static str {
        match self {
            Self::ArrowLeft => r#"<path d="M19 12H5m6-6-6 6 6 6"/>"#,
            Self::ArrowRight => r#"<path d="M5 12h14m-6-6 6 6-6 6"/>"#,
            Self::Auto => {
                r#"<circle cx="12" cy="12" r="8"/><path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor"/>"#
            }
            Self::Check => r#"<path d="m5 12.5 4.5 4.5L19 7.5"/>"#,
            Self::ChevronDown => r#"<path d="m6 9 6 6 6-6"/>"#,
            Self::Close => r#"<path d="M6 6l12 12M18 6 6 18"/>"#,
            Self::Copy => {
                r#"<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M15 9V6a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v7a2 2 0 0 0 2 2h3"/>"#
            }
            Self::Done => r#"<circle cx="12" cy="12" r="9"/><path d="m8 12.3 2.8 2.7L16 9.5"/>"#,
            Self::Camera => {
                r#"<path d="M4 8.5a2 2 0 0 1 2-2h2l1.6-2.3h4.8L16 6.5h2a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2z"/><circle cx="12" cy="12.6" r="3.4"/>"#
            }
            Self::External => {
                r#"<path d="M14 4h6v6m0-6-9 9M18 14v4a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2h4"/>"#
            }
            Self::Eye => {
                r#"<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/><circle cx="12" cy="12" r="3"/>"#
            }
            Self::Key => {
                r#"<circle cx="8" cy="15" r="4.5"/><path d="m11.3 11.7 8.2-8.2M16 7l3 3"/>"#
            }
            Self::Letter => {
                r#"<rect x="3" y="5" width="18" height="14" rx="2.5"/><path d="m4 7 8 6.2L20 7"/>"#
            }
            Self::LogOut => {
                r#"<path d="M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4M15 8l4 4-4 4m4-4H9.5"/>"#
            }
            Self::Monitor => {
                r#"<rect x="3" y="4" width="18" height="12.5" rx="2"/><path d="M8.5 20.5h7M12 16.5v4"/>"#
            }
            Self::Phone => {
                r#"<rect x="6.5" y="2.5" width="11" height="19" rx="2.5"/><path d="M11 18.5h2"/>"#
            }
            Self::Settings => {
                r#"<path d="M4 7h9m5 0h2M4 17h2m5 0h9"/><circle cx="15.5" cy="7" r="2.3"/><circle cx="8.5" cy="17" r="2.3"/>"#
            }
            Self::Film => {
                r#"<rect x="3" y="5" width="18" height="14" rx="2.5"/><path d="M7.5 5v14M16.5 5v14M3 9.7h4.5M3 14.3h4.5m9-4.6H21m-4.5 4.6H21"/>"#
            }
            Self::Home => {
                r#"<path d="M4 11.2 12 4l8 7.2V18a2 2 0 0 1-2 2h-3.5v-5.5h-5V20H6a2 2 0 0 1-2-2z"/>"#
            }
            Self::Info => r#"<circle cx="12" cy="12" r="9"/><path d="M12 11v5.2M12 7.8v.01"/>"#,
            Self::Moon => r#"<path d="M20 14.2A8.2 8.2 0 1 1 9.8 4a6.6 6.6 0 0 0 10.2 10.2z"/>"#,
            Self::More => r#"<path d="M5.5 12h.01M12 12h.01M18.5 12h.01" stroke-width="2.6"/>"#,
            Self::Pause => r#"<path d="M8.5 5.5v13M15.5 5.5v13" stroke-width="2.6"/>"#,
            Self::Pencil => {
                r#"<path d="M4 20l.9-4L15.6 5.3a2 2 0 0 1 2.8 0l.3.3a2 2 0 0 1 0 2.8L8 19.1z"/>"#
            }
            Self::Person => {
                r#"<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5c.8-4 3.8-6 7.5-6s6.7 2 7.5 6"/>"#
            }
            Self::Play => {
                r#"<path d="M8 5.6v12.8a.8.8 0 0 0 1.2.7l10.3-6.4a.8.8 0 0 0 0-1.4L9.2 4.9a.8.8 0 0 0-1.2.7z"/>"#
            }
            Self::Plus => r#"<path d="M12 5v14M5 12h14"/>"#,
            Self::Retry => r#"<path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9m0-5v5h-5"/>"#,
            Self::Search => r#"<circle cx="11" cy="11" r="6.5"/><path d="m20 20-4.3-4.3"/>"#,
            Self::Seat => {
                r#"<path d="M7 11V7.5A3.5 3.5 0 0 1 10.5 4h3A3.5 3.5 0 0 1 17 7.5V11M4.5 10.5A1.8 1.8 0 0 1 6.3 12.3V15h11.4v-2.7a1.8 1.8 0 1 1 3.3 1V16a3 3 0 0 1-3 3H6a3 3 0 0 1-3-3v-2.7a1.8 1.8 0 0 1 1.5-2.8zM7.5 19v1.5m9-1.5v1.5"/>"#
            }
            Self::Stop => {
                r#"<path d="M8.3 3.5h7.4l4.8 4.8v7.4l-4.8 4.8H8.3l-4.8-4.8V8.3z"/><path d="M12 8v4.7M12 16v.01"/>"#
            }
            Self::Sun => {
                r#"<circle cx="12" cy="12" r="4"/><path d="M12 2.8v1.7m0 15v1.7M2.8 12h1.7m15 0h1.7M5.5 5.5l1.2 1.2m10.6 10.6 1.2 1.2m0-13-1.2 1.2M6.7 17.3l-1.2 1.2"/>"#
            }
            Self::Terminal => {
                r#"<rect x="3" y="4.5" width="18" height="15" rx="2.5"/><path d="m7 9.5 3 2.5-3 2.5m5.5.5H17"/>"#
            }
            Self::Trash => {
                r#"<path d="M4.5 7h15M9.5 7V5.5a1.5 1.5 0 0 1 1.5-1.5h2a1.5 1.5 0 0 1 1.5 1.5V7m3.5 0-.7 11.1a2 2 0 0 1-2 1.9H8.7a2 2 0 0 1-2-1.9L6 7m4 4v5m4-5v5"/>"#
            }
            Self::Upload => {
                r#"<path d="M12 15.5V4.5m-4.5 4.5L12 4.5 16.5 9M4.5 15v2.5a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2V15"/>"#
            }
            Self::Warning => {
                r#"<path d="M10.4 4.5 2.9 17.7a1.85 1.85 0 0 0 1.6 2.8h15a1.85 1.85 0 0 0 1.6-2.8L13.6 4.5a1.85 1.85 0 0 0-3.2 0z"/><path d="M12 9.5v4.2m0 3.1v.01"/>"#
            }
        }
    }
}

/// A symbol in the colour and size of the text around it. It says nothing to a screen
/// reader: the text beside it, or the label of the button around it, does.
#[component]
pub fn Icon(symbol: Symbol) -> impl IntoView {
    view! {
        <svg
            class="icon"
            viewBox="0 0 24 24"
            fill="none"
            stroke="currentColor"
            stroke-width="1.75"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
            inner_html=symbol.drawing()
        ></svg>
    }
}

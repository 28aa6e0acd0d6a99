//! The components everything is made of, each shown in every state on `/admin/ui`.
//!
//! They are plain components: HTML from the server, no wasm, open and close by attributes
//! of the browser. Text comes in from the caller; what a component says by itself is passed
//! in too where islands use it, so that only their own words land in wasm.

mod alert;
mod avatar;
mod badge;
mod button;
mod card;
mod copyable;
mod dialog;
mod empty;
mod field;
pub mod form;
mod icon;
mod link;
mod logo;
mod menu;
mod pager;
mod progress;
mod segments;
mod table;
mod tabs;
mod time;
mod toast;
mod waiting;

pub use alert::Alert;
pub use avatar::{Avatar, AvatarSize};
pub use badge::Badge;
pub use button::{Button, ButtonLink, ButtonType, Size, Variant};
pub use card::Card;
pub use copyable::Copyable;
pub use dialog::{Dialog, DialogOpener};
pub use empty::EmptyState;
pub use field::{Checkbox, PasswordField, Radio, RadioGroup, Select, Switch, TextArea, TextField};
pub use icon::{Icon, Symbol};
pub use link::{Link, LinkTone};
pub use logo::{Logo, Mark};
pub use menu::{Menu, MenuAction, MenuAlign, MenuLink};
pub use pager::Pager;
pub use progress::Progress;
pub use segments::{Segment, Segments};
pub use table::{Cell, Column, Sort, Table};
pub use tabs::{Tab, Tabs};
pub use time::{Ago, Day, day_text};
pub use toast::Toast;
pub use waiting::{Skeleton, SkeletonShape, Spinner};

/// What a message is about. Never told by colour alone: each has its symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    #[default]
    Neutral,
    Accent,
    Good,
    Warn,
    Bad,
}

impl Tone {
    pub const ALL: [Self; 5] = [
        Self::Neutral,
        Self::Accent,
        Self::Good,
        Self::Warn,
        Self::Bad,
    ];

    /// The value of `data-tone`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Accent => "accent",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }

    #[must_use]
    pub const fn symbol(self) -> Symbol {
        match self {
            Self::Neutral | Self::Accent => Symbol::Info,
            Self::Good => Symbol::Done,
            Self::Warn => Symbol::Warning,
            Self::Bad => Symbol::Stop,
        }
    }
}

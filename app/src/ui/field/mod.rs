//! Fields: a label, a control, a hint, an error, tied together for those who cannot see it.

mod choice;
mod password;
mod text;

use leptos::prelude::*;

use super::form::ALERT_ID;

pub use choice::{Checkbox, Radio, RadioGroup, Switch};
pub use password::PasswordField;
pub use text::{Select, TextArea, TextField};

/// The ids by which a control names its hint and its error.
struct Ids {
    control: String,
    hint: String,
    error: String,
}

impl Ids {
    fn new(id: Option<String>, name: &str) -> Self {
        let control = id.unwrap_or_else(|| name.to_owned());
        Self {
            hint: format!("{control}-hint"),
            error: format!("{control}-error"),
            control,
        }
    }

    /// The value of `aria-describedby`: the error first, it is what must be heard. It is
    /// named also while it is empty, so that a script has only to fill it in.
    fn described_by(&self, has_hint: bool) -> String {
        if has_hint {
            format!("{} {}", self.error, self.hint)
        } else {
            self.error.clone()
        }
    }

    /// The same for a field that may have the focus when the page opens: what is said about
    /// the form as a whole comes first then, if there is something.
    fn described_first(&self, has_hint: bool, autofocus: bool) -> String {
        let rest = self.described_by(has_hint);
        if autofocus {
            format!("{ALERT_ID} {rest}")
        } else {
            rest
        }
    }
}

/// The line below a control. It is always there, so that a screen reader hears it change.
#[component]
fn ErrorLine(id: String, error: Signal<Option<String>>) -> impl IntoView {
    view! {
        <p class="error" id=id aria-live="polite">
            {move || error.get()}
        </p>
    }
}

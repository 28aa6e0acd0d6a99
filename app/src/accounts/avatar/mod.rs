//! A picture of a person: chosen, dropped, pasted or shot, cut to a square, sent.
//!
//! Plain JavaScript (`frontend/avatar/`) does it, not an island: it is all pointers, canvas,
//! camera and files, which in wasm would be bindings before it is anything else. Here is its
//! page: everything it shows and says is written by the server. Without scripts there is a
//! file field, and the server cuts the middle out.

use domain::accounts::{
    avatar::{MAX_BYTES, MAX_PIXELS},
    paths,
};
use leptos::prelude::*;
use leptos_i18n::td_string;

use crate::{
    accounts::register::Note,
    context::{here, login, use_visit},
    i18n::Locale,
    ui::{Alert, Button, ButtonType, Symbol, Tone, Variant},
};

/// What the server takes, for the dialog that chooses a file.
const TAKEN: &str = "image/jpeg,image/png,image/webp,image/gif";

/// The query by which the server says what was wrong with a file sent without scripts.
pub const ERROR: &str = "picture";

/// The sentence for what can be wrong with a picture, by the code of the error.
#[must_use]
pub fn error_text(locale: Locale, code: &str) -> &'static str {
    match code {
        "avatar_empty" => td_string!(locale, register.avatar.empty),
        "avatar_missing" => td_string!(locale, register.avatar.missing),
        "avatar_too_large" | "body_too_large" => td_string!(locale, register.avatar.too_large),
        "avatar_too_many_pixels" => td_string!(locale, register.avatar.too_many_pixels),
        "avatar_too_deep" => td_string!(locale, register.avatar.too_deep),
        "avatar_unsupported" => td_string!(locale, register.avatar.unsupported),
        "avatar_not_a_picture" => td_string!(locale, register.avatar.not_a_picture),
        "avatar_broken" => td_string!(locale, register.avatar.broken),
        "avatar_busy" | "too_many_requests" => td_string!(locale, register.avatar.busy),
        "storage_full" => td_string!(locale, register.avatar.storage_full),
        "too_slow" => td_string!(locale, register.avatar.too_slow),
        _ => td_string!(locale, register.avatar.failed),
    }
}

/// Chooses, cuts and sends a picture.
#[component]
pub fn AvatarPicker(
    /// Where the file goes.
    #[prop(into)]
    action: String,
    /// Where to go on from there.
    #[prop(into)]
    next: String,
    /// The picture there is.
    picture: Option<String>,
    /// An SVG, for as long as there is none.
    #[prop(into)]
    initials: String,
) -> impl IntoView {
    let visit = use_visit();
    let locale = visit.locale();
    let refused = leptos_router::hooks::use_query_map()
        .read_untracked()
        .get(ERROR)
        .map(|code| error_text(locale, &code));
    let face = match picture {
        Some(src) => {
            let alt = td_string!(locale, register.avatar.present);
            view! { <img src=src alt=alt width="192" height="192" /> }.into_any()
        }
        None => view! { <span aria-hidden="true" inner_html=initials></span> }.into_any(),
    };
    view! {
        <script type="module" src=visit.assets.href("avatar.js")></script>
        <kadr-avatar
            class="avatar-picker"
            data-action=action.clone()
            data-next=next
            data-bytes=MAX_BYTES.to_string()
            data-pixels=MAX_PIXELS.to_string()
            data-texts=texts(locale)
            data-gone=Note::Gone.on(paths::REGISTER)
            data-login=login(&here())
        >
            <div data-part="problem" role="alert">
                {refused.map(|text| view! { <Alert tone=Tone::Bad title=text /> })}
            </div>
            <template data-part="alert">
                <Alert tone=Tone::Bad title="" />
            </template>
            <form
                class="form without-scripts"
                method="post"
                action=action.clone()
                enctype="multipart/form-data"
            >
                <div class="field">
                    <label for="avatar-file">{td_string!(locale, register.avatar.file)}</label>
                    <p class="hint" id="avatar-file-hint">
                        {td_string!(locale, register.avatar.file_hint)}
                    </p>
                    <input
                        class="control"
                        type="file"
                        id="avatar-file"
                        name="file"
                        accept=TAKEN
                        required
                        aria-describedby="avatar-file-hint"
                    />
                </div>
                <div class="button-row">
                    <Button variant=Variant::Primary icon=Symbol::Upload>
                        {td_string!(locale, register.avatar.take)}
                    </Button>
                </div>
            </form>
            <div class="choose" data-part="choose">
                <div class="face">{face}</div>
                <div class="ways needs-scripts">
                    <div class="button-row">
                        <Button kind=ButtonType::Button variant=Variant::Primary icon=Symbol::Upload attr:data-act="choose">{td_string!(locale, register.avatar.choose)}</Button>
                        <Button kind=ButtonType::Button icon=Symbol::Camera attr:data-act="camera">{td_string!(locale, register.avatar.camera)}</Button>
                    </div>
                    <p class="soft small">{td_string!(locale, register.avatar.drop)}</p>
                    <input type="file" accept="image/*" data-part="file" hidden />
                </div>
            </div>
            <div class="shoot" data-part="shoot" hidden>
                <video
                    data-part="viewfinder"
                    playsinline
                    muted
                    aria-label=td_string!(locale, register.avatar.viewfinder)
                ></video>
                <div class="button-row">
                    <Button kind=ButtonType::Button variant=Variant::Primary attr:data-act="shoot">{td_string!(locale, register.avatar.shoot)}</Button>
                    <Button kind=ButtonType::Button variant=Variant::Quiet attr:data-act="back">{td_string!(locale, register.avatar.cancel)}</Button>
                </div>
            </div>
            <div class="cut" data-part="cut" hidden>
                <div
                    class="window"
                    data-part="window"
                    role="application"
                    tabindex="0"
                    aria-label=td_string!(locale, register.avatar.frame)
                    aria-describedby="avatar-help"
                >
                    <img data-part="photo" alt="" draggable="false" />
                </div>
                <div class="beside">
                    <div class="previews" role="img" aria-label=td_string!(locale, register.avatar.preview)>
                        <span class="preview">
                            <img data-part="preview" alt="" />
                        </span>
                        <span class="preview" data-size="s">
                            <img data-part="preview" alt="" />
                        </span>
                    </div>
                    <label class="zoom">
                        <span>{td_string!(locale, register.avatar.zoom)}</span>
                        <input type="range" min="0" max="100" value="0" data-part="zoom" />
                    </label>
                    <p class="soft small" id="avatar-help">
                        {td_string!(locale, register.avatar.frame_help)}
                    </p>
                </div>
                <div class="button-row">
                    <Button kind=ButtonType::Button variant=Variant::Primary icon=Symbol::Check attr:data-act="send">{td_string!(locale, register.avatar.take)}</Button>
                    <Button kind=ButtonType::Button variant=Variant::Quiet attr:data-act="back">{td_string!(locale, register.avatar.other)}</Button>
                </div>
                <div class="progress" data-part="progress" hidden>
                    <span aria-hidden="true">{td_string!(locale, register.avatar.sending)}</span>
                    <span class="figure" data-part="figure" aria-hidden="true"></span>
                    <progress max="1" aria-label=td_string!(locale, register.avatar.sending)></progress>
                </div>
            </div>
            <p class="visually-hidden" role="status" data-part="said"></p>
        </kadr-avatar>
    }
}

/// What the script says by itself, as JSON: errors by their code, and a few sentences.
fn texts(locale: Locale) -> String {
    let sentences = [
        ("said", td_string!(locale, register.avatar.said)),
        ("opened", td_string!(locale, register.avatar.opened)),
        (
            "camera_refused",
            td_string!(locale, register.avatar.camera_refused),
        ),
        (
            "camera_none",
            td_string!(locale, register.avatar.camera_none),
        ),
        (
            "camera_busy",
            td_string!(locale, register.avatar.camera_busy),
        ),
        ("offline", td_string!(locale, register.avatar.offline)),
        ("failed", td_string!(locale, register.avatar.failed)),
        ("unreadable", td_string!(locale, register.avatar.unreadable)),
    ];
    let errors = [
        "avatar_empty",
        "avatar_too_large",
        "body_too_large",
        "avatar_too_many_pixels",
        "avatar_too_deep",
        "avatar_unsupported",
        "avatar_not_a_picture",
        "avatar_broken",
        "avatar_busy",
        "too_many_requests",
        "storage_full",
        "too_slow",
    ]
    .map(|code| (code, error_text(locale, code)));
    let pairs: Vec<String> = sentences
        .into_iter()
        .chain(errors)
        .map(|(name, text)| format!("{}:{}", json_text(name), json_text(text)))
        .collect();
    format!("{{{}}}", pairs.join(","))
}

/// A text of the catalogue as a string of JSON.
fn json_text(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("\"{escaped}\"")
}

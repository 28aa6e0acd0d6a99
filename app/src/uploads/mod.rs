//! `/upload`: files on their way, what is said about them, and what became of them.
//!
//! Plain JavaScript (`frontend/uploads/`) moves the bytes, not an island: files, blobs,
//! `XMLHttpRequest` (`fetch` tells nothing of the way up), workers, wake locks and drag and drop
//! would be bindings in the one wasm of all pages before they were anything else, and its core
//! is tested under node. Here is its page: everything it shows and says is written by the
//! server, the card of an upload included. Without scripts there is a form of several parts.

pub mod api;
mod card;
pub mod said;
pub mod sight;
mod texts;
mod underway;

use domain::{
    routes,
    videos::{Stage, VideoStatus},
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_query_map;

pub use self::underway::UnderwayLink;
use self::{
    api::GiveUp,
    card::{CardTemplate, VisibilitySelect},
    sight::{PageSight, SentSight, UnfinishedSight},
    texts::{error_text, limits_text, page_texts, size_text},
};
use crate::{
    context::{login, require_viewer, set_status, use_visit},
    i18n::{Locale, fill},
    ui::{
        Alert, Badge, Button, Icon, Symbol, TextField, Tone, Variant,
        form::{Failure, failure_text},
    },
    videos::failed::failed_text,
};

/// What the dialog that chooses files offers: also what systems know no type for.
const TAKEN: &str = "video/*,audio/*,image/gif,.mkv,.mxf,.ts,.mts,.m2ts,.avi,.flv,.wmv,.vob,.ogv,\
                     .webm,.mov,.m4v,.3gp,.mpg,.mpeg";

/// The queries by which the form says what came of it.
const SENT: &str = "sent";
const REFUSED: &str = "refused";

#[component]
pub fn UploadPage() -> impl IntoView {
    let Some(viewer) = require_viewer() else {
        return ().into_any();
    };
    let who = viewer.id.to_string();
    let visit = use_visit();
    let locale = visit.locale();
    let query = use_query_map().read_untracked().clone();
    let refused = query.get(REFUSED).map(|code| error_text(locale, &code));
    let sent = query.get(SENT).unwrap_or_default();
    view! {
        <Title text=td_string!(locale, uploads.title) />
        <Meta name="robots" content="noindex" />
        <div class="upload-page">
            <h1>{td_string!(locale, uploads.title)}</h1>
            {Suspend::new(async move {
                match api::page(sent).await {
                    Ok(sight) => view! { <Uploads sight refused who /> }.into_any(),
                    Err(error) => {
                        let why = error.why().unwrap_or(Failure::Internal);
                        set_status(why.status());
                        view! { <Alert tone=Tone::Bad title=failure_text(visit.language, why) /> }
                            .into_any()
                    }
                }
            })}
        </div>
    }
    .into_any()
}

#[component]
fn Uploads(sight: PageSight, refused: Option<&'static str>, who: String) -> impl IntoView {
    let visit = use_visit();
    let locale = visit.locale();
    let visibility = sight.visibility;
    let limits = limits_text(locale, sight.max_size, sight.quota);
    view! {
        <script type="module" src=visit.assets.href("uploads.js")></script>
        {refused.map(|title| view! { <Alert tone=Tone::Bad title /> })}
        <Sent videos=sight.sent whole=refused.is_none() />
        <kadr-uploads
            class="uploads"
            data-texts=page_texts(visit.language)
            data-uploads=routes::UPLOADS
            data-hasher=visit.assets.href("hasher.js")
            data-live=visit.assets.href("live.js")
            data-login=login(routes::UPLOAD)
            data-who=who
            data-visibility=visibility.code()
        >
            <div class="alert" data-tone="bad" role="alert" data-part="problem" hidden>
                <Icon symbol=Tone::Bad.symbol() />
                <div class="body">
                    <strong></strong>
                </div>
            </div>
            <div class="drop needs-scripts">
                <Icon symbol=Symbol::Upload />
                <p class="call">{td_string!(locale, uploads.drop_here)}</p>
                <button type="button" class="button" data-variant="primary" data-size="l" data-choose="">
                    <Icon symbol=Symbol::Plus />
                    <span>{td_string!(locale, uploads.choose)}</span>
                </button>
                <p class="soft small">{limits.clone()}</p>
                <p class="soft small">{td_string!(locale, uploads.promise)}</p>
                <input type="file" accept=TAKEN multiple=true data-part="file" hidden />
                <input type="file" accept=TAKEN data-part="one" hidden />
            </div>
            <WithoutScripts visibility=visibility.code().to_owned() limits />
            <Unfinished uploads=sight.unfinished />
            <Total />
            <ul class="cards needs-scripts" data-part="list"></ul>
            <p class="soft small needs-scripts" data-part="empty">
                {td_string!(locale, uploads.empty)}
            </p>
            <div class="visually-hidden" role="status" data-part="said"></div>
            <template data-part="card">
                <CardTemplate />
            </template>
        </kadr-uploads>
    }
}

/// What all files together are like; shown while there are several.
#[component]
fn Total() -> impl IntoView {
    let locale = use_visit().locale();
    view! {
        <div class="total" data-part="total" hidden>
            <p class="figures" data-part="total-figures"></p>
            <div
                class="sending"
                role="progressbar"
                aria-valuemin="0"
                aria-valuemax="100"
                aria-valuenow="0"
                aria-label=td_string!(locale, uploads.all)
                data-part="total-bar"
            ></div>
            <div class="acts">
                <button type="button" class="button" data-variant="quiet" data-size="s" data-all="pause">
                    <Icon symbol=Symbol::Pause />
                    <span>{td_string!(locale, uploads.pause_all)}</span>
                </button>
                <button type="button" class="button" data-variant="quiet" data-size="s" data-all="resume" hidden>
                    <Icon symbol=Symbol::Play />
                    <span>{td_string!(locale, uploads.resume_all)}</span>
                </button>
            </div>
        </div>
    }
}

/// The way of browsers without scripts.
#[component]
fn WithoutScripts(visibility: String, limits: String) -> impl IntoView {
    let locale = use_visit().locale();
    view! {
        // The fields stand before the files: the server reads a form as it comes.
        <form
            class="form without-scripts"
            method="post"
            action=routes::UPLOAD
            enctype="multipart/form-data"
        >
            <TextField
                name="title"
                id="form-title"
                label=td_string!(locale, uploads.field.title)
                hint=td_string!(locale, uploads.field.title_hint)
            />
            <VisibilitySelect id="form-visibility" value=visibility />
            <div class="field">
                <label for="form-file">{td_string!(locale, uploads.files)}</label>
                <p class="hint" id="form-file-hint">
                    {limits}
                </p>
                <input
                    class="control"
                    type="file"
                    id="form-file"
                    name="file"
                    accept=TAKEN
                    multiple=true
                    required
                    aria-describedby="form-file-hint"
                />
            </div>
            <div class="button-row">
                <Button variant=Variant::Primary icon=Symbol::Upload>
                    {td_string!(locale, uploads.send)}
                </Button>
            </div>
        </form>
    }
}

/// What did not come whole. Without scripts nobody can go on with it, but give it up.
#[component]
fn Unfinished(uploads: Vec<UnfinishedSight>) -> impl IntoView {
    let locale = use_visit().locale();
    if uploads.is_empty() {
        return ().into_any();
    }
    view! {
        <section class="unfinished without-scripts">
            <h2>{td_string!(locale, uploads.unfinished)}</h2>
            <p class="soft">{td_string!(locale, uploads.unfinished_note)}</p>
            <ul class="lines">
                {uploads
                    .into_iter()
                    .map(|upload| view! { <UnfinishedLine upload locale /> })
                    .collect_view()}
            </ul>
        </section>
    }
    .into_any()
}

#[component]
fn UnfinishedLine(upload: UnfinishedSight, locale: Locale) -> impl IntoView {
    let there = size_text(locale, upload.offset);
    let facts = match upload.length {
        Some(length) => format!("{there} / {}", size_text(locale, length)),
        None => there,
    };
    let label = format!("{}: {}", td_string!(locale, uploads.remove), upload.name);
    view! {
        <li>
            <Icon symbol=Symbol::Film />
            <div class="what">
                <p class="name">
                    <bdi>{upload.name}</bdi>
                </p>
                <p class="facts">
                    <span>{facts}</span>
                </p>
            </div>
            <form method="post" action=GiveUp::PATH>
                <input type="hidden" name="flow" value=upload.flow.to_string() />
                <button class="button" data-variant="quiet" data-size="s" aria-label=label>
                    <Icon symbol=Symbol::Trash />
                    <span>{td_string!(locale, uploads.remove)}</span>
                </button>
            </form>
        </li>
    }
}

/// What the form has just brought.
#[component]
fn Sent(
    videos: Vec<SentSight>,
    /// Nothing of the form was refused.
    whole: bool,
) -> impl IntoView {
    let locale = use_visit().locale();
    if videos.is_empty() {
        return ().into_any();
    }
    let title = if whole {
        td_string!(locale, uploads.sent)
    } else {
        td_string!(locale, uploads.sent_partly)
    };
    view! {
        <Alert tone=Tone::Good title>
            <ul>
                {videos
                    .into_iter()
                    .map(|video| {
                        let stage = stage_text(locale, &video);
                        let why = video.error.as_deref().map(|code| failed_text(locale, code));
                        view! {
                            <li>
                                <bdi>{video.title}</bdi>
                                " "
                                <Badge>{stage}</Badge>
                                {why.map(|why| view! { " " {why} })}
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </Alert>
    }
    .into_any()
}

fn stage_text(locale: Locale, video: &SentSight) -> String {
    let percent = |text: &str| {
        let percent = format!("{:.0}\u{a0}%", (video.progress * 100.0).floor());
        fill(text, "percent", &percent)
    };
    match (video.status, video.stage) {
        (VideoStatus::Completed, _) => td_string!(locale, uploads.stage.completed).to_owned(),
        (VideoStatus::Failed, _) => td_string!(locale, uploads.stage.failed).to_owned(),
        _ if video.playable => percent(td_string!(locale, uploads.stage.playable)),
        (_, Stage::Packaging | Stage::Encoding | Stage::Finishing) => {
            percent(td_string!(locale, uploads.stage.running))
        }
        (_, Stage::Probing) => td_string!(locale, uploads.stage.probing).to_owned(),
        _ => td_string!(locale, uploads.stage.queued).to_owned(),
    }
}

//! What the house says back.

use leptos::prelude::*;
use leptos_i18n::td_string;

use super::Specimen;
use crate::{
    context::use_visit,
    ui::{
        Alert, Badge, Button, ButtonType, EmptyState, Progress, Skeleton, SkeletonShape, Spinner,
        Symbol, Toast, Tone,
    },
};

#[component]
pub(super) fn Feedback() -> impl IntoView {
    let locale = use_visit().locale();
    let sentence = move |tone: Tone| match tone {
        Tone::Neutral => td_string!(locale, admin.say_neutral),
        Tone::Accent => td_string!(locale, admin.say_accent),
        Tone::Good => td_string!(locale, admin.say_good),
        Tone::Warn => td_string!(locale, admin.say_warn),
        Tone::Bad => td_string!(locale, admin.say_bad),
    };
    view! {
        <Specimen name=td_string!(locale, admin.alerts)>
            {Tone::ALL
                .into_iter()
                .map(|tone| {
                    view! {
                        <Alert tone title=sentence(tone)>
                            {(tone == Tone::Bad).then(|| td_string!(locale, admin.say_bad_more))}
                        </Alert>
                    }
                })
                .collect_view()}
        </Specimen>
        <Specimen name=td_string!(locale, admin.badges)>
            <div class="button-row">
                <Badge>{td_string!(locale, admin.draft)}</Badge>
                <Badge tone=Tone::Accent dot=true>{td_string!(locale, admin.running)}</Badge>
                <Badge tone=Tone::Good dot=true>{td_string!(locale, admin.ready)}</Badge>
                <Badge tone=Tone::Warn dot=true>{td_string!(locale, admin.waiting)}</Badge>
                <Badge tone=Tone::Bad dot=true>{td_string!(locale, admin.failed)}</Badge>
            </div>
        </Specimen>
        <Specimen name=td_string!(locale, admin.progress)>
            <Progress
                label=td_string!(locale, admin.uploading)
                value=0.62
                note=td_string!(locale, admin.uploading_note)
            />
            <Progress label=td_string!(locale, admin.looking) />
            <Progress label=td_string!(locale, admin.ready) value=1.0 tone=Tone::Good />
            <Progress
                label=td_string!(locale, admin.failed)
                value=0.18
                tone=Tone::Bad
                note=td_string!(locale, admin.say_bad)
            />
        </Specimen>
        <Specimen name=td_string!(locale, admin.toasts)>
            <div class="still">
                <Toast
                    tone=Tone::Good
                    text=sentence(Tone::Good)
                    dismiss="#feedback"
                    dismiss_label=td_string!(locale, ui.dismiss)
                />
                <Toast
                    tone=Tone::Bad
                    text=sentence(Tone::Bad)
                    dismiss="#feedback"
                    dismiss_label=td_string!(locale, ui.dismiss)
                />
            </div>
            <div class="needs-scripts">
                <Button
                    kind=ButtonType::Button
                    attr:data-say=sentence(Tone::Good)
                    attr:data-tone=Tone::Good.code()
                >
                    {td_string!(locale, admin.show_toast)}
                </Button>
            </div>
        </Specimen>
        <Specimen name=td_string!(locale, admin.waiting_shapes)>
            <div class="skeletons">
                <Spinner label=td_string!(locale, ui.loading) large=true />
                <div>
                    <Skeleton shape=SkeletonShape::Frame />
                    <div class="line">
                        <Skeleton shape=SkeletonShape::Circle />
                        <div>
                            <Skeleton width="80%" />
                            <Skeleton width="45%" />
                        </div>
                    </div>
                </div>
            </div>
        </Specimen>
        <Specimen name=td_string!(locale, admin.empty)>
            <EmptyState
                title=td_string!(locale, admin.empty_title)
                note=td_string!(locale, admin.empty_note)
            >
                <Button kind=ButtonType::Button icon=Symbol::Retry>
                    {td_string!(locale, admin.again)}
                </Button>
            </EmptyState>
        </Specimen>
    }
}

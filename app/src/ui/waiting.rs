//! What stands where something is about to be.

use leptos::prelude::*;

/// Something is on its way. Give it a `label` where nothing else says so.
#[component]
pub fn Spinner(
    #[prop(into, optional)] label: Option<String>,
    #[prop(optional)] large: bool,
) -> impl IntoView {
    let role = label.is_some().then_some("status");
    let hidden = label.is_none().then_some("true");
    view! {
        <span
            class="spinner"
            data-size=large.then_some("l")
            role=role
            aria-label=label
            aria-hidden=hidden
        ></span>
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SkeletonShape {
    #[default]
    Line,
    /// A picture of 16:9.
    Frame,
    Circle,
}

#[component]
pub fn Skeleton(
    #[prop(optional)] shape: SkeletonShape,
    /// As CSS says it; all there is if left out.
    #[prop(into, optional)]
    width: Option<String>,
) -> impl IntoView {
    let shape = match shape {
        SkeletonShape::Line => "line",
        SkeletonShape::Frame => "frame",
        SkeletonShape::Circle => "circle",
    };
    let style = width.map(|width| format!("inline-size:{width}"));
    view! { <span class="skeleton" data-shape=shape style=style aria-hidden="true"></span> }
}

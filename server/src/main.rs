//! `kadr`.
use app::{
    context::{Assets, Visit},
    shell,
};
use leptos::prelude::*;
use leptos_axum::{LeptosRoutes, generate_route_list};

#[tokio::main]
async fn main() {
    let options = LeptosOptions::builder()
        .output_name("kadr")
        .site_root("target/site")
        .site_pkg_dir("pkg")
        .build();
    let context = || {
        provide_context(Visit {
            language: Default::default(),
            theme: Default::default(),
            request_id: "x".into(),
            assets: Assets::default(),
        })
    };
    let routes = leptos_axum::generate_route_list_with_exclusions_and_ssg_and_context(
        shell::App,
        None,
        context,
    )
    .0;
    let router = axum::Router::new()
        .leptos_routes_with_context(&options, routes, context, shell::document)
        .with_state(options);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000")
        .await
        .unwrap();
    axum::serve(listener, router).await.unwrap();
}

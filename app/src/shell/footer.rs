//! The end of every page.

use domain::routes;
use leptos::prelude::*;
use leptos_i18n::td_string;

use crate::{
    context::use_visit,
    ui::{Link, LinkTone, Mark},
};

#[component]
pub fn Footer() -> impl IntoView {
    let locale = use_visit().locale();
    view! {
        <footer class="site-footer">
            <div class="bar">
                <p class="claim">
                    <Mark />
                    <span>{td_string!(locale, shell.claim)}</span>
                </p>
                <nav aria-label=td_string!(locale, shell.footer)>
                    <ul class="links">
                        <li>
                            <Link href=routes::HOME tone=LinkTone::Quiet>
                                {td_string!(locale, shell.home)}
                            </Link>
                        </li>
                        <li>
                            <Link href=routes::SEARCH tone=LinkTone::Quiet>
                                {td_string!(locale, shell.search)}
                            </Link>
                        </li>
                        <li>
                            <Link href=routes::OPENAPI tone=LinkTone::Quiet>
                                {td_string!(locale, shell.api)}
                            </Link>
                        </li>
                    </ul>
                </nav>
            </div>
        </footer>
    }
}

//! Pages of the owner. For now: the components, all of them, in every state.

pub mod introduce;
pub mod ui_page;

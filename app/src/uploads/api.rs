//! What the page of uploads asks the house about, and what it tells it. Bytes go another way:
//! to `/uploads`, as tus has it, or with the form to `/upload`.

use leptos::prelude::*;

use super::sight::{KnownSight, PageSight, UnfinishedList};
use crate::ui::form::FormError;

/// What the page begins with; `sent` are ids of videos that a form has just brought.
///
/// # Errors
/// When nobody is logged in.
#[server(prefix = "/ui/uploads", endpoint = "page")]
pub async fn page(#[server(default)] sent: String) -> Result<PageSight, FormError> {
    use crate::context::{account, uploads};
    let visitor = account::person().await?;
    uploads::page(&visitor.user, &sent).await
}

/// What could go on, the newest first.
///
/// # Errors
/// When nobody is logged in.
#[server(prefix = "/ui/uploads", endpoint = "unfinished")]
pub async fn unfinished() -> Result<UnfinishedList, FormError> {
    use crate::context::{account, uploads};
    let user = account::person().await?.user.id;
    let uploads = uploads::unfinished(user).await?;
    Ok(UnfinishedList { uploads })
}

/// How many uploads are under way, for the header.
///
/// # Errors
/// When nobody is logged in.
#[server(prefix = "/ui/uploads", endpoint = "underway")]
pub async fn underway() -> Result<usize, FormError> {
    use crate::context::{account, uploads};
    let user = account::person().await?.user.id;
    uploads::underway(user).await
}

/// Which of these sizes a person has a file of: only such files are worth hashing before they
/// are sent. Numbers with commas between.
///
/// # Errors
/// When nobody is logged in.
#[server(prefix = "/ui/uploads", endpoint = "sizes")]
pub async fn sizes(#[server(default)] sizes: String) -> Result<Vec<u64>, FormError> {
    use crate::context::{account, uploads};
    let user = account::person().await?.user.id;
    uploads::owned_sizes(user, &sizes).await
}

/// The video of this person with exactly these bytes, by their BLAKE3.
///
/// # Errors
/// When nobody is logged in.
#[server(prefix = "/ui/uploads", endpoint = "known")]
pub async fn known(#[server(default)] hash: String) -> Result<Option<KnownSight>, FormError> {
    use crate::context::{account, uploads};
    let user = account::person().await?.user.id;
    uploads::known(user, &hash).await
}

/// Keeps what is said about a video; `edited` names the fields that count.
///
/// # Errors
/// At the fields that are wrong; the others are kept all the same.
#[server(prefix = "/ui/uploads", endpoint = "describe")]
pub async fn describe(
    #[server(default)] video: String,
    #[server(default)] title: String,
    #[server(default)] description: String,
    #[server(default)] tags: String,
    #[server(default)] visibility: String,
    #[server(default)] edited: String,
) -> Result<(), FormError> {
    use super::said::Said;
    use crate::context::{account, uploads};
    let user = account::person().await?.user.id;
    let said = Said {
        title,
        description,
        tags,
        visibility,
        edited,
    };
    uploads::describe(user, &video, &said).await
}

/// Gives an upload up, from a form.
///
/// # Errors
/// When it is not there, or finished.
#[server(prefix = "/ui/uploads", endpoint = "give_up")]
pub async fn give_up(#[server(default)] flow: String) -> Result<(), FormError> {
    use crate::{
        context::{self, account, uploads},
        shell::flash::Flash,
    };
    let user = account::person().await?.user.id;
    uploads::give_up(user, &flow).await?;
    context::say_next(Flash::UploadRemoved);
    Ok(())
}

/// Takes a video away that was to be cancelled while its last bytes arrived.
///
/// # Errors
/// When nobody is logged in.
#[server(prefix = "/ui/uploads", endpoint = "withdraw")]
pub async fn withdraw(#[server(default)] video: String) -> Result<(), FormError> {
    use crate::context::{account, uploads};
    let user = account::person().await?.user.id;
    uploads::withdraw(user, &video).await
}

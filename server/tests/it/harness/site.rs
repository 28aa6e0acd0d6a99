//! A small built site, as `cargo xtask build` would leave it.

use std::{fs, path::Path, sync::OnceLock};

use tempfile::TempDir;

/// Its folder, the same for all tests of this run.
pub(crate) fn built_site() -> &'static Path {
    static SITE: OnceLock<TempDir> = OnceLock::new();
    SITE.get_or_init(build).path()
}

fn build() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    write(
        "manifest.json",
        br#"{"kadr.css":"kadr.11aa.css","boot.js":"boot.22bb.js","shell.js":"shell.33cc.js","kadr_bg.wasm":"kadr_bg.44dd.wasm"}"#,
    );
    write("pkg/kadr.11aa.css", b"body { color: red }");
    write("pkg/kadr.11aa.css.br", b"(brotli)");
    write("pkg/kadr.11aa.css.gz", b"(gzip form)");
    write("pkg/boot.22bb.js", b"export {}");
    write("pkg/shell.33cc.js", b"export {}");
    write("pkg/kadr_bg.44dd.wasm", b"\0asm");
    write("pkg/large.55ee.js", &vec![b'x'; (1 << 20) + 1]);
    write("robots.txt", b"User-agent: *\n");
    write(".hidden", b"nobody's business");
    write("a folder/file.txt", b"hello");
    folder
}

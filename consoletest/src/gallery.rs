//! The pictures of all pages, for people: a folder of PNG files and a page that shows them side by side.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder.
pub(crate) struct Gallery {
    folder: PathBuf,
    /// What its page is called.
    title: &'static str,
    /// Name of the page, and the files that show it.
    pictures: Vec<(String, Vec<String>)>,
}

impl Gallery {
    /// An empty one; pictures of an earlier run are removed.
    pub(crate) fn new(folder: &Path, title: &'static str) -> Result<Gallery, String> {
        let told = |error: std::io::Error| format!("{}: {error}", folder.display());
        fs::create_dir_all(folder).map_err(told)?;
        for entry in fs::read_dir(folder).map_err(told)? {
            let path = entry.map_err(told)?.path();
            if path.extension().is_some_and(|extension| extension == "png") {
                fs::remove_file(path).map_err(told)?;
            }
        }
        Ok(Gallery { folder: folder.to_owned(), title, pictures: Vec::new() })
    }

    /// The file for a picture of the page `name` in the form `form`.
    pub(crate) fn hang(&mut self, name: &str, form: &str) -> PathBuf {
        let file = format!("{name}-{form}.png");
        let path = self.folder.join(&file);
        match self.pictures.iter_mut().find(|(page, _)| page == name) {
            Some((_, files)) => files.push(file),
            None => self.pictures.push((name.to_owned(), vec![file])),
        }
        path
    }

    /// Writes the page that shows all.
    pub(crate) fn write_index(&self) -> Result<PathBuf, String> {
        let title = self.title;
        let mut html = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\n\
             <style>body{{font:15px sans-serif;margin:1rem}}div{{display:flex;flex-wrap:wrap;gap:1rem;align-items:start}}\
             figure{{margin:0}}img{{max-width:24rem;max-height:24rem;border:1px solid #999}}</style>\n<h1>{title}</h1>\n"
        );
        for (page, files) in &self.pictures {
            let _ = write!(html, "<h2>{page}</h2>\n<div>");
            for file in files {
                let _ = write!(
                    html,
                    "<figure><a href=\"{file}\"><img src=\"{file}\" alt=\"{file}\"></a><figcaption>{file}</figcaption></figure>"
                );
            }
            html.push_str("</div>\n");
        }
        let path = self.folder.join("index.html");
        fs::write(&path, html).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(path)
    }
}

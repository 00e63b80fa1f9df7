//! The built program, run as a person runs it.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::{Entry, SmtpSink, rss, write_config};

pub fn policy_digest(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_policy-digest"));
    command.current_dir(folder).stdin(Stdio::null());
    command
}

pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

pub fn smtp_config(sink: &SmtpSink, folder: &Path, people: usize) {
    let entry = Entry { published: Some(chrono::Utc::now()), ..Entry::on_topic("1") };
    let smtp = format!(
        "[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nmax_connections = 2\n",
        sink.port
    );
    write_config(folder, &[("blog", "file:blog.xml")], &smtp);
    std::fs::write(folder.join("config/blog.xml"), rss(&[entry])).unwrap();
    let people: String = (0..people).map(|n| format!("person{n}@example.org\n")).collect();
    std::fs::write(folder.join("config/subscribers.csv"), format!("email\n{people}")).unwrap();
}

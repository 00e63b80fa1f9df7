//! Findings and values of `digest.toml`.

use super::*;

#[test]
fn the_shipped_digest_toml_is_the_defaults() {
    let config =
        read(&[("digest.toml", include_str!("../../../config/digest.toml"))], &[]).unwrap_or_else(|f| panic!("{f}"));
    // Where it is depends on the folder.
    let anywhere = |config: Config| Settings { data: Settings::default().data, ..config.settings };
    assert_eq!(anywhere(config), Settings::default());
    assert_eq!(anywhere(read(&[], &[]).unwrap()), Settings::default());
}

#[test]
fn the_shipped_digest_toml_names_every_key() {
    let diagnostics = Diagnostics::default();
    let text = include_str!("../../../config/digest.toml");
    crate::config::digest::read(Table::parse(text, File::Digest, &diagnostics), Path::new(""));
    let tables = [
        "accessibility",
        "database",
        "digest",
        "editor",
        "in",
        "mail",
        "mail.dkim",
        "mail.smtp",
        "polling",
        "polling.limits",
        "relevance",
        "retention",
        "schedule",
    ];
    let others = ["sender", "web", "mail.smtp.password", "database.password"];
    let unset: Vec<_> = diagnostics.unset().into_iter().filter(|path| !tables.contains(&path.as_str())).collect();
    let unset: Vec<_> = unset.into_iter().filter(|path| !others.contains(&path.as_str())).collect();
    assert_eq!(unset, Vec::<String>::new());
}

#[test]
fn a_remote_mail_server_needs_a_public_https_address() {
    let loopback = "digest.toml: `public_url` is on this machine, but emails are sent through `mail.example.org`";
    assert_eq!(found(&[("digest.toml", SMTP_ELSEWHERE)], &[]), [loopback]);
    let plain = found(&[("digest.toml", &format!("public_url = \"http://d.example.org\"\n{SMTP_ELSEWHERE}"))], &[]);
    assert_eq!(plain, ["digest.toml:1:14: `public_url` is plain http, but emails are sent through `mail.example.org`"]);
    let variable = [("POLICY_DIGEST__PUBLIC_URL", "http://d.example.org")];
    assert!(found(&[("digest.toml", SMTP_ELSEWHERE)], &variable)[0].starts_with("POLICY_DIGEST__PUBLIC_URL: "));
    assert!(
        read(&[("digest.toml", SMTP_ELSEWHERE)], &[("POLICY_DIGEST__PUBLIC_URL", "https://d.example.org")]).is_ok()
    );
    assert!(read(&[("digest.toml", "[mail]\ntransport = \"smtp\"\n[mail.smtp]\ntls = \"none\"\n")], &[]).is_ok());
}

#[test]
fn a_table_for_a_language_that_is_not_listed_says_how_to_list_it() {
    for (languages, code, hint) in [
        ("languages = [\"en\"]", "cy", "add `cy` to `languages` in digest.toml, or remove this table"),
        ("", "cy", "add `languages = [\"en\", \"cy\"]` at the top of digest.toml, or remove this table"),
        ("", "en", "add `en` to `languages` in digest.toml, or remove this table"),
        ("languages = [\"en\", \"cy\"]", "cz", "did you mean `cy`?"),
    ] {
        let text = format!("{languages}\n[in.{code}]\nname = \"Crynhoad\"\n[in.{code}.themes]\nplace = \"Lle\"\n");
        let findings = read(&[("digest.toml", &text)], &[]).unwrap_err();
        let shown: Vec<_> = findings.iter().map(|it| (it.line, it.column, it.hint.as_deref().unwrap_or(""))).collect();
        assert_eq!(shown, [(Some(2), Some(5), hint)], "{code}");
    }
}

#[test]
fn a_domain_that_is_none_is_refused_at_its_place_with_what_to_write() {
    let text = "sign_up_domains = [\"gov.scot\", \"@gov.uk\", \"*gov.uk\", \"*\"]\n";
    let findings = read(&[("digest.toml", text)], &[]).unwrap_err();
    let shown: Vec<_> =
        findings.iter().map(|it| (it.line, it.column, it.message.as_str(), it.hint.as_deref().unwrap_or(""))).collect();
    let entry = "an entry of `sign_up_domains`";
    let at = format!("{entry} has an `@`");
    let star = format!("{entry} has a `*` that is not at its beginning with a dot behind it");
    let all = format!("{entry} would let every address in");
    assert_eq!(
        shown,
        [
            (Some(1), Some(32), at.as_str(), "write only what follows the `@`, such as `gov.scot`"),
            (Some(1), Some(43), star.as_str(), "write `*.gov.uk` for all domains that end in `.gov.uk`"),
            (Some(1), Some(54), all.as_str(), "leave the list empty to let everyone sign up"),
        ]
    );
}

#[test]
fn a_misspelt_key_of_the_statement_is_answered_with_the_one_that_was_meant() {
    let text =
        "sign_up_domain = []\n[accessibility]\ncontcat = \"a\"\nprepared = 2026-11-30T08:00:00Z\ntested = \"soon\"\n";
    let findings = read(&[("digest.toml", text)], &[]).unwrap_err();
    let hints: Vec<_> = findings.iter().map(|it| (it.line, it.message.clone(), it.hint.clone())).collect();
    let has = |line, message: &str, hint: &str| {
        hints.iter().any(|(at, said, next)| {
            *at == Some(line) && said.contains(message) && next.as_deref().is_some_and(|next| next.contains(hint))
        })
    };
    assert!(has(1, "sign_up_domain", "sign_up_domains") && has(3, "contcat", "contact"), "{hints:?}");
    assert!(has(4, "must be a day without a time", "2026-11-30"), "{hints:?}");
    assert!(hints.iter().any(|(at, said, _)| *at == Some(5) && said.contains("must be a day")), "{hints:?}");
    let native = read(&[("digest.toml", "[accessibility]\nprepared = 2026-11-30\n")], &[]).unwrap();
    assert_eq!(native.settings.accessibility.prepared.unwrap().to_string(), "2026-11-30");
}

#[test]
fn a_password_in_the_file_is_refused_and_not_shown() {
    let findings = read(&[("digest.toml", "[mail.smtp]\npassword = \"hunter2\"\n")], &[]).unwrap_err();
    let shown = findings.to_string();
    assert!(shown.contains("the password must not be in this file"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn the_data_folder_starts_from_the_configuration_folder_and_its_old_place_is_known() {
    let place = |line: &str| {
        let folder = folder(&[("digest.toml", line)]);
        std::fs::create_dir(folder.path().join("below")).unwrap();
        let settings = load(folder.path(), None, &[]).unwrap().settings;
        let from = |path: &Path| path.strip_prefix(folder.path().parent().unwrap()).map(Path::to_owned);
        let name = folder.path().file_name().unwrap();
        let place = from(&settings.data)
            .map(|path| path.strip_prefix(name).map(|path| Path::new("FOLDER").join(path)).unwrap_or(path));
        (place.unwrap_or_else(|_| settings.data.clone()), settings.former_data)
    };
    for (line, data, former) in [
        ("", "data", Some("data")),
        ("data = \"data\"", "FOLDER/data", Some("data")),
        ("data = \"../data\"", "data", Some("data")),
        ("data = \"../mine\"", "mine", Some("../mine")),
        ("data = \"./below/../x\"", "FOLDER/x", Some("./below/../x")),
        ("data = \"/srv/data\"", "/srv/data", None),
    ] {
        assert_eq!(place(line), (data.into(), former.map(Into::into)), "{line}");
    }
}

#[cfg(unix)]
#[test]
fn the_folder_above_a_link_is_the_one_above_its_target() {
    let (target, here) = (folder(&[("feeds.toml", "")]), tempfile::tempdir().unwrap());
    let link = here.path().join("config");
    std::os::unix::fs::symlink(target.path(), &link).unwrap();
    let data = load(&link, None, &[]).unwrap().settings.data;
    assert_eq!(data, link.join("../data"), "as the system reads it");
}

#[test]
fn a_password_file_is_read_from_the_folder() {
    let relay = "[mail]\ntransport = \"smtp\"\n[mail.smtp]\nusername = \"u\"\npassword_file = \"secret\"\n";
    let config = read(&[("digest.toml", relay), ("secret", "pass word\n")], &[]).unwrap();
    assert_eq!(config.settings.mail.smtp.password.as_ref().map(Secret::reveal), Some("pass word"));
    assert!(found(&[("digest.toml", relay)], &[])[0].starts_with("digest.toml:5:17: `password_file` cannot be read"));
}

#[test]
fn a_logo_is_a_picture_with_words_for_those_who_do_not_see_it() {
    let png =
        [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\x40\0\0\0\x50".as_slice(), b"\x08\x06\0\0\0....\0\0\0\0IEND...."]
            .concat();
    let with = |digest: &str, file: &[u8]| {
        let folder = folder(&[("digest.toml", digest)]);
        std::fs::write(folder.path().join("logo.png"), file).unwrap();
        let place = format!("{}/", folder.path().display());
        let loaded = load(folder.path(), None, &[]).map(|config| config.settings);
        loaded.map_err(|findings| findings.to_string().replace(&place, ""))
    };
    let settings = with("logo = \"logo.png\"\n[sender]\norganisation = \"The Institute\"", &png).unwrap();
    let logo = settings.logo_picture.unwrap();
    assert_eq!((logo.width, logo.height, settings.logo_alt.as_str()), (160, 40, "The Institute"));
    let own = with("logo = \"logo.png\"\nlogo_alt = \"An owl\"", &png).unwrap();
    assert_eq!(own.logo_alt, "An owl");
    let refused = |digest: &str, file: &[u8]| with(digest, file).unwrap_err();
    let svg = refused("logo = \"logo.png\"\nlogo_alt = \"x\"", b"<svg/>");
    assert!(svg.contains("`logo`: `logo.png` is an SVG picture, which many email programs do not show"), "{svg}");
    assert!(svg.contains("digest.toml:1:8") && svg.contains("export it as PNG, 80 pixels high"), "{svg}");
    let heavy = refused("logo = \"logo.png\"\nlogo_alt = \"x\"", &[png.as_slice(), &[0; 41_000]].concat());
    assert!(heavy.contains("the limit is 40960, because every email carries it"), "{heavy}");
    let missing = refused("logo = \"lost.png\"\nlogo_alt = \"x\"", &png);
    assert!(missing.contains("`lost.png` cannot be read"), "{missing}");
    let silent = refused("logo = \"logo.png\"", &png);
    assert!(silent.contains("`logo` needs `logo_alt`"), "{silent}");
}

#[test]
fn a_bounce_address_has_room_for_a_token_and_a_proof_goes_to_a_whole_address() {
    let mail = |line: &str| found(&[("digest.toml", &format!("[mail]\n{line}\n"))], &[]);
    let long = "b".repeat(27);
    let place = "digest.toml:2:18: `bounce_address`";
    let too_long = format!("{place} is too long before the `@`");
    assert_eq!(mail(&format!("bounce_address = \"{long}@example.org\"")), [too_long]);
    assert_eq!(mail("bounce_address = \"a+b@example.org\""), [format!("{place} must have no `+`")]);
    let wanted = "must be an email address such as `someone@example.org`, not";
    assert_eq!(mail("bounce_address = \"bounces\""), [format!("{place} {wanted} `bounces`")]);
    assert_eq!(mail("proof_to = \"me@localhost\""), [format!("digest.toml:2:12: `proof_to` {wanted} `me@localhost`")]);
    assert_eq!(
        mail("unsubscribe_address = 1"),
        [
            "digest.toml:2:23: `unsubscribe_address` must be an email address such as `someone@example.org`, not a whole number"
        ]
    );
    let fine = "[mail]\nbounce_address = \"bounces@example.org\"\nunsubscribe_address = \"leave@example.org\"\n";
    let settings = read(&[("digest.toml", fine)], &[]).unwrap().settings;
    assert_eq!(settings.mail.bounce_address.as_deref(), Some("bounces@example.org"));
}

#[test]
fn a_signature_needs_dns_names() {
    let dkim = "[mail.dkim]\ndomain = \"example org\"\nselector = \"s1;\"\nkey_file = \"k\"\n";
    let wanted = "must be a name of letters, digits, hyphens and dots such as `example.org`, not";
    let findings = found(&[("digest.toml", dkim)], &[]);
    assert_eq!(
        findings,
        [
            format!("digest.toml:2:10: `domain` {wanted} `example org`"),
            format!("digest.toml:3:12: `selector` {wanted} `s1;`"),
        ]
    );
}

#[test]
fn an_incomplete_signature_is_found_at_its_table() {
    let half = "[mail.dkim]\ndomain = \"example.org\"\nselector = \"\"\n";
    assert_eq!(found(&[("digest.toml", half)], &[]), ["digest.toml:1:1: `mail.dkim` is incomplete"]);
}

#[test]
fn additional_authorities_are_read_from_the_folder_and_must_be_pem() {
    let digest = "[polling]\nca_file = \"own.pem\"\n[mail.smtp]\nca_file = \"relay.pem\"\n";
    let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let config = read(&[("digest.toml", digest), ("own.pem", pem), ("relay.pem", pem)], &[]).unwrap();
    assert_eq!(config.settings.polling.ca.as_deref(), Some(pem.as_bytes()));
    assert_eq!(config.settings.mail.smtp.ca.as_deref(), Some(pem.as_bytes()));
    let none = found(&[("digest.toml", digest), ("own.pem", pem)], &[]);
    assert!(none.len() == 1 && none[0].starts_with("digest.toml:4:11: `ca_file` cannot be read: "), "{none:?}");
    let der = found(&[("digest.toml", digest), ("own.pem", "0\u{82}"), ("relay.pem", pem)], &[]);
    assert_eq!(der, ["digest.toml:2:11: `ca_file` contains no PEM certificate"]);
}

#[test]
fn the_name_in_ehlo_is_a_domain_or_an_address_in_brackets() {
    let named = |name: &str| read(&[("digest.toml", &format!("[mail.smtp]\nehlo_name = \"{name}\"\n"))], &[]);
    for name in ["digest.example.org", "localhost", "xn--bcher-kva.example", "[192.0.2.1]", "[IPv6:2001:db8::1]"] {
        assert_eq!(named(name).unwrap().settings.mail.smtp.ehlo_name.as_deref(), Some(name));
    }
    assert_eq!(named("").unwrap().settings.mail.smtp.ehlo_name, None);
    for wrong in
        ["192.0.2.1", "my_host.example.org", "a b", "-a.example.org", "example.org.", "[example.org]", "ä.example"]
    {
        assert_eq!(named(wrong).unwrap_err().len(), 1, "{wrong}");
    }
}

#[test]
fn a_network_is_an_address_and_a_length() {
    let networks = |list: &str| read(&[("digest.toml", &format!("[polling]\nallow_private = {list}\n"))], &[]);
    let config = networks("[\"10.0.0.0/8\", \"fd00::/8\", \"192.0.2.7\"]").unwrap();
    let read: Vec<_> = config.settings.polling.allow_private.iter().map(ToString::to_string).collect();
    assert_eq!(read, ["10.0.0.0/8", "fd00::/8", "192.0.2.7/32"]);
    for wrong in ["10.0.0.0/33", "10.0.0/8", "example.org", "10.0.0.0/", "/8"] {
        assert_eq!(networks(&format!("[\"{wrong}\"]")).unwrap_err().len(), 1, "{wrong}");
    }
}

#[test]
fn a_misspelt_zone_or_word_is_answered_with_the_nearest() {
    let digest = "timezone = \"Europe/Lodnon\"\n[mail]\ntransport = \"smpt\"\n";
    let findings = read(&[("digest.toml", digest)], &[]).unwrap_err();
    let hints: Vec<_> = findings.iter().filter_map(|finding| finding.hint.as_deref()).collect();
    assert_eq!(hints, ["did you mean `Europe/London`?", "did you mean `smtp`?"]);
}

#[test]
fn an_unknown_locale_is_refused_with_what_was_probably_meant() {
    for (written, hint) in [
        ("en-UK", "did you mean `en-GB`?"),
        ("en_gb", "did you mean `en-GB`?"),
        ("de-US", "did you mean `de`?"),
        ("enn-GB", "did you mean `en-GB`?"),
        ("tlh", "write `en` for dates in English; `config/digest.toml` lists the known languages"),
    ] {
        let folder = folder(&[("digest.toml", &format!("locale = \"{written}\""))]);
        let findings = load(folder.path(), None, &[]).unwrap_err().to_string();
        assert!(
            findings.contains(&format!("`locale` must be a language and country such as `en-GB`, not `{written}`"))
        );
        assert!(findings.contains(hint), "{written}: {findings}");
    }
}

#[test]
fn an_international_domain_is_read_into_its_ascii_form() {
    let text = "[mail]\nfrom = \"Digest <news@räte.example>\"\nbounce_address = \"bounces@räte.example\"\n";
    let mail = read(&[("digest.toml", text)], &[]).unwrap().settings.mail;
    assert_eq!(mail.from.to_string(), "Digest <news@xn--rte-qla.example>");
    assert_eq!(mail.bounce_address.as_deref(), Some("bounces@xn--rte-qla.example"));
    assert_eq!(found(&[("digest.toml", "[mail]\nfrom = \"news@rä te.example\"\n")], &[]).len(), 1);
}

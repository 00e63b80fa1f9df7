use super::*;

fn people(text: &str) -> Vec<(u64, String)> {
    let found = |line: Line| match line.row {
        Ok(row) => (line.number, format!("{} {}", row.email, row.name).trim().to_owned()),
        Err(error) => (line.number, format!("! {error}")),
    };
    read(text).unwrap().lines.into_iter().map(found).collect()
}

fn row(headers: &str, cells: &str) -> Row {
    read(&format!("{headers}\n{cells}\n")).unwrap().lines.remove(0).row.unwrap()
}

#[test]
fn columns_are_matched_by_name_in_any_order_and_case() {
    let found = people("\u{feff}Name,Email\nAda, ada@example.org\n\n\"Byron, B.\",b@example.org\n");
    assert_eq!(found, [(2, "ada@example.org Ada".into()), (4, "b@example.org Byron, B.".into())]);
    let row = row("Address;E-Mail Address;FIRST NAME;last_name;Frequency", "1 High St;a@example.org;Ada;Byron;Daily");
    assert_eq!((row.email.as_str(), row.name.as_str(), row.cadence.as_str()), ("a@example.org", "Ada Byron", "daily"));
}

#[test]
fn a_file_without_addresses_says_which_columns_it_has() {
    for text in ["name,phone\nAda,1\n", "sep=;\nname;phone\n"] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.starts_with("there is no `email` column; the columns are: name, phone"), "{error}");
    }
    assert!(read("").is_err());
}

#[test]
fn the_delimiter_is_detected() {
    for text in
        ["email;name\na@example.org;A\n", "email\tname\na@example.org\tA\n", "sep=|\nemail|name\na@example.org|A"]
    {
        assert_eq!(people(text).last().unwrap().1, "a@example.org A", "{text}");
    }
    assert_eq!(people("email\na@example.org\n"), [(2, "a@example.org".into())]);
}

#[test]
fn a_cell_of_several_lines_is_one_and_a_mark_that_is_never_closed_costs_one_line() {
    let text = "email,name,notes\na@example.org,A,\"one\ntwo \"\"three\"\"\"\nb@example.org,\"B,x\nc@example.org,C,\nd@example.org,\"D, d\",\n\
                e@example.org,E \"the\" e,\nf@example.org,\"F";
    let found = [
        (2, "a@example.org A".to_owned()),
        (4, "! a quotation mark is opened and never closed".to_owned()),
        (5, "c@example.org C".to_owned()),
        (6, "d@example.org D, d".to_owned()),
        (7, "e@example.org E \"the\" e".to_owned()),
        (8, "! a quotation mark is opened and never closed".to_owned()),
    ];
    assert_eq!(people(text), found);
}

#[test]
fn every_word_for_not_subscribed_is_recognised() {
    let not = |word: &str| Standing::Not(word.to_owned());
    for (headers, cells, standing) in [
        ("email,status", "a@b.org,enabled", Standing::Subscribed),
        ("email,status", "a@b.org,", Standing::Subscribed),
        ("email,status", "a@b.org,Blocklisted", not("blocklisted")),
        ("email,status,subscription_status", "a@b.org,enabled,unconfirmed", not("unconfirmed")),
        ("Email Address,Email Marketing", "a@b.org,Non-Subscribed", not("non-subscribed")),
        ("Email Address,UNSUB_TIME,UNSUB_REASON", "a@b.org,2024-01-02 03:04:05,N/A", not("unsubscribed")),
        ("Email Address,CLEAN_TIME", "a@b.org,2024-01-02 03:04:05", not("cleaned")),
        ("Email Address,UNSUB_TIME", "a@b.org,", Standing::Subscribed),
        ("email,status", "a@b.org,vip", Standing::Unknown("vip".to_owned())),
    ] {
        assert_eq!(row(headers, cells).standing, standing, "{headers}: {cells}");
    }
}

#[test]
fn an_export_is_read_back_unchanged_and_has_no_formulas() {
    let themes = ["care".to_owned(), "digital".to_owned()];
    let person =
        Exported { email: "=2@example.org", name: "'=1+1", status: "left", themes: &themes, ..Exported::default() };
    let text = write(std::iter::once(person));
    assert!(text.contains("\n'=2@example.org,''=1+1,left,"), "{text}");
    let row = read(&text).unwrap().lines.remove(0).row.unwrap();
    assert_eq!(
        (row.email.as_str(), row.name.as_str(), row.themes.as_str()),
        ("=2@example.org", "'=1+1", "care; digital")
    );
    assert_eq!(row.standing, Standing::Not("left".to_owned()));
}

#[test]
fn rejected_lines_can_be_corrected_and_read_again() {
    let sheet = read("email;name\nx;X\na@example.org;A\n\"y;Y\n").unwrap();
    let text = rejects(&sheet, &[(2, "not an address".to_owned()), (4, "never closed".to_owned())]);
    let lines: Vec<&str> = text.lines().collect();
    let expected = ["email;name;rejected line;rejected because", "x;X;2;not an address", "\"\"\"y\";Y;4;never closed"];
    assert_eq!(lines, expected);
    let formula = read("email,name\n=cmd|calc@x,\"'=1\"\n").unwrap();
    let text_of_formula = rejects(&formula, &[(2, "no".to_owned())]);
    assert!(text_of_formula.ends_with("\n'=cmd|calc@x,'=1,2,no\n"), "{text_of_formula}");
    let again = rejects(&read(&text).unwrap(), &[(2, "still not".to_owned())]);
    assert_eq!(again, "email;name;rejected line;rejected because\nx;X;2;still not\n");
}

#[test]
fn addresses_are_found_as_people_paste_and_programs_write_them() {
    let one = |text: &str| people(text).into_iter().map(|(_, person)| person).collect::<Vec<_>>();
    assert_eq!(one("email,name\ra@example.org,A\rb@example.org,\"B\"\r"), ["a@example.org A", "b@example.org B"]);
    let text = "email\n\u{200b}a@example.org\nmailto:b@example.org?subject=x\n\"Moss, Cy <c@example.org>\"\n<d@example.org>\u{feff}\n";
    assert_eq!(one(text), ["a@example.org", "b@example.org", "c@example.org Moss, Cy", "d@example.org"]);
    for (headers, cells) in [
        ("Vorname;Nachname;E-Mail-Adresse", "Ada;Moss;a@example.org"),
        ("Nom,Prénom,Adresse e-mail", "Moss,Ada,a@example.org"),
        ("Nombre,Apellidos,Correo electrónico", "Ada,Moss,a@example.org"),
        ("Nome,Cognome,Indirizzo di posta", "Ada,Moss,a@example.org"),
        ("Voornaam,Achternaam,Iets anders", "Ada,Moss,a@example.org"),
        ("First name,Last name,Mail,Contact", "Ada,Moss,by letter,a@example.org"),
    ] {
        let row = row(headers, cells);
        assert_eq!((row.email.as_str(), row.name.as_str()), ("a@example.org", "Ada Moss"), "{headers}");
    }
    assert_eq!(row("E-Mail,Statut", "a@b.org,Désabonné").standing, Standing::Not("désabonné".to_owned()));
    assert_eq!(row("E-Mail;Status", "a@b.org;Abgemeldet").standing, Standing::Not("abgemeldet".to_owned()));
    assert!(read("name,phone\nAda,1\nBen,b@example.org\nCy,3\n").is_err(), "one cell is no column");
}

proptest::proptest! {
    #[test]
    fn every_line_of_any_file_is_reported_once_and_can_be_rejected(text in "[\\x00-\\x7fé\"\",;\n\r\t]{0,200}") {
        let sheet = read(&format!("email,name\n{text}")).unwrap();
        let numbers: Vec<u64> = sheet.lines.iter().map(|line| line.number).collect();
        proptest::prop_assert!(numbers.is_sorted_by(|one, next| one < next));
        let reasons: Vec<_> = numbers.iter().map(|number| (*number, "so".to_owned())).collect();
        let again = read(&rejects(&sheet, &reasons)).unwrap();
        proptest::prop_assert_eq!(again.lines.iter().filter(|line| line.row.is_ok()).count(), sheet.lines.len());
    }
}

#[test]
fn a_list_without_a_line_of_names_begins_with_its_first_person() {
    for text in [
        "a1@example.org\na2@example.org\n",
        "a1@example.org\n",
        "Ann <a1@example.org>\nBen <a2@example.org>\n",
        "Ann;a1@example.org\nBen;a2@example.org\n",
        "a1@example.org,2026-01-02,yes\nnot an address,2026-01-02,yes\na2@example.org,2026-01-03,yes\n",
    ] {
        let sheet = read(text).unwrap();
        assert_eq!(sheet.lines.len(), text.lines().count(), "{text}");
        assert_eq!(
            (sheet.lines[0].number, &*sheet.lines[0].row.as_ref().unwrap().email),
            (1, "a1@example.org"),
            "{text}"
        );
    }
    let named = read("email\na1@example.org\n").unwrap();
    assert_eq!((named.lines.len(), named.lines[0].number), (1, 2));
}

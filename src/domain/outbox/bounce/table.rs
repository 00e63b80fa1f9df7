//! What servers say when they do not deliver, line by line with its source: enhanced codes, and the shapes of words by
//! which providers say more, or something else, than their codes do. Patterns are matched by `shapes`, and what follows
//! from a line is `weigh`'s.
//!
//! A pattern is made of words in lower case, without marks; `..` stands for up to eight words between, a `*` at a word's
//! end for any ending, and a `~` before it all for letters that no spaces part, as in Japanese.

use super::{Cause, Fault};

/// What an enhanced code's subject and detail mean when its class is 5; the first line that matches holds. No detail:
/// all of the subject. What is in no line is judged as if it had not been said.
pub(super) const CODES: &[(u16, &[u16], Cause, Fault)] = &[
    // RFC 3463 §3.2: bad mailbox, bad system, bad syntax, moved without forwarding. RFC 7505 §4.2 and RFC 7504 §5:
    // 5.1.10, the domain takes no mail at all; Exchange writes it for an unknown recipient.
    (1, &[1, 2, 3, 6, 10], Cause::Dead, Fault::Person),
    // RFC 3463 §3.2: the sender's address is ill-formed or its system bad.
    (1, &[7, 8], Cause::Ours, Fault::Ours),
    // RFC 3463 §3.3: a message too long for the mailbox. We make them short, so it is ours.
    (2, &[3], Cause::Ours, Fault::Ours),
    // RFC 3463 §3.3: disabled, "may be only temporarily" so.
    (2, &[1], Cause::Disabled, Fault::Soft),
    // RFC 3463 §3.3: full may be emptied.
    (2, &[2], Cause::Full, Fault::Soft),
    // RFC 3463 §3.3: a list that is not expanded may be fixed, and 5.2.0 says nothing. Each is the mailbox's state.
    (2, &[], Cause::Unclear, Fault::Soft),
    // RFC 3463 §3.4: the other system is full, closed, misconfigured, or wants smaller mails. It says nothing of the
    // person; some systems say it (5.3.0) for whatever they dislike in a sender.
    (3, &[], Cause::Ours, Fault::Ours),
    // RFC 3463 §3.5: no route to the host, which is what a domain that no longer exists comes to.
    (4, &[4], Cause::Dead, Fault::Person),
    // RFC 3463 §3.5: the time for delivery is over, whatever kept the email waiting.
    (4, &[7], Cause::Temporary, Fault::Soft),
    // RFC 3463 §3.5: other states of network and routing, loops and congestion among them.
    (4, &[], Cause::Ours, Fault::Ours),
    // RFC 3463 §3.6: the protocol between the two servers.
    (5, &[], Cause::Ours, Fault::Ours),
    // RFC 3463 §3.7: content, conversion.
    (6, &[], Cause::Filtered, Fault::Ours),
    // IANA, SMTP Enhanced Status Codes: 5.7.13 user account disabled; RFC 7293: the mailbox (5.7.17) or its domain
    // (5.7.18) has another owner by now.
    (7, &[13, 17, 18], Cause::Disabled, Fault::Soft),
    // RFC 3463 §3.8: security and policy; RFC 7372, authentication.
    (7, &[], Cause::Filtered, Fault::Ours),
];

/// How far a line of words is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// It goes before every code.
    Sure,
    /// A code that says otherwise makes it doubtful.
    Weak,
}

/// A line of words: what it means, how far it is trusted, its patterns.
pub(super) type Shape = (Cause, Trust, &'static [&'static str]);

use Trust::{Sure, Weak};

/// Blocklists by name or kind, in words or in the address of a page about it: what Postfix (reject_rbl_client), Exim
/// (dnslists), sendmail (dnsbl), Barracuda and Proofpoint write. They go before everything.
#[rustfmt::skip]
pub(super) const BLOCKLISTS: &[&str] = &[
    "blacklist*", "blocklist*", "black list*", "block list*", "denylist*", "dnsbl*", "rbl", "rbls", "spamhaus",
    "sorbs", "spamcop", "uceprotect*", "abuseat", "barracudacentral", "csi cloudmark", "psbl", "surbl", "uribl",
    "query ip", "lookup ip", "query bl", "is listed", "been listed", "are listed", "currently listed",
    "ip .. listed by",
];

/// What a refusal's words mean; the first line that matches holds. What protects a living person comes first.
#[rustfmt::skip]
pub(super) const SHAPES: &[Shape] = &[
    // Exchange Online Protection, directory-based edge blocking ("NDR 550 5.4.1"): it knows no such recipient.
    (Cause::Dead, Weak, &[
        "recipient address rejected access denied", "5 4 1 .. access denied",
    ]),
    // Reputation: Cisco IronPort and SenderBase, Proofpoint, Comcast, Outlook.com (S3140, S3150), Yahoo (TSS), Gmail.
    (Cause::Filtered, Sure, &[
        "reputation", "senderbase*", "senderscore*", "banned sending ip", "s3140", "s3150", "s775b", "s844", "tss*",
        "ts01", "ts02", "ts03", "unsolicited", "user complaints", "suspicious activity", "unusual rate",
        "likely suspicious", "spamtrap*", "spam trap*", "block* .. ip", "ip .. block*", "ip .. banned", "your ip",
        "your mail server", "your mailserver", "your network", "your server", "your host", "ip address .. not",
        "part of their network",
    ]),
    // Content judged as spam or harmful: SpamAssassin, amavis, rspamd, Proofpoint, Mimecast, Trend Micro, mail.ru.
    (Cause::Filtered, Sure, &[
        "spam message*", "spam mail*", "spam email*", "as spam", "is spam", "be spam", "like spam", "for spam",
        "spam detected", "spam content", "spam score", "spam detection", "anti spam", "antispam", "spam filter*",
        "spammer*", "spamming", "spammy", "spam like", "spam reject*", "spam refused", "spam or", "spam source",
        "considered spam", "probable spam", "possible spam", "high probability .. spam", "spam block*",
        "rejected .. spam", "blocked .. spam", "junk mail", "junk email", "bulk mail*", "bulk email*", "phish*",
        "virus*", "malware", "infected", "malicious", "trojan", "content rejected", "content filter*",
        "content .. denied", "content .. not .. accepted", "message content", "prohibited content", "banned content",
        "rejected .. content", "ungewollt*", "unerwünscht*", "~スパム", "~迷惑メール", "~спам", "~垃圾",
    ]),
    // Who we are: SPF, DKIM, DMARC, reverse names, HELO, log-in (Postfix access(5), RFC 7208, RFC 7372, Gmail 5.7.26).
    (Cause::Filtered, Sure, &[
        "spf", "dkim", "dmarc", "unauthenticated", "not authenticated", "authentication required",
        "authenticationrequired", "authrequired", "requires authentication", "email authentication",
        "sender address rejected", "senders address", "sender address", "sending address", "return path",
        "envelope sender", "sender rejected", "sender denied", "sender .. not allowed", "sender .. block*",
        "sender verify failed", "sender verification", "sender .. invalid", "invalid sender", "sender domain",
        "sender address .. not exist*", "sender id", "domain of sender", "client host", "client .. reject*",
        "helo command", "helo .. reject*", "ehlo .. reject*", "reverse dns", "rdns", "ptr", "reverse hostname",
        "reverse lookup", "reverse host",
    ]),
    // Rates: Gmail 4.7.28, Outlook.com, T-Online, IONOS, Yandex, Zoho.
    (Cause::Filtered, Sure, &[
        "rate limit*", "ratelimit*", "rate exceeded", "rate .. that prevents", "throttl*", "too many messages from",
        "too many .. connections", "too many emails", "too many mails", "sending limit*", "sending quota",
        "daily .. limit*", "hourly .. limit*", "messages .. per hour", "messages .. per day",
        "receiving mail at a rate", "too many recipients", "submission quota", "outgoing message limit",
    ]),
    // A full mailbox: Dovecot, Cyrus, Courier maildrop, Exchange, Gmail, Yahoo, Outlook.com, Domino, GroupWise, mail.ru.
    (Cause::Full, Sure, &[
        "over quota", "over .. quota", "overquota", "quota", "quota .. exceed*", "exceed* .. quota", "quota .. full",
        "quota violation", "quota limit", "disk quota", "out of quota", "quota has been", "beyond .. quota",
        "above .. quota", "mailbox quota", "storage quota", "user quota", "past .. quota", "reached .. quota",
        "quotaexceeded", "mailboxfull", "mailboxquota*", "overquotatemp", "mailbox .. full", "mailbox full",
        "mailfolder .. full", "inbox .. full", "mail box .. full", "account .. full", "folder .. full",
        "user is full", "message store .. full", "full mailbox", "mailbox size limit", "mailbox .. exceed*",
        "exceed* .. mailbox", "mailbox .. over .. limit", "mailbox .. over .. size", "out of storage",
        "storage limit", "exceed* .. storage", "storage .. exceed*", "storage .. full", "not enough .. space",
        "no .. space left", "not enough storage", "insufficient .. space", "insufficient disk", "disk space",
        "disk full", "allocated .. space", "mailbox space", "storage space", "account .. exceed* .. space",
        "mailbox limit*", "recipient .. exceeded .. limit", "too many messages .. mailbox", "too much mail",
        "over .. maximum .. size", "over the maximum allowed", "over its limit", "postfach .. voll",
        "mailbox .. voll", "speicherplatz", "überfüllt", "boîte .. pleine", "quota .. dépass*", "dépass* .. quota",
        "buzón .. lleno", "casilla .. llena", "cuota .. excedid*", "casella .. piena", "caixa .. cheia",
        "postvak .. vol", "brevlåda .. full", "skrzynka .. przepełnion*", "почтовый ящик .. переполнен",
        "ящик .. переполнен", "~переполнен", "~いっぱい", "~容量", "~已满", "~配额",
    ]),
    // A message that is too large: RFC 1870, Exchange (RESOLVER.RST.RecipSizeLimit), Postfix, Courier.
    (Cause::Ours, Sure, &[
        "message size exceed*", "message .. too large", "message .. too big", "message too long", "mail too large",
        "message length exceed*", "exceed* .. message size", "exceed* .. size limit", "message file too big",
        "sizelimit", "recipsizelimit", "exceeds .. maximum message", "maximum message size",
        "maximum allowed message size", "message exceeds .. size", "larger than", "nachricht ist zu groß",
    ]),
    // A mailbox that is switched off: Gmail, Yahoo, mail.ru, Yandex, Zoho, Exim, sendmail, Postfix (IANA 5.2.1, 5.7.13).
    (Cause::Disabled, Sure, &[
        "account .. disabled", "mailbox .. disabled", "user .. disabled", "address .. disabled",
        "recipient .. disabled", "mail for .. disabled", "disabled .. account", "disabled .. recipient",
        "disabled .. mailbox", "disabled user", "account .. inactive", "mailbox .. inactive", "user .. inactive",
        "email .. inactive", "recipient .. inactive", "inactive account", "inactive user", "inactive mailbox",
        "inactive recipient", "is inactive", "inactive for", "account .. not active", "mailbox .. not active",
        "user .. not active", "not active", "not an active", "inactiv*", "account .. suspend*",
        "mailbox .. suspend*", "user .. suspend*", "domain .. suspend*", "recipient .. suspend*",
        "address .. suspend*", "suspended account", "account .. deactivat*", "mailbox .. deactivat*",
        "user .. deactivat*", "deactivated", "account .. locked", "mailbox .. locked", "user .. locked",
        "account .. blocked", "mailbox .. blocked", "user is blocked", "mailbox .. frozen", "account .. frozen",
        "account .. expired", "mailbox .. expired", "account .. on hold", "account .. hold", "dormant",
        "temporarily disabled", "account unavailable", "account .. not available", "has not been used",
        "not used for", "account .. unavailable", "currently disabled", "konto .. gesperrt", "postfach .. gesperrt",
        "deaktiviert", "inaktiv", "compte .. désactivé", "compte .. suspendu", "cuenta .. desactivad*",
        "cuenta .. suspendid*", "account .. disattivat*", "disabilitat*", "~заблокирован", "~отключен", "~停用", "~禁用",
        "~冻结",
    ]),
    // The mailbox or its domain is not there. Exim, sendmail and Postfix ("user unknown"), qmail ("no mailbox here by that
    // name"), Exchange (RecipNotFound), Gmail, Yahoo ("doesn't have a … account"), Domino, Courier, Cyrus, GroupWise.
    (Cause::Dead, Sure, &[
        "user unknown", "users unknown", "unknown user*", "user .. unknown", "unknown recipient*", "unknown mail",
        "recipient unknown", "recipient is unknown", "unknown address", "address unknown", "unknown local part",
        "unknown mailbox", "unknown account", "unknown email", "unknown local", "account unknown", "mailbox unknown",
        "username unknown", "unknown to", "unknown virtual", "unknown in", "unknown or", "address .. unknown",
        "addressee unknown", "unknown rcpt", "unknown internet", "no such user*", "no such mailbox*",
        "no such address*", "no such recipient*", "no such person", "no such account", "no such local",
        "no such email", "no such mail", "no such name", "no such domain", "no such host", "no mailbox",
        "no account", "no user", "no recipient", "nosuchuser", "nosuchrecipient", "nobody by that name",
        "nobody .. here", "nobody of that name", "no person", "no valid recipient*", "no one by that", "not exist*",
        "doesnt exist*", "does not .. exist", "didnt exist", "did not exist", "dont exist", "nonexist*",
        "non exist*", "not .. existing", "never existed", "inexist*", "doesnt have .. account",
        "does not have .. account", "doesnt have .. mailbox", "does not have .. mailbox", "has no mailbox",
        "have no mailbox", "dont have a", "dd .. account", "user .. not found", "recipient .. not found",
        "address .. not found", "mailbox .. not found", "account .. not found", "name not found",
        "directory .. not found", "email .. not found", "recipientnotfound", "recipnotfound", "exrecipnotfound",
        "mailboxnotfound", "usernotfound", "addressnotfound", "user .. not .. found", "not found .. directory",
        "unable to find .. recipient", "unable to find .. user", "cannot find .. user", "cannot find .. recipient",
        "couldnt be found", "could not be found", "cant be found", "cannot be found", "wasnt found", "was not found",
        "werent found", "not known", "isnt known", "not a known", "not listed in", "not in .. directory",
        "not in my .. list", "isnt in my", "not in our", "not our customer", "not a customer", "not a valid",
        "isnt a valid", "not valid", "not an existing", "not a user", "not .. local user", "user not local",
        "user .. not here", "recipient .. not here", "not here", "isnt here", "invalid recipient*",
        "invalid mailbox*", "invalid user*", "invalid address*", "invalid email", "invalid account", "invalid local",
        "recipient .. invalid", "mailbox .. invalid", "address .. invalid", "user .. invalid", "user invalid",
        "bad destination", "bad address", "bad recipient", "bad mailbox", "illegal user", "illegal recipient",
        "illegal alias", "adr recipnotfound", "address book", "in domino directory", "unrouteable address",
        "unroutable address", "unrouteable", "unresolvable address", "undeliverable address", "alias .. not",
        "unknown alias", "mailbox .. closed", "mailbox .. deleted", "mailbox .. removed", "mailbox .. cancel*",
        "mailbox .. terminated", "account .. closed", "account .. deleted", "account .. removed",
        "account .. cancel*", "account .. terminated", "user .. deleted", "user .. removed", "closed account",
        "address .. retired", "no longer exist*", "no longer valid", "no longer available", "no longer here",
        "no longer with", "no longer in use", "no longer on", "no longer used", "no longer a", "no longer receiv*",
        "no longer accept*", "no longer active", "no longer works", "no longer employed", "no longer has",
        "no longer at", "has left", "retired", "has moved", "moved to", "discontinued", "ceased",
        "not .. longer .. exist", "wrong address", "wrong recipient", "misspel*", "typo", "adressee",
        "does not have an email", "host unknown", "unknown host", "host not found", "hostname .. not found",
        "domain not found", "domain .. not found", "domain .. could not be found", "name service error",
        "unknown domain", "domain unknown", "invalid domain", "nxdomain", "host or domain name not found",
        "couldnt find any host", "could not find any host", "cant find .. host", "no mx", "null mx", "nullmx",
        "no mail server*", "no host", "bad domain", "domain .. not accept* .. mail", "host .. cannot be found",
        "unrouteable domain", "all relevant mx records point to", "empfänger .. unbekannt", "unbekannter empfänger",
        "unbekannter nutzer", "benutzer .. unbekannt", "unbekannt", "existiert nicht", "nicht .. gefunden",
        "nicht bekannt", "nicht existent", "gibt es nicht", "destinataire .. inconnu", "utilisateur inconnu",
        "adresse .. inconnue", "inconnu", "inconnue", "nexiste pas", "nexiste", "pas été trouvé*", "introuvable",
        "no existe", "desconocid*", "no se encuentra", "no se encontró", "no se ha encontrado", "sconosciut*",
        "non esiste", "inesistente", "não existe", "desconhecido", "bestaat niet", "niet gevonden", "onbekend",
        "finns inte", "okänd", "findes ikke", "nie istnieje", "не существует", "не найден*", "~не найден",
        "~неизвест", "~存在しません", "~存在しない", "~見つかりません", "~見つかりませんでした", "~宛先不明", "~不存在", "~查无",
    ]),
    // Words that mean a dead mailbox as a rule, and not always. RFC 5321 §4.2.2: 550 "mailbox unavailable (e.g., mailbox
    // not found, no access, or command rejected for policy reasons)", word for word at Outlook.com and GMX.
    (Cause::Dead, Weak, &[
        "mailbox unavailable", "mailbox .. unavailable", "mailbox not available", "mailbox .. not available",
        "mailbox isnt available", "recipient address rejected", "recipient rejected", "recipient .. rejected",
        "rejected .. recipient", "address rejected", "recipient denied", "recipient .. not accepted",
        "recipient .. refused", "user rejected", "recipient unavailable", "verification failed", "recipient verify",
        "callout", "unable to verify", "undeliverable to", "delivery error dd", "dd this user",
        "requested action not taken", "not a mailbox", "cannot receive", "cant receive", "unable to receive",
        "does not accept mail", "not accept mail", "doesnt accept", "does not receive", "not accepting mail for",
        "mail not accepted for", "not accepting messages", "unable to accept mail", "no longer be delivered",
        "destinatario", "adresse .. erreur", "not deliverable", "could not deliver .. mailbox", "not our mailbox",
        "not .. local", "not allowed to receive",
    ]),
    // It may pass: greylisting (Postgrey, OVH), time-outs, restarts, disks of the system's own (Exim, Postfix, qmail, sendmail).
    (Cause::Temporary, Weak, &[
        "greylist*", "graylist*", "grey list*", "gray list*", "try again", "try later", "retry later", "later",
        "temporar*", "transient", "timed out", "timeout", "time out", "connection refused", "connection .. closed",
        "connection .. reset", "connection .. lost", "lost connection", "connection dropped", "could not connect",
        "couldnt connect", "cannot connect", "unable to connect", "connect to", "connection failed",
        "connection error", "no connection", "wasnt able to establish", "establish an smtp connection",
        "no route to host", "network .. unreachable", "host .. unreachable", "not reachable", "unreachable",
        "too busy", "overload*", "system .. full", "system storage", "system resources", "system load",
        "service not available", "internal error", "internal server error", "local error", "local problem",
        "server error", "io error", "i o error", "deferred", "expired", "time expired", "message .. old", "too old",
        "too long in .. queue", "in the queue too long", "queue too long", "loop*", "too many hops", "hop count",
        "hops", "given up after", "nameserver", "name server", "dns failure", "dns error", "lookup failed",
        "domain .. lookup", "servfail", "cname lookup", "retry time", "bad file descriptor", "cannot open",
        "cant open", "lock*", "not responding", "did not respond", "no answer", "starttls", "tls", "ssl",
        "certificate", "handshake", "configuration error", "system error", "misconfig*", "mailer died",
        "command died", "pipe", "procmail", "returned .. exit", "exit status", "permission denied", "cant create",
        "unable to create",
    ]),
    // Relays that do not serve the domain, protocol and form: Postfix, sendmail check_rcpt, Exim, Exchange.
    (Cause::Ours, Weak, &[
        "relay*", "bare lf", "line too long", "syntax error", "protocol error", "command .. not", "header*",
        "encoding", "8bit*", "parameter*", "not rfc",
    ]),
    // Policy in general words: closed groups, lists that want members (Exchange, Google Groups, Mimecast, Barracuda).
    (Cause::Filtered, Weak, &[
        "policy", "policies", "prohibit*", "administrat* .. denied", "block", "blocked", "blocking", "banned",
        "forbidden", "access denied", "access .. denied", "denied", "not authori*", "unauthori*", "not permitted",
        "not allowed", "permission to", "permissions", "restrict*", "refused by", "not accept* .. from",
        "rejected by", "rejected due", "refused", "moderat*", "only members", "members only", "not .. member",
        "senders", "protection", "security", "suspicious", "abuse", "authenticat*", "delivery not authorized",
        "service refused", "not wanted", "mail rejected", "message rejected", "message refused", "attachment*",
        "nicht erlaubt", "verweigert", "abgelehnt", "refusé", "rechazad*",
    ]),
];

/// Subjects of a notice that a delivery failed, by the system that writes them.
#[rustfmt::skip]
pub(super) const FAILED_SUBJECTS: &[&str] = &[
    // Exim, Postfix, qmail, sendmail, Courier, OpenSMTPD, dma.
    "mail delivery failed", "undelivered mail*", "failure notice", "returned mail*", "mail delivery failure",
    "mail could not be delivered", "delivery failed", "delivery failure*", "mail failure",
    // Exchange, Outlook, Domino, GroupWise, Notes, MailEnable, hMailServer, IMail, MDaemon.
    "undeliver*", "delivery status notification", "delivery report", "delivery notification", "delivery has failed",
    "delivery unsuccessful", "message undeliverable", "mail system error", "message status undeliverable",
    "mail delivery problem", "message delivery failure", "message could not be delivered",
    "message delivery has failed", "delivery error", "mail delivery error", "nondeliver*", "non deliver*",
    // Gmail, Yahoo, mail.ru, Yandex, Zoho, Amazon, KDDI, docomo, Verizon.
    "delivery status", "mail error", "error sending", "error delivering", "could not be delivered",
    "could not deliver", "couldnt be delivered", "unable to deliver", "was not delivered", "wasnt delivered",
    "not delivered", "not be delivered", "mail returned", "returned to sender", "return to sender", "bounce*",
    "not sent", "email error", "mail delivery", "rejected", "address .. not found", "recipient .. unknown",
    "user unknown", "not in .. directory", "problem .. mail", "message .. failed", "email .. failed",
    "delivery problem", "delivery subsystem", "failed delivery", "failure delivery", "unzustellbar*",
    "nicht zustellbar", "nicht zugestellt", "unzustellbare", "fehlgeschlagen", "zustellung", "non remis*",
    "échec de .. remise", "échec .. distribution", "non distribué*", "non délivré*", "no se puede entregar",
    "no entregado", "no se ha podido", "devuelto", "mancata consegna", "impossibile recapitare", "não entregue",
    "niet bezorgd", "onbestelbaar", "недоставлен*", "не доставлен*", "~недоставлен", "~不達", "~配信不能", "~送信エラー", "~届け",
    "~エラー", "~退信", "~系统退信", "~무배달",
];

/// Words of a warning that a mail is only late: Exim (`delay_warning`), sendmail, Postfix (`delay_warning_time`), Gmail,
/// Exchange. Who says these has not given up.
#[rustfmt::skip]
pub(super) const DELAY: &[&str] = &[
    "warning message only", "only a warning", "just a warning", "warning only", "need not .. sen*",
    "need not .. resen*", "not need to .. resend", "not need to .. send", "no need to .. resend",
    "no need to .. send", "dont need to .. resend", "neednt .. send", "still being retried", "still trying",
    "still .. being tried", "will be retried", "be tried again", "is tried for", "will try again", "keep trying",
    "keeps trying", "continue to try", "continue trying", "continues to try", "attempts .. continue",
    "attempts go on", "will retry", "retries .. continue", "not yet been delivered", "not yet delivered",
    "could not send message for past", "wird weiter*", "weiterhin versucht", "erneut versucht",
];

/// Words of the same that a notice of failure may have as well.
#[rustfmt::skip]
pub(super) const LATE: &[&str] = &[
    "delayed", "delay", "delivery .. late", "hours late", "has been waiting", "takes longer", "warning could not",
    "deferred", "verzöger*", "retard*", "retrasad*", "ritard*", "~отложен", "~задерж", "~遅延",
];

/// Words that it arrived, or went on to where no report comes from (RFC 3461): not every system writes a status for that.
#[rustfmt::skip]
pub(super) const DELIVERED: &[&str] = &[
    "successfully delivered", "delivered successfully", "successful mail delivery", "successful delivery", "delivery successful",
    "delivery was successful", "successfully relayed", "relayed successfully", "successfully received", "erfolgreich zugestellt",
    "remis avec succès", "entregado correctamente",
];

/// Words that it is over, which stand against those.
#[rustfmt::skip]
pub(super) const GIVEN_UP: &[&str] = &[
    "given up", "giving up", "gave up", "give up on", "not be retried", "no further attempt*", "no more attempts",
    "no longer .. retr*", "will not .. retr*", "wont .. retr*", "not .. try again", "permanent* .. error*",
    "permanent* .. fail*", "permanently failed", "failed permanently", "delivery has failed", "delivery failed",
    "has been returned", "is being returned", "being returned", "returned unopened", "could not be delivered for",
    "too long", "expired", "abandoned",
];

/// Words of a subject that says so.
pub(super) const OVER_SUBJECTS: &[&str] = &["fail*", "return*", "undeliver*", "bounce*", "given up"];

/// Subjects of answers that machines give (RFC 3834), in the languages of Exchange, Gmail and the common vacation programs.
#[rustfmt::skip]
pub(super) const AUTO_REPLY_SUBJECTS: &[&str] = &[
    "out of .. office", "out of office", "ooo", "automatic reply", "automatic response", "automated reply",
    "automated response", "auto reply", "autoreply", "auto response", "autoresponse", "autoresponder",
    "auto responder", "auto answer", "vacation", "on vacation", "away from", "i am away", "away", "on leave",
    "annual leave", "maternity leave", "parental leave", "holiday*", "sabbatical", "thank you for", "thanks for",
    "we have received", "has been received", "your request", "ticket", "case", "abwesen*", "automatische antwort",
    "außer haus", "nicht im büro", "im urlaub", "urlaub", "réponse automatique", "absence", "absent*",
    "absent du bureau", "message dabsence", "en congé*", "respuesta automática", "fuera de .. oficina", "ausencia",
    "ausente", "risposta automatica", "fuori .. ufficio", "assente", "assenza", "resposta automática", "ausência",
    "fora do escritório", "automatisch antwoord", "afwezig*", "autosvar", "automatiskt svar", "frånvaro*", "fravær*",
    "poissa*", "automaattinen vastaus", "odpowiedź automatyczna", "nieobecn*", "automatická odpověď",
    "mimo kancelář", "автоматический ответ", "автоответ*", "~отпуск", "allan or swyddfa", "allan o r swyddfa",
    "ateb awtomatig", "~自動返信", "~自動応答", "~不在", "~自动回复", "~自動回覆", "~자동",
];

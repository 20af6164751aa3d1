internal import TLS

extension OutputFormat {
  /// What the TLS of a connection tells.
  static let tls = OutputObject(
    title: "tls",
    fields: [
      OutputField("version", .text, absent: "where no ServerHello tells it", "Version: `1.3`, `1.2`, `1.1`, `1.0` or `SSL 3.0`."),
      OutputField(
        "suite", .text, absent: "where no ServerHello tells it", "Cipher suite by its IANA name; `0x1234` where it has none."),
      OutputField("sni", .text, absent: "where the client named none", "Host name that the client asked for."),
      OutputField(
        "alpn", .text, absent: "where none was chosen, and in TLS 1.3 without keys", "Protocol that the server chose."),
      OutputField("client_random", .form(.sha256), absent: "where no ClientHello was captured", "Random of the ClientHello."),
      OutputField("ja3", .text, absent: "where no ClientHello was captured", "JA3 fingerprint of the ClientHello."),
      OutputField("ja4", .text, absent: "where no ClientHello was captured", "JA4 fingerprint of the ClientHello."),
      OutputField(
        "certificates", .list(.object(certificate), most: 100), absent: "where none was seen, as in TLS 1.3 without keys",
        "Certificates of the server, its own first."),
      OutputField("resumed", .bool, "The first handshake resumed a session."),
      OutputField("clear", .bool, "At least one record was opened: both directions have `clear`."),
      OutputField("why", .word(tlsObstacles), absent: "where `clear`", "Why no record was opened."),
    ])

  static let certificate = OutputObject(
    title: "certificate",
    fields: [
      OutputField("subject", .text, "Name of the holder, as RFC 4514 writes it."),
      OutputField("issuer", .text, "Name of the issuer."),
      OutputField("not_before", .text, absent: "where it cannot be read", "Beginning of its validity, RFC 3339."),
      OutputField("not_after", .text, absent: "where it cannot be read", "End of its validity."),
      OutputField("sha256", .form(.sha256), "SHA-256 of the certificate; with `--tls-certificates` the name of its file."),
    ])

  /// The clear bytes of one direction.
  static let clear = OutputObject(
    title: "clear",
    fields: [
      OutputField("file", .optional(.text), "Path of the file below the output folder; null without a byte."),
      OutputField("file_base64", .form(.base64), absent: "where the path is UTF-8", "The bytes of a path that is not UTF-8."),
      OutputField("member", .object(member), absent: "without `--tar` or without a byte", "The file in the archive."),
      OutputField("bytes", .count, "Clear bytes of application data."),
      OutputField(
        "length", .count, absent: "where equal to `bytes`", "Length of the clear stream: `bytes`, `gap_bytes` and `truncated_bytes`."),
      OutputField("file_size", .count, absent: "where equal to `bytes`", "Size of the file, holes included."),
      OutputField("truncated_bytes", .count, absent: "where 0", "Clear bytes that `--max-bytes` kept out of the file."),
      OutputField("gap_count", .count, absent: "where 0", "Gaps of the clear stream."),
      OutputField("gap_bytes", .count, absent: "where 0", "Bytes missing in all gaps: at most so many, where one is not exact."),
      OutputField(
        "gaps", .list(.object(clearGap), most: FlowNotes.maxListedGaps), absent: "where empty",
        "The first \(FlowNotes.maxListedGaps) gaps, in order of offset."),
      OutputField("records", .count, absent: "where 0", "Records with application data that were opened."),
      OutputField(
        "dropped", .tally(clearDrops, skipsZero: true), absent: "where empty", "Clear bytes that are not in the file, by reason."),
      OutputField(
        "sha256", .form(.sha256), absent: "without `--hash` or without a file", "SHA-256 of the file as it lies on the disk."),
      OutputField("write_error", .text, absent: "where writing succeeded", "Why the file ends early: the system's words."),
    ])

  static let clearGap = OutputObject(
    title: "clear gap",
    fields: [
      OutputField("offset", .count, "Offset of the first missing byte in the clear stream."),
      OutputField("length", .number, "Missing bytes: at most so many, unless `exact`."),
      OutputField("exact", .bool, "The length is exact. In TLS 1.3 and with CBC it never is, because of padding."),
      OutputField("kind", .word(clearGapKinds), "Why bytes are missing."),
      OutputField("by", .word(clearGapCauses), "What the length follows from."),
      OutputField("file_offset", .count, "Offset of the gap in the file."),
      OutputField("file_length", .count, "Room of the gap in the file; 0 where it has none."),
    ])

  private static func words<Source: OutputWordSource & CaseIterable>(_: Source.Type) -> [OutputWord] {
    Source.allCases.map { OutputWord(name: $0.name.description, meaning: $0.word.meaning.description) }
  }

  static let tlsObstacles = WordList(title: "TLS obstacle", words: words(TLSFacts.Obstacle.self))
  static let clearGapKinds = WordList(title: "clear gap kind", words: words(ClearGap.Kind.self))
  static let clearGapCauses = WordList(title: "clear gap cause", words: words(ClearGap.Cause.self))

  static let clearDrops = WordList(
    title: "clear drop reason",
    words: [
      OutputWord(
        name: "early_data", meaning: "Early data that the server rejected, or of which it is not known whether it did."),
      OutputWord(name: "below_minimum", meaning: "The direction has fewer clear bytes than `--min-bytes`."),
    ])
}

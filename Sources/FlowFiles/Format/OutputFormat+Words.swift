internal import Packets
internal import Reassembly

extension OutputFormat {
  /// Returns the words of an enumeration whose raw values are bytes, in the order of these values.
  private static func words<Source: OutputWordSource & RawRepresentable<UInt8>>(_: Source.Type) -> [OutputWord] {
    (0...UInt8.max).compactMap(Source.init(rawValue:)).map { source in
      OutputWord(name: source.name.description, meaning: source.word.meaning.description)
    }
  }

  static let clientEvidence = WordList(title: "evidence for the client", words: words(ConnectionReport.ClientEvidence.self))
  static let handshakes = WordList(title: "handshake", words: words(ConnectionReport.Handshake.self))
  static let closes = WordList(title: "close", words: words(ConnectionReport.Close.self))
  static let starts = WordList(title: "start", words: words(HalfReport.Start.self))
  static let ends = WordList(title: "end", words: words(HalfReport.End.self))
  static let connectionEnds = WordList(title: "end of a connection", words: words(ConnectionEnd.self))
  static let incompleteReasons = WordList(title: "incomplete reason", words: words(IncompleteReason.self))
  static let gapKinds = WordList(title: "gap kind", words: words(Gap.Kind.self))
  static let gapCauses = WordList(title: "gap cause", words: words(Gap.Cause.self))
  static let layerKinds = WordList(title: "layer kind", words: words(LayerPath.Kind.self))
  static let skipReasons = WordList(title: "skip reason", words: words(DecodeError.self))
  static let passedOverLayers = WordList(title: "passed over layer", words: words(PassedOver.Layer.self))

  static let dropReasons = WordList(
    title: "drop reason",
    words: DropReason.allCases.map { OutputWord(name: $0.name, meaning: $0.meaning.description) } + [
      OutputWord(name: IncompleteReason.belowMinimum.name.description, meaning: IncompleteReason.belowMinimum.word.meaning.description)
    ])

  static let anomalies = WordList(
    title: "anomaly",
    words: Anomaly.allCases.map { OutputWord(name: $0.name, meaning: $0.meaning.description) })

  static let directions = WordList(
    title: "chunk direction",
    words: [
      OutputWord(name: "client_to_server", meaning: "The client sent the bytes."),
      OutputWord(name: "server_to_client", meaning: "The server sent the bytes."),
    ])

  static let chunkLayers = WordList(
    title: "chunk layer", words: [OutputWord(name: "clear", meaning: "The clear bytes of TLS: the file is that of `clear`.")])

  static let gapModes = WordList(
    title: "gap mode",
    words: GapMode.allCases.map { mode in
      OutputWord(name: mode.rawValue, meaning: mode == .zero ? "A gap is a hole in the file." : "A gap takes no room in the file.")
    })

  static let indexForms = WordList(
    title: "index form",
    words: IndexForm.allCases.map { form in
      OutputWord(
        name: form.rawValue,
        meaning: form == .short ? "Fields that are zero, empty or equal to another one are left out." : "Every line has the same fields.")
    })

  static let overlapPolicies = WordList(
    title: "overlap policy", words: OverlapPolicy.allCases.map { OutputWord(name: $0.rawValue, meaning: $0.meaning) })
  static let fragmentPolicies = WordList(
    title: "fragment policy", words: FragmentPolicy.allCases.map { OutputWord(name: $0.rawValue, meaning: $0.meaning) })

  static let checksumUses = WordList(
    title: "checksum use",
    words: [
      OutputWord(name: "verify", meaning: "Segments with a wrong checksum are turned away."),
      OutputWord(name: "ignore", meaning: "Checksums change nothing."),
    ])

  static let keyScopes = WordList(
    title: "key scope",
    words: [
      OutputWord(name: "vlan", meaning: "VLAN ids tell connections apart."),
      OutputWord(name: "tunnel", meaning: "Tunnel ids tell connections apart."),
      OutputWord(name: "interface", meaning: "Interfaces of the capture tell connections apart."),
    ])

  /// Formats of a capture file, which include the variants of libpcap's format.
  static let captureFormats = WordList(
    title: "capture format",
    words: [
      OutputWord(name: "pcap", meaning: "Classic pcap with microseconds."),
      OutputWord(name: "pcap-nanosecond", meaning: "Classic pcap with nanoseconds."),
      OutputWord(name: "pcap-modified", meaning: "Classic pcap with the longer packet headers of patched libpcaps."),
      OutputWord(name: "pcapng", meaning: "pcapng."),
    ])

  static let events = WordList(
    title: "event",
    words: [
      OutputWord(name: "opened", meaning: "The first packet of a connection came."),
      OutputWord(name: "gap", meaning: "A range of a stream was given up."),
      OutputWord(name: "conflict", meaning: "Two captured copies of the same bytes differ."),
      OutputWord(name: "closed", meaning: "A connection is over and its files are complete."),
    ])

  /// Tokens of a name template, as they are written.
  static let nameTokens = WordList(
    title: "name token",
    words: NameTemplate.Token.allCases.map { OutputWord(name: $0.text, meaning: $0.meaning.description) }
      + [OutputWord(name: "%%", meaning: "A percent sign.")])

  /// Files that a run reserves for itself.
  static let reservedFiles = WordList(
    title: "reserved file",
    words: [
      OutputWord(name: IndexFile.name, meaning: "The index: a line of JSON for each connection."),
      OutputWord(name: RunReport.fileName, meaning: "What was read, with which options, and every counter."),
      OutputWord(name: ChunkFile.name, meaning: "With `--chunks`, a line of JSON for each run of bytes that one packet brought."),
      OutputWord(name: ".reasm-run", meaning: "Marker and lock of a run that is not finished; gone after success."),
      OutputWord(name: ".reasm-report", meaning: "`run.json` or `report.html` while it is being written."),
      OutputWord(name: ".reasm-spool", meaning: "Temporary file of what open connections are to list, until its name is removed."),
      OutputWord(name: ".reasm-order", meaning: "In the folder of a shard, the order of its events among those of all shards."),
      OutputWord(name: ".reasm-page", meaning: "In the folder of a shard, what `report.html` takes of its connections."),
      OutputWord(name: ".reasm-objects", meaning: "In the folder of a shard, what `report.html` takes of its objects of HTTP."),
      OutputWord(name: HTTPOutput.indexName, meaning: "With `--http`, a line of JSON for each exchange."),
      OutputWord(name: HTTPOutput.messagesName, meaning: "With `--http`, a line of JSON for each WebSocket message."),
      OutputWord(name: MatchOutput.name, meaning: "With `--match`, a line of JSON for each match."),
      OutputWord(name: HARFile.name, meaning: "With `--har`, an HTTP Archive of all exchanges."),
      OutputWord(name: "report.html", meaning: "With `--report`, a page about the run."),
      OutputWord(name: "http", meaning: "With `--http`, the folder of the bodies."),
      OutputWord(name: "pcap", meaning: "With `--pcap`, the folder of the captures of connections."),
      OutputWord(name: "shards", meaning: "With `--shard`, the folder of the shards, until `reasm merge` has merged them."),
      OutputWord(name: "tls", meaning: "With `--tls-certificates`, a folder with a file for each certificate."),
    ])
}

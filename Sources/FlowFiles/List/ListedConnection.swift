public import Packets
public import Reassembly

/// One line of the list of connections.
public struct ListedConnection: Equatable, Sendable {
  /// Number of the connection, as in the index.
  public var id: UInt64
  /// Addresses and ports; the source is the client.
  public var key: FlowKey
  /// Time of the first packet.
  public var start: Timestamp
  /// Time of the last packet.
  public var end: Timestamp
  /// Event that completed the connection.
  public var close: ConnectionReport.Close
  /// Number of bytes of the stream that the client sent.
  public var clientBytes: Int64
  /// Number of bytes of the stream that the server sent.
  public var serverBytes: Int64
  /// Number of missing bytes, both directions.
  public var gapBytes: Int64
  /// Number of payload bytes that repeat earlier ones, both directions.
  public var retransmittedBytes: Int64
  /// Number of ranges with two versions, both directions.
  public var conflictCount: UInt64
  /// Number of packets with copies that could not be compared, both directions.
  public var unchecked: UInt64
  /// Times and counts that tell why the transfer stalls; nil if they were not measured.
  public var stalls: ListedStalls?
  /// Protocol and host in the stream.
  public var content: ListedContent

  /// Creates the line of a completed connection.
  ///
  /// - Parameters:
  ///   - report: the assembler's report.
  ///   - conflicts: the number of ranges with two versions.
  ///   - content: what was recognized in the stream.
  public init(_ report: ConnectionReport, conflicts: UInt64, content: ListedContent) {
    id = report.id
    key = report.client == .originator ? report.key : report.key.reversed
    start = report.start
    end = report.lastInfo.time
    close = report.close
    clientBytes = report[report.client].bytes
    serverBytes = report[report.client.other].bytes
    gapBytes = report.originator.gapBytes &+ report.responder.gapBytes
    retransmittedBytes = report.originator.retransmittedBytes &+ report.responder.retransmittedBytes
    conflictCount = conflicts
    unchecked = report.originator.anomalies[.unchecked] &+ report.responder.anomalies[.unchecked]
    stalls = ListedStalls(report)
    self.content = content
  }

  /// Time from the first to the last packet, in nanoseconds; 0 if the capture's clock went back.
  public var duration: Int64 {
    let (nanoseconds, overflow) = end.nanoseconds.subtractingReportingOverflow(start.nanoseconds)
    return overflow ? 0 : max(0, nanoseconds)
  }

  /// Name of `close` in the output.
  public var closeName: String { close.name.description }
}

/// What was recognized in the stream of a connection.
public struct ListedContent: Equatable, Sendable {
  /// Protocol that is recognized by its first bytes.
  public enum Kind: UInt8, Sendable, CaseIterable {
    /// None of the others.
    case unknown
    /// HTTP, of any version.
    case http
    /// TLS.
    case tls

    /// Name in the output; empty for `unknown`.
    public var name: String { self == .unknown ? "" : word.name.description }
  }

  /// Greatest length of `host` in bytes.
  static let longestHost = 255

  /// Protocol.
  public var kind: Kind
  /// Host that the client named: of the first request, or in the ClientHello; empty if there is none.
  ///
  /// It is text from the network, cut to 255 bytes: any character may be in it.
  public private(set) var host: String

  /// Creates a content from what was read; a long host is cut.
  public init(_ kind: Kind = .unknown, host: some Collection<UInt8> = []) {
    self.kind = kind
    var text = String(decoding: host.prefix(Self.longestHost), as: UTF8.self)
    while text.utf8.count > Self.longestHost { text.unicodeScalars.removeLast() }
    self.host = text
  }
}

extension ListedContent.Kind: OutputWordSource {
  var word: (name: StaticString, meaning: StaticString) {
    switch self {
    case .unknown: ("unknown", "No protocol was recognized.")
    case .http: ("http", "HTTP/1 or HTTP/2 that is not encrypted.")
    case .tls: ("tls", "TLS.")
    }
  }
}

// MARK: Encoding in a spool

extension ListedConnection {
  static let wordCount = 15 + ListedStalls.wordCount

  /// Encoded line without the host.
  var words: [UInt64] {
    let (source, destination) = (key.source, key.destination)
    return [
      id, UInt64(bitPattern: start.nanoseconds), UInt64(bitPattern: end.nanoseconds), UInt64(bitPattern: clientBytes),
      UInt64(bitPattern: serverBytes), UInt64(bitPattern: gapBytes), UInt64(bitPattern: retransmittedBytes), conflictCount, unchecked,
      source.high, source.low, destination.high, destination.low,
      UInt64(key.sourcePort) << 16 | UInt64(key.destinationPort) | (key.isIPv6 ? 1 << 32 : 0),
      UInt64(close.rawValue) << 8 | UInt64(content.kind.rawValue),
    ] + ListedStalls.words(stalls)
  }

  /// Decodes a line; nil if the bytes are none.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= Self.wordCount * 8 else { return nil }
    func signed(_ index: Int) -> Int64 { Int64(bitPattern: bytes.word(index)) }
    let (ports, words) = (bytes.word(13), bytes.word(14))
    func address(_ index: Int) -> IPAddress {
      ports >> 32 & 1 == 1
        ? IPAddress(high: bytes.word(index), low: bytes.word(index + 1)) : IPAddress(v4: UInt32(truncatingIfNeeded: bytes.word(index + 1)))
    }
    guard let close = ConnectionReport.Close(rawValue: UInt8(truncatingIfNeeded: words >> 8)),
      let kind = ListedContent.Kind(rawValue: UInt8(truncatingIfNeeded: words))
    else { return nil }
    id = bytes.word(0)
    start = Timestamp(nanoseconds: signed(1))
    end = Timestamp(nanoseconds: signed(2))
    (clientBytes, serverBytes, gapBytes, retransmittedBytes) = (signed(3), signed(4), signed(5), signed(6))
    (conflictCount, unchecked) = (bytes.word(7), bytes.word(8))
    key = FlowKey(
      source: address(9), destination: address(11), sourcePort: UInt16(truncatingIfNeeded: ports >> 16),
      destinationPort: UInt16(truncatingIfNeeded: ports))
    self.close = close
    stalls = ListedStalls((15..<Self.wordCount).map(bytes.word))
    content = ListedContent(kind, host: bytes[(Self.wordCount * 8)...])
  }
}

import FlowFiles
import Packets
import Reassembly

/// Printer of conversations on standard output: a heading for each connection and each change of direction, and the bytes.
final class ConversationPrinter {
  private static let batch = 64 << 10

  private let format: PayloadFormat
  private let style: TerminalStyle
  private var text: PayloadText
  private var output: [UInt8] = []
  /// Greatest number of bytes of one turn that are printed.
  private let head: Int64
  /// What one side says until the other does: its connection and side, and the number of bytes that may still be printed.
  private var turn: (connection: UInt64, side: Side, room: Int64)?
  /// Number of bytes of the current block that are left out.
  private var omitted: Int64 = 0
  /// Bytes of the current block that wait until it is known whether they are text; nil if it is.
  private var undecided: (bytes: [UInt8], offset: Int64)?
  /// Bytes of the current block, if they are no text.
  private var binary: BinaryRun?
  /// Whether the current block is that of a client.
  private var isFromClient = false
  /// Matches in the direction of the current block, which stand out; none without colours.
  private var places = MatchPlaces.none
  /// Current block: its connection, its side, and the offset at which it continues.
  private var block: (connection: UInt64, side: Side, end: Int64)?
  /// Error number of the first write that failed, after which nothing more is written; 0 if none failed.
  private(set) var error: Int32 = 0

  init(_ options: ConsoleOptions) {
    format = options.format ?? .text
    head = options.head.map { Int64($0.bytes) } ?? .max
    style = TerminalStyle(options.color ?? .auto, descriptor: StandardStream.output.rawValue)
    text = PayloadText(format)
  }

  /// Prints the heading of a completed connection.
  ///
  /// `clear` holds the numbers of clear bytes by side, if those are printed.
  /// `conflicts` is the number of ranges with two versions.
  /// `matches` is the number of matches of patterns.
  func begin(_ report: ConnectionReport, clear: [Int64]? = nil, conflicts: UInt64 = 0, matches: UInt64 = 0) {
    guard format != .raw else { return }
    style.add(.heading, to: &output)
    let bytes = [report.client, report.client.other].map { clear?[Int($0.rawValue)] ?? report[$0].bytes }
    add("=== connection \(report.id): \(Self.endpoints(report.key, from: report.client))\n")
    add("    \(Self.day(report.start)) \(Self.clock(report.start)) to \(Self.clock(report.lastInfo.time)) UTC, ")
    add("\(bytes[0]) and \(DisplayText.count(UInt64(clamping: bytes[1]), clear == nil ? "byte" : "clear byte")), \(report.close)")
    if conflicts > 0 { add(", \(DisplayText.count(conflicts, "conflict"))") }
    add(matches > 0 ? ", \(matches) \(matches == 1 ? "match" : "matches")\n" : "\n")
    for line in StallText(report).lines { add("    \(line)\n") }
    style.add(.plain, to: &output)
  }

  /// Prints the end of a completed connection.
  ///
  /// `missing` returns the number of bytes that are missing at the end of a side.
  /// A number that is not exact is the greatest possible one.
  func end(_ report: ConnectionReport, areExact: [Bool] = [true, true], missing: (Side) -> Int64) {
    endBlock()
    for side in Side.allCases where missing(side) > 0 {
      add(
        .note,
        "... \(Self.count(missing(side), isExact: areExact[Int(side.rawValue)])) missing at the end of \(Self.endpoints(report.key, from: side))\n"
      )
    }
    if format != .raw { output.append(0x0a) }
    flush()
  }

  /// Prints bytes of one side of a connection.
  ///
  /// The source of `key` is the originator. `gap` is the number of bytes that are missing right before the bytes, or the greatest possible
  /// number. `places` are the matches in the direction.
  func print(
    _ bytes: Span<UInt8>, of chunk: Place, key: FlowKey, gap: Int64, isExact: Bool = true, marking places: MatchPlaces = .none
  ) {
    if let block, block.connection == chunk.connection, block.side == chunk.side, gap == 0, block.end == chunk.offset {
      // The block continues.
    } else {
      endBlock()
      if gap > 0 { add(.note, "... \(Self.count(gap, isExact: isExact)) missing\n") }
      self.places = style.isColoured ? places : .none
      beginBlock(chunk, key)
    }
    let shown = takeRoom(for: bytes.count, chunk)
    add(shown < bytes.count ? bytes.extracting(first: shown) : bytes)
    omitted &+= Int64(bytes.count - shown)
    block = (chunk.connection, chunk.side, chunk.offset &+ Int64(bytes.count))
    if output.count >= Self.batch { flush() }
  }

  /// Adds bytes to the current block, in pieces of which each is text or not.
  private func add(_ bytes: Span<UInt8>) {
    guard undecided != nil else { return text.add(bytes, to: &output) }
    var position = 0
    while position < bytes.count {
      let count = min(bytes.count - position, BinaryRun.sample - (undecided?.bytes.count ?? 0))
      for index in position..<(position + count) { undecided?.bytes.append(bytes[index]) }
      position += count
      if undecided?.bytes.count == BinaryRun.sample { decide() }
    }
  }

  /// Adds the bytes that wait, to text or to a binary run.
  private func decide() {
    guard let (bytes, offset) = undecided, !bytes.isEmpty else { return }
    undecided?.bytes.removeAll(keepingCapacity: true)
    undecided?.offset = offset &+ Int64(bytes.count)
    if BinaryRun.isBinary(bytes) ?? (binary != nil) {
      // Text before and behind the bytes stays text, such as the head of a message.
      let (start, end) = (binary == nil ? BinaryRun.textBefore(bytes) : 0, bytes.count - BinaryRun.textBehind(bytes))
      if binary == nil {
        let before = Array(bytes[..<start])
        text.add(before.span, to: &output)
        text.end(&output)
        binary = BinaryRun(offset: offset &+ Int64(start))
      }
      let middle = Array(bytes[start..<max(start, end)])
      binary?.add(middle.span)
      guard end < bytes.count, start < end else { return }
      endBinary(others: 0)
      text.begin(at: offset &+ Int64(end), marking: places)
      let behind = Array(bytes[end...])
      text.add(behind.span, to: &output)
    } else {
      if binary != nil {
        endBinary(others: 0)
        text.begin(at: offset, marking: places)
      }
      text.add(bytes.span, to: &output)
    }
  }

  /// Begins text at a stream offset; in a conversation, bytes wait until it is known whether they are text.
  private func beginText(at offset: Int64, isMixed: Bool) {
    text.begin(at: offset, marking: places)
    undecided = format == .text && !isMixed ? ([], offset) : nil
  }

  /// Ends the text of the current block, and the line.
  private func endText() {
    decide()
    guard binary != nil else { return text.end(&output) }
    endBinary(others: omitted)
    omitted = 0
  }

  /// Prints a binary run, of which so many bytes were left out.
  private func endBinary(others: Int64) {
    guard let binary else { return }
    self.binary = nil
    style.add(.plain, to: &output)
    add(.note, binary.words(others: others))
    style.add(isFromClient ? .clientToServer : .serverToClient, to: &output)
    binary.addRows(marking: places, to: &output)
  }

  /// Returns how many of the next bytes of a turn are printed.
  private func takeRoom(for count: Int, _ place: Place) -> Int {
    if head == .max { return count }
    if turn?.connection != place.connection || turn?.side != place.side { turn = (place.connection, place.side, head) }
    let shown = Int(min(Int64(count), turn?.room ?? 0))
    turn?.room &-= Int64(shown)
    return shown
  }

  /// Prints two versions of bytes, where they are in the conversation.
  ///
  /// - Parameters:
  ///   - copies: the versions.
  ///   - packet: the packet that brought the version that is shown; nil if it is not known.
  ///   - connection: the connection, to be named because connections are mixed; nil in a conversation.
  func conflict(_ copies: DifferingCopies, keptPacket packet: UInt64?, connection: UInt64? = nil) {
    guard format != .raw else { return }
    let continued = connection == nil ? block : nil
    if continued == nil { endBlock() } else { endText() }
    style.add(.plain, to: &output)
    let kept = packet.map { "packet \($0)" } ?? "an earlier packet"
    let place = "\(connection.map { "in connection \($0) " } ?? "")at offset \(copies.offset)"
    add(
      .conflict,
      "... conflict \(place), \(DisplayText.count(UInt64(clamping: copies.length), "byte")): \(kept) has \(Self.quoted(copies.kept, copies.length)), "
        + "packet \(copies.otherPacket) has \(Self.quoted(copies.other, copies.length)); that of \(kept) was taken\n")
    guard continued != nil else { return }
    beginText(at: copies.offset, isMixed: false)
    style.add(isFromClient ? .clientToServer : .serverToClient, to: &output)
  }

  /// Returns bytes of the wire in quotes, with dots for what is not printable ASCII.
  private static func quoted(_ bytes: [UInt8], _ length: Int64) -> String {
    let text = String(decoding: bytes.map { (0x20..<0x7f).contains($0) ? $0 : 0x2e }, as: UTF8.self)
    return "\"\(text)\"" + (Int64(bytes.count) < length ? "..." : "")
  }

  /// Prints how many conflicts are not printed one by one.
  func moreConflicts(_ count: UInt64) {
    guard count > 0 else { return }
    endBlock()
    add(.conflict, "... \(DisplayText.count(count, "conflict")) more\n")
  }

  /// Place and origin of bytes.
  struct Place {
    var connection: UInt64
    var side: Side
    var isFromClient: Bool
    var offset: Int64
    var time: Timestamp
    var packet: UInt64
    /// Whether headings name the connection, because connections are mixed.
    var isMixed: Bool
  }

  private func beginBlock(_ place: Place, _ key: FlowKey) {
    beginText(at: place.offset, isMixed: place.isMixed)
    isFromClient = place.isFromClient
    guard format != .raw else { return }
    style.add(.heading, to: &output)
    add("--- \(Self.endpoints(key, from: place.side))  \(Self.clock(place.time))  packet \(place.packet)")
    add(place.isMixed ? "  connection \(place.connection)\n" : "  offset \(place.offset)\n")
    style.add(.plain, to: &output)
    style.add(place.isFromClient ? .clientToServer : .serverToClient, to: &output)
  }

  private func endBlock() {
    guard block != nil else { return }
    block = nil
    endText()
    if omitted > 0 { add(.note, "... \(DisplayText.count(UInt64(clamping: omitted), "byte")) more\n") }
    omitted = 0
    if format != .raw { style.add(.plain, to: &output) }
  }

  /// Writes the buffered output, which happens after every delivery in order of arrival.
  func flush() {
    guard error == 0, !output.isEmpty else { return }
    error = output.withUnsafeBufferPointer { StandardStream.output.write($0) }
    output.removeAll(keepingCapacity: true)
  }

  /// Ends the output.
  func finish() {
    endBlock()
    flush()
  }

  // MARK: messages

  /// Prints the heading of a message.
  func heading(_ words: String, time: Int64, packet: UInt64, isFromClient: Bool) {
    endBlock()
    guard format != .raw else { return }
    style.add(.heading, to: &output)
    // The heading consists of words of the program, numbers and addresses, which cannot drive a terminal.
    add("--- \(words)  \(Self.clock(Timestamp(nanoseconds: time)))  packet \(packet)\n")
    style.add(.plain, to: &output)
  }

  /// Prints text from the wire as payload, in which matches stand out.
  func text(_ bytes: [UInt8], marking places: MatchPlaces = .none) {
    text.begin(at: 0, marking: style.isColoured ? places : .none)
    text.add(bytes.span, to: &output)
    text.end(&output)
    if output.count >= Self.batch { flush() }
  }

  /// Prints a line about content that is not shown, `... words`; text from the wire in it is printed as payload.
  func note(_ words: String) {
    add("... ")
    var line = PayloadText(.ascii)
    line.begin(at: 0)
    line.add(Array(words.utf8).span, to: &output)
    line.end(&output)
  }

  private func add(_ words: String) { output.append(contentsOf: words.utf8) }

  private func add(_ part: TerminalStyle.Part, _ words: String) {
    guard format != .raw else { return }
    style.add(part, to: &output)
    add(words)
    style.add(.plain, to: &output)
  }

  // MARK: Text

  /// Returns a number of missing bytes as text.
  private static func count(_ bytes: Int64, isExact: Bool) -> String {
    (isExact ? "" : "at most ") + DisplayText.count(UInt64(clamping: bytes), "byte")
  }

  /// Returns the endpoints as text, `10.0.0.1:40000 > [2001:db8::1]:80`.
  static func endpoints(_ key: FlowKey, from side: Side) -> String {
    let key = side == .originator ? key : key.reversed
    return endpoint(key.source, key.sourcePort) + " > " + endpoint(key.destination, key.destinationPort)
  }

  private static func endpoint(_ address: IPAddress, _ port: UInt16) -> String {
    address.family == .v4 ? "\(address):\(port)" : "[\(address)]:\(port)"
  }

  /// Returns the day, `2023-11-14`.
  private static func day(_ time: Timestamp) -> String { String(time.description.prefix(10)) }

  /// Returns the time of day, `22:13:20.001000`, with microseconds as most captures have them.
  private static func clock(_ time: Timestamp) -> String { String(time.description.dropFirst(11).prefix(15)) }
}

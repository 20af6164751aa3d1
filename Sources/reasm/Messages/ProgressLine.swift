import Glibc
import Packets
import Reassembly

/// Line on the terminal that shows the progress of a long run on files; nothing is shown if standard error is no terminal.
///
/// It appears after half a second, changes five times a second at most, and is erased at the end.
struct ProgressLine {
  /// Number of packets between two readings of the clock.
  private static let packetsPerLook: UInt64 = 512
  private static let delay: Int64 = 500_000_000
  private static let interval: Int64 = 200_000_000
  /// Number of bytes in a capture file for each packet besides the captured ones.
  private static let recordHeader: UInt64 = 16

  private let isOn: Bool
  /// Whether the input grows without end, so that the share read is undefined.
  private let isEndless: Bool
  private let start: Int64
  private var packets: UInt64 = 0
  /// Number of packets at which the clock is read again.
  private var nextLook = packetsPerLook
  private var bytes: UInt64 = 0
  private var due: Int64
  private var isShown = false

  init(_ command: ReasmCommand) {
    let isTerminal = isatty(STDERR_FILENO) == 1
    // Other output on the same terminal would be mixed up with the line.
    let prints = command.messages.trace || (command.console.console && isatty(STDOUT_FILENO) == 1)
    isOn = isTerminal && !command.messages.quiet && !prints
    isEndless = command.input.isEndless
    start = isOn ? Self.now() : 0
    due = start &+ Self.delay
  }

  /// Counts packets that were read, with their captured bytes.
  ///
  /// - Returns: whether the line should change now.
  @inline(__always)
  mutating func isDue(packets: Int, bytes: Int) -> Bool { isOn && isDueOnTerminal(packets, bytes) }

  private mutating func isDueOnTerminal(_ newPackets: Int, _ newBytes: Int) -> Bool {
    packets &+= UInt64(newPackets)
    bytes &+= UInt64(newBytes) &+ UInt64(newPackets) &* Self.recordHeader
    guard packets >= nextLook else { return false }
    nextLook = packets &+ Self.packetsPerLook
    return Self.now() >= due
  }

  /// Shows the line.
  ///
  /// `share` is the part of the input that was used, from 0 to 1; nil if it is not known.
  mutating func show(_ assembler: borrowing Assembler, share: Double?) {
    let now = Self.now()
    due = now &+ Self.interval
    show(
      Self.text(
        share: isEndless ? nil : share, bytes: bytes, packets: packets, nanoseconds: now &- start, open: assembler.connectionCount,
        gaps: assembler.statistics.gaps))
  }

  /// Erases the line.
  mutating func clear() {
    if isShown { StandardStream.error.drive("\r\u{1b}[K") }
    isShown = false
  }

  private mutating func show(_ text: String) {
    isShown = true
    // The last column is left free: a line that fills it would wrap on some terminals.
    StandardStream.error.drive("\r\u{1b}[K", String(text.prefix(max(1, (StandardStream.error.columns ?? 80) - 1))))
  }

  /// Returns the text of the line.
  ///
  /// ` 37 %   412.3 MiB/s   5.2 M packets   1234 open   3 gaps`
  private static func text(share: Double?, bytes: UInt64, packets: UInt64, nanoseconds: Int64, open: Int, gaps: UInt64) -> String {
    var parts: [String] = []
    if let share { parts.append("\(Int(share * 100)) %") }
    let seconds = max(1e-3, Double(nanoseconds) / 1e9)
    parts.append(DisplayText.bytes(Int64(Double(bytes) / seconds)) + "/s")
    parts.append(packets < 1_000_000 ? DisplayText.count(packets, "packet") : "\(DisplayText.tenths(Double(packets) / 1e6)) M packets")
    parts.append("\(open) open")
    parts.append(DisplayText.count(gaps, "gap"))
    return parts.joined(separator: "   ")
  }

  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}

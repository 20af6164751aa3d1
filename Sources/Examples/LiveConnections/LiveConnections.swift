import Capture
import Packets
import Reassembly

/// Prints a line when a connection begins to carry bytes and a line when it is over.
final class Watcher: TCPStream {
  private let opening: ConnectionOpening
  private var hasBytes = false

  init(_ opening: ConnectionOpening) { self.opening = opening }

  func reassembled(_ data: inout ReassembledData) {
    if !hasBytes, data.newCount > 0 { print("\(opening.id)  \(opening.key)  carries bytes") }
    hasBytes = hasBytes || data.newCount > 0
  }

  func reassemblyComplete(_ report: ConnectionReport) -> Bool {
    let milliseconds = report.duration.nanoseconds / 1_000_000
    print("\(report.id)  \(report.clientEndpoint) > \(report.serverEndpoint)  over: \(report.close), \(milliseconds) ms")
    return false
  }
}

/// Prints the connections of an interface for a number of seconds: `sudo live-connections eth0 10`.
@main struct Main {
  static func main() throws {
    guard CommandLine.arguments.count == 3, let seconds = Int(CommandLine.arguments[2]) else {
      return print("usage: live-connections INTERFACE SECONDS")
    }
    var settings = LiveSettings(interface: CommandLine.arguments[1])
    settings.filter = "tcp"
    var live = try LiveCapture([settings])
    var assembler = Assembler { Watcher($0) }
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      let count = try live.dispatch(atMost: 1_000) { packet in
        _ = try? assembler.assemble(packet: packet.bytes, linkType: packet.linkType, info: packet.info)
      }
      if count == 0 { live.wait(milliseconds: 100) }
    }
    assembler.flushAll()
  }
}

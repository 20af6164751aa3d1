import Capture
import Packets
import Reassembly

/// Passes every line that servers send to a function.
///
/// A line that is not complete is kept and comes again in front of the next bytes, so a line may be cut across any segments. A gap ends a
/// line.
final class ServerLines: TCPStream {
  private let show: (String) -> Void

  init(show: @escaping (String) -> Void) { self.show = show }

  func reassembled(_ data: inout ReassembledData) {
    guard data.direction == .serverToClient else { return }
    let bytes = data.bytes
    let start = data.skipped == 0 ? 0 : data.keptCount
    if start > 0 { showLines(bytes[..<start]) }
    let end = data.isEnd ? bytes.count : max(start, (bytes.lastIndex(of: newline) ?? -1) + 1)
    showLines(bytes[start..<end])
    data.keep(from: end)
  }

  func reassemblyComplete(_ report: ConnectionReport) -> Bool { true }

  private let newline = UInt8(ascii: "\n")

  private func showLines(_ bytes: ArraySlice<UInt8>) {
    for line in bytes.split(separator: newline) { show(String(decoding: line, as: UTF8.self)) }
  }
}

/// Prints the lines that the servers of a capture sent: `swift run server-lines capture.pcap`.
@main struct Main {
  static func main() throws {
    guard CommandLine.arguments.count == 2 else { return print("usage: server-lines CAPTURE") }
    var capture = try CaptureFile(CommandLine.arguments[1])
    var assembler = Assembler { _ in ServerLines { print($0) } }
    while let packet = try capture.next() {
      // A packet that holds no TCP segment throws the reason.
      _ = try? assembler.assemble(packet: packet.bytes, linkType: packet.linkType, info: packet.info)
    }
    assembler.flushAll()
  }
}

import Capture
import Packets
import Reassembly

/// Counts the bytes of one connection and prints a line when it is over.
final class ByteCounter: TCPStream {
  private var bytes = [Side.originator: 0, .responder: 0]

  func reassembled(_ data: inout ReassembledData) { bytes[data.side, default: 0] += data.newCount }

  func reassemblyComplete(_ report: ConnectionReport) -> Bool {
    let (sent, received) = (bytes[report.client] ?? 0, bytes[report.client.other] ?? 0)
    print("\(report.start)  \(report.clientEndpoint) > \(report.serverEndpoint)  \(sent) and \(received) bytes, \(report.close)")
    return true
  }
}

/// Prints the bytes of each connection of a capture: `swift run byte-counts capture.pcap`.
@main struct Main {
  static func main() throws {
    guard CommandLine.arguments.count == 2 else { return print("usage: byte-counts CAPTURE") }
    var capture = try CaptureFile(CommandLine.arguments[1])
    var assembler = Assembler { _ in ByteCounter() }
    while let packet = try capture.next() {
      // A packet that holds no TCP segment throws the reason.
      _ = try? assembler.assemble(packet: packet.bytes, linkType: packet.linkType, info: packet.info)
    }
    assembler.flushAll()
  }
}

import Foundation
import Packets
import TestSupport

/// Captures of short connections: a handshake, a request, a response, both ends closed, some hundred under way at a time.
enum ShortConnections {
  private static let atOnce = 100

  /// The same addresses and ports in every pass, other sequence numbers.
  static func capture(_ connections: Int, pass: Int) -> Data {
    var writer = PcapWriter(linkType: .ethernet)
    let server = Endpoint("198.51.100.2", 80)
    var packets = 0
    for first in stride(from: 0, to: connections, by: atOnce) {
      let scripts = (first..<min(first + atOnce, connections)).map { number in
        var script = Conversation(
          client: Endpoint("203.0.113.\(1 + number / 50_000)", UInt16(10_000 + number % 50_000)), server: server,
          clientISN: UInt32(1_000 + pass * 1_000_000), serverISN: UInt32(5_000 + pass * 1_000_000))
        script.handshake()
        script.send(.client, "GET /\(number) HTTP/1.0\r\n\r\n")
        script.send(.server, "HTTP/1.0 200 OK\r\n\r\n\(number)")
        script.close()
        return script.packets
      }
      for step in 0..<(scripts.first?.count ?? 0) {
        for script in scripts {
          writer.add(LinkLayer.ethernet().frame(PacketBuilder.ip(script[step].segment)), time: Conversation.epoch + Int64(packets) * 1_000)
          packets += 1
        }
      }
    }
    return Data(writer.bytes)
  }
}

import Packets
import TestSupport

extension Fixture {
  /// Transfers that stall, each for another reason.
  static var stalls: [Fixture] {
    [
      Fixture(
        name: "stalled",
        about: "A server that thinks for seven seconds, three segments sent again, and a window that is closed for six seconds.",
        capture: packed(
          of: { c in
            c.syn()
            c.wait(seconds: 0.03)
            c.synAck()
            c.ack()
            c.send(.client, "GET /large HTTP/1.1\r\nHost: files.example\r\n\r\n")
            c.wait(seconds: 0.03)
            c.ack(.server)
            c.wait(seconds: 7)
            c.send(.server, "HTTP/1.1 200 OK\r\nContent-Length: 6000\r\n\r\n")
            for block in 0..<6 {
              c.send(.server, .letters(1_000, from: block * 1_000))
              if block == 1 || block == 2 || block == 4 {
                c.wait(seconds: 0.4)
                c.again()
              }
              c.ack()
              guard block == 3 else { continue }
              c.changeLast { $0.window = 0 }
              for pause in [1.0, 2.0] {
                c.wait(seconds: pause)
                // A probe of Linux: no byte, and the number before the next one.
                c.segment(from: .server, offset: 4_041 - 1, "", flags: .ack)
                c.ack()
                c.changeLast { $0.window = 0 }
              }
              c.wait(seconds: 2.995)
              c.ack()
            }
            c.close()
          }, from: Conversation()))
    ]
  }
}

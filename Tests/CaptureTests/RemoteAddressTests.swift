import Capture
import Testing

@Suite struct RemoteAddressTests {
  @Test(
    arguments: [
      ("tcp://127.0.0.1:4242", "127.0.0.1", 4242), ("tcp://sensor.example:57012", "sensor.example", 57012), ("tcp://[::1]:1", "::1", 1),
    ] as [(String, String, UInt16)])
  func isTakenApart(_ text: String, _ host: String, _ port: UInt16) throws {
    let address = try #require(try RemoteAddress(text))
    #expect(address.host == host)
    #expect(address.port == port)
  }

  @Test(arguments: ["tcp://", "tcp://host", "tcp://host:", "tcp://host:0", "tcp://host:65536", "tcp://:1", "tcp://::1:1", "tcp://a/b:1"])
  func isRefused(_ text: String) throws {
    #expect(try #require(throws: CaptureError.self) { try RemoteAddress(text) }.reason == .badAddress)
  }

  @Test(arguments: ["a.pcap", "-", "udp://a:1", "./tcp://a:1"])
  func isAPath(_ text: String) throws { #expect(try RemoteAddress(text) == nil) }
}

import Foundation
import Testing

extension LiveTests {
  /// OpenSSL and iperf3: every byte is there.
  @Suite
  struct ProgramTests {
    /// A session of s_server and s_client: both files are TLS records from the first byte to the last.
    @Test(.enabled(if: Needs.met("ip", "openssl"), "needs root, ip and openssl"))
    func openSSL() throws {
      let (network, folder) = (try Network(), try Folder())
      let request = [
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test", "-keyout", "key", "-out", "certificate",
      ]
      #expect(try network.run(request, in: folder).status == 0)
      let server = try network.start(
        ["openssl", "s_server", "-accept", "4433", "-key", "key", "-cert", "certificate", "-WWW"], in: folder)
      server.wait { server.output.contains("ACCEPT") }
      try folder.write("page", Data(repeating: 0x61, count: 300_000))
      try folder.write("question", Data("GET /page HTTP/1.0\r\n\r\n".utf8))
      let capture = try network.capture(["-i", "lo", "-o", "out", "tcp port 4433"], in: folder)
      let client = try network.run(
        ["sh", "-c", "openssl s_client -connect 127.0.0.1:4433 -quiet -ign_eof < question | tail -c 300000 | cmp - page"], in: folder)
      #expect(client.status == 0, "\(client.errors)")
      #expect(capture.interrupt() == 0)
      let lines = try IndexLine.all(folder, "out")
      #expect(lines.count == 1)
      for direction in lines.flatMap({ [$0.client, $0.server] }) {
        #expect(direction.gaps == 0)
        let data = [UInt8](try #require(folder.data("out/" + (direction.file ?? ""))))
        #expect(data.count == direction.bytes)
        var position = 0
        while position + 5 <= data.count, (20...23).contains(data[position]), data[position + 1] == 3 {
          position += 5 + Int(data[position + 3]) << 8 + Int(data[position + 4])
        }
        #expect(position == data.count)
      }
      #expect((lines.first?.server.bytes ?? 0) > 300_000)
    }

    /// One gigabit a second: the kernel drops nothing, and the stream has every byte (37 more than asked for name the session).
    /// The buffer is large because this binary is not optimised and may have to wait for a processor.
    @Test(.enabled(if: Needs.met("ip", "iperf3"), "needs root, ip and iperf3"), arguments: [false, true])
    func oneGigabit(overCable: Bool) throws {
      let folder = try Folder()
      let (here, there) =
        overCable
        ? try Network.pair()
        : try {
          let network = try Network()
          return (network, network)
        }()
      let server = try there.start(["iperf3", "-s", "-1", "--forceflush"], in: folder)
      #expect(server.wait { server.output.contains("listening") })
      let capture = try there.capture(["-i", overCable ? "wire" : "lo", "-o", "out", "-B", "256M"], in: folder)
      let address = overCable ? "198.51.100.2" : "127.0.0.1"
      let client = try here.run(["iperf3", "-c", address, "-b", "1G", "-n", "500M"], in: folder)
      #expect(client.status == 0, "\(client.output)")
      #expect(capture.interrupt() == 0)
      #expect(try IndexLine.kernel(folder, "out")["dropped"] == 0)
      let transfer = try #require(try IndexLine.all(folder, "out").max { $0.client.bytes < $1.client.bytes })
      #expect(transfer.client.gaps == 0)
      // iperf3 counts blocks, and may end within the last one.
      #expect(transfer.client.bytes >= 499 << 20, "\(transfer)")
      #expect(folder.size("out/" + (transfer.client.file ?? "")) == transfer.client.bytes)
    }
  }
}

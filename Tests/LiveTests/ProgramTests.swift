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

    /// What one session of iperf3 came to.
    private struct Session {
      var transfer: IndexLine
      /// What the server read of the transfer.
      var received: Int
      var file: Data
    }

    /// 500 MiB, and the 37 bytes with which iperf3 names the session.
    private static let (name, size) = (37, 500 << 20)

    private func session(overCable: Bool) throws -> Session {
      let folder = try Folder()
      let (here, there) =
        overCable
        ? try Network.pair()
        : try {
          let network = try Network()
          return (network, network)
        }()
      let server = try there.start(["iperf3", "-s", "-1", "-J"], in: folder)
      let listening = "ss -tln | grep -q :5201"
      #expect(server.wait { (try? there.run(["sh", "-c", listening], in: folder).status) == 0 })
      let capture = try there.capture(["-i", overCable ? "wire" : "lo", "-o", "out"] + Self.buffer, in: folder)
      let address = overCable ? "198.51.100.2" : "127.0.0.1"
      let client = try here.run(["iperf3", "-c", address, "-b", "1G", "-n", "500M"], in: folder)
      #expect(client.status == 0, "\(client.output)")
      // The client has gone, but its TCP may still have a few megabytes to send.
      #expect(server.end() == 0)
      #expect(capture.interrupt() == 0)
      #expect(try IndexLine.kernel(folder, "out")["dropped"] == 0)
      let transfer = try #require(try IndexLine.all(folder, "out").max { $0.client.bytes < $1.client.bytes })
      let report = try #require(try JSONSerialization.jsonObject(with: Data(server.output.utf8)) as? [String: Any])
      let sum = try #require((report["end"] as? [String: Any])?["sum_received"] as? [String: Any])
      return Session(
        transfer: transfer, received: try #require(sum["bytes"] as? Int),
        file: try #require(folder.data("out/" + (transfer.client.file ?? ""))))
    }

    /// Whether iperf3 sends `piece`: a block of random bytes again and again.
    ///
    /// Where its TCP took a part of one, the rest of its length follows, but from the beginning of the block.
    private static func isSent(_ piece: Data, of block: Data) -> Bool {
      if Bytes.areEqual(piece, block.prefix(piece.count)) { return true }
      let common = zip(piece, block).prefix { $0 == $1 }.count
      // The new beginning may happen to be what would have come.
      return (max(0, common - 4)...common).contains { cut in
        cut > 0 && Bytes.areEqual(piece.dropFirst(cut), block.prefix(piece.count - cut))
      }
    }

    /// A binary that is not optimised may have to wait for a processor; that of `REASM` does with the usual buffer.
    private static let buffer = ProcessInfo.processInfo.environment["REASM"] == nil ? ["-B", "256M"] : []

    /// One gigabit a second: the kernel drops nothing, and the stream has every byte.
    ///
    /// The client says over another connection that it has sent all, and the server then closes the transfer whether it has read all or
    /// not. Where it has not, its TCP answers with a reset, and what the client had not sent by then never is. So only a transfer that
    /// ended with a FIN has a length that is known, and it is tried until there is one; of the others every byte that the server read
    /// must be there.
    @Test(.enabled(if: Needs.met("ip", "iperf3", "ss"), "needs root, ip, iperf3 and ss"), arguments: [false, true])
    func oneGigabit(overCable: Bool) throws {
      for _ in 0..<6 {
        let session = try session(overCable: overCable)
        let client = session.transfer.client
        #expect(client.gaps == 0 && client.length == client.bytes && session.file.count == client.bytes)
        #expect(client.bytes >= session.received + Self.name && client.bytes <= Self.size + Self.name, "\(session.transfer)")
        let block = 128 << 10
        for start in stride(from: Self.name + block, to: client.bytes, by: block) {
          let piece = session.file[start..<min(start + block, client.bytes)]
          #expect(Self.isSent(piece, of: session.file[Self.name..<Self.name + block]), "at \(start)")
        }
        if session.transfer.close == "fin" {
          #expect(client.bytes == Self.size + Self.name && client.isComplete, "\(session.transfer)")
          return
        }
      }
      Issue.record("no transfer ended with a FIN")
    }
  }
}

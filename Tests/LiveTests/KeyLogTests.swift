import Foundation
import Testing

extension LiveTests {
  /// openssl on loopback, captured with a key log that gets its lines while the connection runs.
  @Suite(.enabled(if: Needs.met("ip", "openssl"), "needs root, ip and openssl"))
  struct KeyLogTests {
    /// A server that answers each line with the line turned round.
    private func server(_ network: Network, in folder: Folder) throws -> Running {
      let key = ["-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=live.example", "-days", "1"]
      let made = try network.run(["openssl", "req", "-x509"] + key, in: folder)
      try #require(made.status == 0, "\(made.errors)")
      return try network.start(
        ["openssl", "s_server", "-accept", "4433", "-cert", "cert.pem", "-key", "key.pem", "-rev", "-quiet"], in: folder)
    }

    /// A client that sends a line and keeps the connection open; what it starts ends with it.
    private func client(_ network: Network, in folder: Folder) throws -> (program: Running, input: FileHandle) {
      let script = """
        until echo > /dev/tcp/127.0.0.1/4433; do sleep 0.1; done 2> /dev/null
        exec openssl s_client -connect 127.0.0.1:4433 -servername live.example -keylogfile client.keys -quiet < input
        """
      if !folder.names().contains("input") { try #require(mkfifo(folder.path("input"), 0o600) == 0) }
      let program = try network.start(["bash", "-c", script], in: folder)
      // Opened for both directions, so that this does not wait for the reader.
      let input = try #require(FileHandle(forUpdatingAtPath: folder.path("input")))
      try input.write(contentsOf: Data("hello\n".utf8))
      return (program, input)
    }

    private func clear(_ folder: Folder) -> [Data] {
      folder.names("out").filter { $0.hasSuffix(".clear") }.compactMap { folder.data("out/" + $0) }
    }

    /// With `-U` the log, which only root may read, is opened before root is given up.
    @Test(arguments: [[], ["-U", "nobody"]])
    func ciphertextWaitsForItsKey(_ options: [String]) throws {
      let (network, folder) = (try Network(), try Folder())
      try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
      try folder.write("keys", Data("# none yet\n".utf8), mode: 0o600)
      let server = try server(network, in: folder)
      defer { server.stop() }
      let capture = try network.capture(["-i", "lo", "-o", "out", "--keylog", "keys"] + options, in: folder)
      let (client, input) = try client(network, in: folder)
      defer { client.stop() }
      #expect(capture.wait { client.output.contains("olleh") })
      usleep(500_000)
      #expect(clear(folder).isEmpty)
      let keys = try #require(folder.data("client.keys"))
      let log = try #require(FileHandle(forWritingAtPath: folder.path("keys")))
      try log.seekToEnd()
      try log.write(contentsOf: keys)
      try log.close()
      #expect(capture.wait(upTo: 5) { clear(folder).sorted { $0.count < $1.count }.map { $0.prefix(6) }.contains(Data("hello\n".utf8)) })
      #expect(clear(folder).contains(Data("olleh\n".utf8)))
      #expect(client.isRunning)
      try input.close()
      #expect(capture.interrupt() == 0)
      #expect(clear(folder).count == 2)
      #expect(String(decoding: try #require(folder.data("out/connections.ndjson")), as: UTF8.self).contains("\"clear\":true"))
    }

    /// A log that does not exist yet is waited for, and one that is renamed over the old is opened.
    @Test func aLogAppearsAndIsReplaced() throws {
      let (network, folder) = (try Network(), try Folder())
      let server = try server(network, in: folder)
      defer { server.stop() }
      let capture = try network.capture(["-i", "lo", "-o", "out", "--keylog", "keys"], in: folder)
      for (name, count) in [("first", 2), ("second", 4)] {
        let (client, input) = try client(network, in: folder)
        defer { client.stop() }
        #expect(capture.wait { client.output.contains("olleh") })
        try folder.write(name, try #require(folder.data("client.keys")))
        #expect(rename(folder.path(name), folder.path("keys")) == 0)
        #expect(capture.wait(upTo: 5) { clear(folder).count == count && !clear(folder).contains(Data()) })
        try FileManager.default.removeItem(atPath: folder.path("client.keys"))
        try input.close()
      }
      #expect(capture.interrupt() == 0)
      #expect(clear(folder).filter { $0 == Data("olleh\n".utf8) }.count == 2)
    }
  }
}

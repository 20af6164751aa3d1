import Foundation
import Testing

extension LiveTests {
  /// nginx and curl: whole bodies, of 1 byte to 50 MB, over IPv4 and IPv6 at the same time.
  @Suite(.enabled(if: Needs.met("ip", "nginx", "curl"), "needs root, ip, nginx and curl"))
  struct BrowsingTests {
    /// Fetches every file from every address at once.
    private func fetchAll(_ network: Network, _ addresses: [String], in folder: Folder) throws {
      let clients = try addresses.flatMap { address in
        try WebServer.sizes.map { size in
          try network.start(["curl", "-sf", "--limit-rate", "20M", "-o", "/dev/null", "http://\(address):8080/\(size)"], in: folder)
        }
      }
      for client in clients { #expect(client.end() == 0) }
    }

    /// Bytes before the body.
    private func headLength(_ response: Data) throws -> Int {
      try #require(response.prefix(4_096).range(of: Data("\r\n\r\n".utf8))).upperBound
    }

    /// Each server's file is a head and the body that was asked for.
    private func check(_ folder: Folder, _ output: String, _ server: WebServer, copies: Int) throws {
      var found: [Int: Int] = [:]
      for line in try IndexLine.all(folder, output) {
        #expect(line.client.isComplete && line.server.isComplete && line.close == "fin", "connection \(line.id)")
        let request = String(decoding: try #require(folder.data(output + "/" + (line.client.file ?? ""))), as: UTF8.self)
        let size = try #require(Int(request.dropFirst("GET /".count).prefix { $0.isNumber }))
        let response = try #require(folder.data(output + "/" + (line.server.file ?? "")))
        let head = try headLength(response)
        #expect(Bytes.areEqual(response, from: head, server.body(size)), "connection \(line.id), \(size) bytes")
        found[size, default: 0] += 1
      }
      #expect(found == Dictionary(uniqueKeysWithValues: WebServer.sizes.map { ($0, copies) }))
    }

    /// The command as the manual gives it, without a folder; `-w` and `-r` give the same files.
    @Test func onLoopbackWithoutAFolder() throws {
      let (network, folder) = (try Network(), try Folder())
      let server = try WebServer(network)
      let capture = try network.capture(["-i", "lo", "-f", "tcp port 8080", "-w", "raw.pcap"], in: folder)
      try fetchAll(network, ["127.0.0.1", "[::1]"], in: folder)
      #expect(capture.interrupt() == 0)
      let output = try #require(folder.names().first { $0.hasPrefix("reasm-lo-") })
      #expect(output.wholeMatch(of: /reasm-lo-\d{8}T\d{6}Z/) != nil)
      try check(folder, output, server, copies: 2)
      #expect(try IndexLine.kernel(folder, output)["dropped"] == 0)
      let again = try network.run([Needs.reasm, "-r", "raw.pcap", "-o", "again", "-q"], in: folder)
      #expect(again.status == 0, "\(again.errors)")
      let names = folder.names(output).filter { $0 != "run.json" }
      #expect(folder.names("again").filter { $0 != "run.json" } == names)
      for name in names {
        #expect(Bytes.areEqual(folder.data("again/" + name) ?? Data(), folder.data(output + "/" + name) ?? Data()), "\(name)")
      }
    }

    /// Across a cable, once at its end and once on every interface.
    @Test(arguments: ["wire", "any"])
    func acrossTwoNetworks(_ interface: String) throws {
      let (here, there) = try Network.pair()
      let folder = try Folder()
      let server = try WebServer(there)
      let capture = try there.capture(["-i", interface, "-o", "out", "tcp", "port", "8080"], in: folder)
      try fetchAll(here, ["198.51.100.2", "[2001:db8::2]"], in: folder)
      #expect(capture.interrupt() == 0)
      try check(folder, "out", server, copies: 2)
      #expect(try IndexLine.kernel(folder, "out")["dropped"] == 0)
    }

    /// Files grow meanwhile, a finished connection is in the index at once, and a signal in the middle leaves a prefix and its line.
    @Test func aTransferThatIsInterrupted() throws {
      let (network, folder) = (try Network(), try Folder())
      let server = try WebServer(network)
      let capture = try network.capture(["-i", "lo", "-o", "out", "--events"], in: folder)
      let url = "http://127.0.0.1:8080/"
      #expect(try network.run(["curl", "-sf", "-o", "/dev/null", url + "1000"], in: folder).status == 0)
      #expect(capture.wait(upTo: 1) { (try? IndexLine.all(folder, "out"))?.count == 1 })
      #expect(capture.wait(upTo: 1) { capture.output.contains("\"event\":\"closed\"") })
      let client = try network.start(["curl", "-sf", "--limit-rate", "4M", "-o", "body", url + "50000000"], in: folder)
      func file() -> String { folder.names("out").filter { $0.contains(".08080-") }.last { folder.size("out/" + $0) > 2_000 } ?? "" }
      #expect(capture.wait(upTo: 3) { !file().isEmpty })
      // What curl has was captured; within a second it must be in the file.
      #expect(capture.wait(upTo: 3) { folder.size("body") > 0 })
      let early = folder.size("body")
      #expect(capture.wait(upTo: 1) { folder.size("out/" + file()) >= early })
      #expect(client.isRunning)
      #expect(capture.interrupt() == 0)
      client.stop()
      let line = try #require(try IndexLine.all(folder, "out").last)
      #expect(line.close == "open" && line.server.gaps == 0)
      let response = try #require(folder.data("out/" + (line.server.file ?? "")))
      #expect(response.count == line.server.bytes && response.count >= early)
      let head = try headLength(response)
      #expect(Bytes.areEqual(response, from: head, server.body(50_000_000).prefix(response.count - head)))
    }

    @Test func twoThousandShortConnections() throws {
      let (network, folder) = (try Network(), try Folder())
      let server = try WebServer(network, sizes: [10])
      let capture = try network.capture(["-i", "lo", "-o", "out"], in: folder)
      let start = Date()
      let client = ["curl", "-sf", "-H", "Connection: close", "http://127.0.0.1:8080/10?[1-500]"]
      let clients = try (0..<4).map { _ in try network.start(client, in: folder) }
      for client in clients { #expect(client.end() == 0) }
      #expect(Date().timeIntervalSince(start) < 10)
      #expect(capture.interrupt() == 0)
      let lines = try IndexLine.all(folder, "out")
      #expect(lines.count == 2_000)
      #expect(lines.allSatisfy { $0.client.isComplete && $0.server.isComplete })
      #expect(folder.names("out").count == 4_002)
      #expect(try IndexLine.kernel(folder, "out")["dropped"] == 0)
      withExtendedLifetime(server) {}
    }
  }
}

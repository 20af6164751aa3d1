import Foundation
import Testing

extension LiveTests {
  /// What is lost is lost visibly: packets that the kernel drops, disks that are full.
  @Suite(.enabled(if: Needs.met("ip", "nginx", "curl", "bash", "mount"), "needs root, ip, nginx, curl, bash and mount"))
  struct LossTests {
    /// Three bodies over one connection; the second one while nobody reads.
    ///
    /// Gaps, and never wrong bytes.
    @Test func whatTheKernelDropsIsAGap() throws {
      let (network, folder) = (try Network(), try Folder())
      let server = try WebServer(network, sizes: [1_100_000, 8_000_000])
      let capture = try network.capture(["-i", "lo", "-o", "out", "-B", "4M", "tcp port 8080"], in: folder)
      let client = try network.start(["bash", "-c", Self.threeBodies], in: folder)
      #expect(client.wait { folder.names().contains("one") })
      #expect(capture.wait(upTo: 2) { folder.names("out").contains { folder.size("out/" + $0) > 1_000_000 } })
      kill(capture.identifier, SIGSTOP)
      try folder.write("two", Data())
      #expect(client.wait { folder.names().contains("three") })
      kill(capture.identifier, SIGCONT)
      usleep(500_000)
      try folder.write("four", Data())
      #expect(client.end() == 0)
      #expect(capture.interrupt() == 0)
      #expect(try #require(try IndexLine.kernel(folder, "out")["dropped"]) > 0)
      let line = try #require(try IndexLine.all(folder, "out").first)
      #expect(line.server.gaps > 0 && line.server.listed.count == line.server.gaps)
      #expect(line.server.listed.allSatisfy { $0.kind == "lost" })
      let response = try #require(folder.data("out/" + (line.server.file ?? "")))
      #expect(response.count == line.server.length, "\(line.server)")
      // The first two heads are of one length: sizes stand in them in decimal and hexadecimal digits, seven and six.
      let head = try #require(response.prefix(4_096).range(of: Data("\r\n\r\n".utf8))).upperBound
      var expected = response
      expected.replaceSubrange(head..<head + 1_100_000, with: server.body(1_100_000))
      expected.replaceSubrange(2 * head + 1_100_000..<2 * head + 9_100_000, with: server.body(8_000_000))
      expected.replaceSubrange(response.count - 1_100_000..<response.count, with: server.body(1_100_000))
      #expect(Bytes.areEqual(response, from: 0, expected, without: line.server.listed))
      let note = /note: the kernel dropped \d+ packets?, which are gaps in the files: give it a larger buffer \(-B 8M\)/
      #expect(capture.errors.contains(note), "\(capture.errors)")
    }

    /// Waits before the second and the third one until it is told to go on.
    private static let threeBodies = """
      exec 3<>/dev/tcp/127.0.0.1/8080
      fetch() {
        printf "GET /$1 HTTP/1.1\\r\\nHost: here\\r\\n$2\\r\\n" >&3
        while read -r line <&3 && [ "$line" != $'\\r' ]; do :; done
        head -c $1 <&3 > /dev/null
      }
      fetch 1100000; touch one
      until [ -e two ]; do sleep 0.05; done
      fetch 8000000; touch three
      until [ -e four ]; do sleep 0.05; done
      fetch 1100000 'Connection: close\\r\\n'
      """

    /// Wraps `curl` of a size that the test's server has.
    private func fetch(_ size: Int, _ network: Network, in folder: Folder) throws {
      #expect(try network.run(["curl", "-sf", "-o", "/dev/null", "http://127.0.0.1:8080/\(size)"], in: folder).status == 0)
    }

    /// The kept packets end with the last whole one, also where there is room again later; it is said once; streams are not affected.
    @Test func aFullDiskUnderTheKeptPackets() throws {
      let (network, folder, disk) = (try Network(), try Folder(), try SmallDisk())
      let server = try WebServer(network, sizes: [1_000, 1_000_000])
      try disk.folder.write("filler", Data(count: 500_000))
      let raw = disk.folder.path("raw.pcap")
      let capture = try network.capture(["-i", "lo", "-o", "out", "-w", raw, "tcp port 8080"], in: folder)
      try fetch(1_000_000, network, in: folder)
      #expect(capture.wait(upTo: 3) { capture.errors.contains("raw.pcap: No space left on device; it ends with the last packet") })
      try FileManager.default.removeItem(atPath: disk.folder.path("filler"))
      for _ in 0..<30 { try fetch(1_000, network, in: folder) }
      #expect(capture.interrupt() == 2)
      #expect(capture.errors.components(separatedBy: "raw.pcap").count == 2, "\(capture.errors)")
      let lines = try IndexLine.all(folder, "out")
      #expect(lines.count == 31 && lines.allSatisfy { $0.client.isComplete && $0.server.isComplete })
      // Nothing is cut off: status 0.
      let again = try network.run([Needs.reasm, "-r", raw, "-o", "again", "-q"], in: folder)
      #expect(again.status == 0, "\(again.errors)")
      let first = try #require(try IndexLine.all(folder, "again").first)
      #expect(first.server.bytes > 100_000 && first.server.gaps == 0)
      let name = first.server.file ?? ""
      let whole = folder.data("out/" + name) ?? Data()
      #expect(Bytes.areEqual(folder.data("again/" + name) ?? Data(), whole.prefix(first.server.bytes)))
      withExtendedLifetime(server) {}
    }

    /// Said at once, not only at the end.
    ///
    /// When there is room again, later connections are whole, and the index has all of them.
    @Test func aFullDiskUnderTheStreams() throws {
      let (network, folder, disk) = (try Network(), try Folder(), try SmallDisk())
      let server = try WebServer(network, sizes: [1_000, 1_000_000])
      try disk.folder.write("filler", Data(count: 300_000))
      let output = disk.folder.path("out")
      let capture = try network.capture(["-i", "lo", "-o", output, "tcp port 8080"], in: folder)
      try fetch(1_000_000, network, in: folder)
      let words = "No space left on device; the index says what is missing, capturing goes on"
      #expect(capture.wait(upTo: 3) { capture.errors.contains(words) })
      // There is no room for lines either, until now.
      for _ in 0..<8 { try fetch(1_000, network, in: folder) }
      #expect(capture.isRunning)
      try FileManager.default.removeItem(atPath: disk.folder.path("filler"))
      usleep(600_000)
      try fetch(1_000, network, in: folder)
      #expect(capture.interrupt() == 2)
      let lines = try IndexLine.all(disk.folder, "out")
      #expect(lines.map(\.id) == Array(1...10))
      let last = try #require(lines.last)
      #expect(lines.first?.server.isComplete == false && last.client.isComplete && last.server.isComplete)
      let response = try #require(disk.folder.data("out/" + (last.server.file ?? "")))
      #expect(Bytes.areEqual(response, from: response.count - 1_000, server.body(1_000)))
      #expect(disk.folder.names("out").contains("run.json"))
      #expect(capture.errors.contains("could not be written whole, what was written stays"), "\(capture.errors)")
    }
  }
}

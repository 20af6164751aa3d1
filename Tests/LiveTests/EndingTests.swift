import Foundation
import Testing

extension LiveTests {
  /// How a capture ends, and who is told of what before.
  @Suite(.enabled(if: Needs.met("ip"), "needs root and ip"))
  struct EndingTests {
    @Test func anInterfaceThatGoesAway() throws {
      let (here, there) = try Network.pair()
      let folder = try Folder()
      let capture = try there.capture(["-i", "wire", "-o", "out"], in: folder)
      try Network.ip(["-n", here.name, "link", "delete", "wire"])
      #expect(capture.end(within: 10) == 2)
      #expect(capture.errors.contains("reasm: wire: capturing ended: "), "\(capture.errors)")
      #expect(folder.names("out") == ["connections.ndjson", "run.json"])
    }

    /// In the middle of a transfer: what came before is a prefix, and has its line.
    @Test(.enabled(if: Needs.met("nginx", "curl"), "needs nginx and curl"))
    func anInterfaceThatGoesAwayInTheMiddle() throws {
      let (here, there) = try Network.pair()
      let folder = try Folder()
      let server = try WebServer(there, sizes: [1_000, 50_000_000])
      let capture = try there.capture(["-i", "wire", "-o", "out", "-w", "raw.pcap"], in: folder)
      let client = try here.start(
        ["curl", "-sf", "--limit-rate", "4M", "-o", "/dev/null", "http://198.51.100.2:8080/50000000"], in: folder)
      #expect(capture.wait(upTo: 3) { folder.names("out").contains { folder.size("out/" + $0) > 1_000_000 } })
      try Network.ip(["-n", here.name, "link", "delete", "wire"])
      #expect(capture.end(within: 10) == 2)
      client.stop()
      let line = try #require(try IndexLine.all(folder, "out").first)
      #expect(line.close == "open" && line.server.gaps == 0)
      let response = try #require(folder.data("out/" + (line.server.file ?? "")))
      #expect(response.count == line.server.bytes && response.count > 1_000_000)
      let head = try #require(response.prefix(4_096).range(of: Data("\r\n\r\n".utf8))).upperBound
      #expect(Bytes.areEqual(response, from: head, server.body(50_000_000).prefix(response.count - head)))
      #expect(try kept(in: here, reads: "raw.pcap", as: "out", in: folder))
    }

    /// Whether the kept packets give the same index.
    private func kept(in network: Network, reads file: String, as output: String, in folder: Folder) throws -> Bool {
      #expect(try network.run([Needs.reasm, "-r", file, "-o", "again", "-q"], in: folder).status == 0)
      return folder.data("again/connections.ndjson") == folder.data(output + "/connections.ndjson")
    }

    /// Taken down for a while, the interface is still there: capturing goes on, and does not spin meanwhile.
    @Test func anInterfaceThatIsDownForAWhile() throws {
      let (here, there) = try Network.pair()
      let folder = try Folder()
      let capture = try there.capture(["-i", "wire", "-o", "out"], in: folder)
      try Network.ip(["-n", there.name, "link", "set", "wire", "down"])
      let before = try processorTime(capture.identifier)
      usleep(2_000_000)
      #expect(try processorTime(capture.identifier) - before < 50)
      try Network.ip(["-n", there.name, "link", "set", "wire", "up"])
      let folderOfClient = try Folder()
      #expect(
        capture.wait(upTo: 10) {
          _ = try? here.run(["timeout", "1", "bash", "-c", "echo > /dev/tcp/198.51.100.2/9"], in: folderOfClient)
          return (try? IndexLine.all(folder, "out").isEmpty) == false
        })
      #expect(capture.interrupt() == 0)
    }

    /// In hundredths of a second.
    private func processorTime(_ process: Int32) throws -> Int {
      let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
      let fields = try #require(text.split(separator: ")").last).split(separator: " ")
      return try #require(Int(fields[11])) + #require(Int(fields[12]))
    }

    /// The terminal was closed: an end like any other.
    ///
    /// With nohup it is no end.
    @Test(.enabled(if: Needs.met("nohup"), "needs nohup"))
    func hangingUp() throws {
      let (network, folder) = (try Network(), try Folder())
      // Whoever runs the tests may have it ignored.
      let capture = try network.start(["env", "--default-signal=HUP", Needs.reasm, "-i", "lo", "-o", "out"], in: folder)
      #expect(capture.wait { capture.errors.contains("capturing on") })
      try network.knock()
      // The kernel and the shell send one each.
      for _ in 0..<2 {
        kill(capture.identifier, SIGHUP)
        usleep(10_000)
      }
      #expect(capture.end(within: 5) == 0)
      #expect(try IndexLine.all(folder, "out").count == 1 && folder.names("out").contains("run.json"))
      let kept = try network.start(["nohup", Needs.reasm, "-i", "lo", "-o", "kept"], in: folder)
      #expect(kept.wait { kept.errors.contains("capturing on") })
      kill(kept.identifier, SIGHUP)
      usleep(700_000)
      #expect(kept.isRunning && kept.interrupt() == 0)
    }

    @Test func theDurationAndTheCountEndIt() throws {
      let (network, folder) = (try Network(), try Folder())
      let start = Date()
      let timed = try network.capture(["-i", "lo", "-o", "timed", "--duration", "500ms"], in: folder)
      #expect(timed.end() == 0)
      #expect((0.5...4).contains(Date().timeIntervalSince(start)))
      let counted = try network.capture(["-i", "lo", "-o", "counted", "-c", "3"], in: folder)
      let client = try network.start(["sh", "-c", "for i in 1 2 3 4; do echo > /dev/tcp/127.0.0.1/9; done"], in: folder)
      for _ in 0..<4 { _ = try network.run(["bash", "-c", "echo > /dev/tcp/127.0.0.1/9"], in: folder) }
      #expect(counted.end(within: 10) == 0)
      #expect(counted.errors.contains(/packets +3\n/), "\(counted.errors)")
      client.stop()
    }

    @Test func figuresOnTheWay() throws {
      let (network, folder) = (try Network(), try Folder())
      let capture = try network.capture(["-i", "lo", "-o", "out", "--stats-interval", "200ms"], in: folder)
      #expect(capture.wait(upTo: 3) { capture.errors.contains("0 packets, 0 connections, 0 open") })
      #expect(!capture.errors.contains("dropped by the kernel"))
      kill(capture.identifier, SIGUSR1)
      #expect(capture.wait(upTo: 3) { capture.errors.contains("dropped by the kernel") })
      #expect(capture.isRunning)
      kill(capture.identifier, SIGTERM)
      #expect(capture.end() == 0)
    }

    @Test(.enabled(if: Needs.met("bash"), "needs bash"))
    func aClosedPipeEndsItQuietly() throws {
      let (network, folder) = (try Network(), try Folder())
      let pipe = Pipe()
      let capture = try network.capture(
        ["-i", "lo", "-o", "out", "--events", "--summary", "none"], in: folder, output: pipe.fileHandleForWriting)
      try pipe.fileHandleForReading.close()
      _ = try network.run(["bash", "-c", "echo > /dev/tcp/127.0.0.1/9"], in: folder)
      #expect(capture.end(within: 10) == 0)
      #expect(capture.errors.split(separator: "\n").count == 1, "\(capture.errors)")
      #expect(try IndexLine.all(folder, "out").map(\.close) == ["refused"])
    }

    /// Without a packet nothing is written, and still it is seen that nobody reads.
    @Test(arguments: [["--events"], ["--events", "-w", "raw.pcap"], ["--console", "-w", "raw.pcap"]])
    func aClosedPipeOnAQuietNetwork(_ options: [String]) throws {
      let (network, folder) = (try Network(), try Folder())
      let pipe = Pipe()
      let capture = try network.capture(["-i", "lo"] + options, in: folder, output: pipe.fileHandleForWriting)
      try pipe.fileHandleForWriting.close()
      usleep(500_000)
      #expect(capture.isRunning)
      try pipe.fileHandleForReading.close()
      #expect(capture.end(within: 3) == 0)
      #expect(options.count == 1 || folder.size("raw.pcap") == 24)
    }

    /// A reader that does not read holds the run up, but cannot keep it from ending: everything is written, and the events are said to end.
    @Test func aReaderThatDoesNotRead() throws {
      let (network, folder) = (try Network(), try Folder())
      let pipe = Pipe()
      let capture = try network.capture(["-i", "lo", "-o", "out", "--events"], in: folder, output: pipe.fileHandleForWriting)
      // Some 700 bytes each, into a pipe of 64 KiB.
      _ = try network.run(["bash", "-c", "for i in {1..300}; do echo > /dev/tcp/127.0.0.1/9; done"], in: folder)
      usleep(500_000)
      let lines = try IndexLine.all(folder, "out").count
      #expect(lines > 20 && lines < 300, "\(lines)")
      kill(capture.identifier, SIGINT)
      #expect(capture.end(within: 10) == 2)
      #expect(capture.errors.contains("standard output: Connection timed out; the events end there, the files are complete"))
      #expect(try IndexLine.all(folder, "out").count == 300)
      withExtendedLifetime(pipe) {}
    }

    /// The program of --on-close: its input is the index line, it runs as the user of -U, and what it prints is not among the events.
    @Test(.enabled(if: Needs.met("bash"), "needs bash"))
    func aProgramForEachConnection() throws {
      let (network, folder) = (try Network(), try Folder())
      let script = "#!/bin/bash\necho \"$(id -u) $(ls /proc/self/fd | wc -l) $(cat)\" >> seen\necho printed\nexit 3\n"
      try folder.write("told", Data(script.utf8), mode: 0o755)
      try folder.write("seen", Data(), mode: 0o666)
      let capture = try network.capture(["-i", "lo", "-o", "out", "--events", "--on-close", "./told", "-U", "nobody"], in: folder)
      for _ in 0..<20 { _ = try network.run(["bash", "-c", "echo > /dev/tcp/127.0.0.1/9"], in: folder) }
      #expect(capture.wait(upTo: 5) { (folder.data("seen") ?? Data()).count { $0 == 0x0a } == 20 })
      // All of them were taken leave of: no child is left, dead or alive.
      let children = "/proc/\(capture.identifier)/task/\(capture.identifier)/children"
      #expect(capture.wait(upTo: 2) { (try? String(contentsOfFile: children, encoding: .utf8))?.isEmpty == true })
      #expect(capture.interrupt() == 0)
      let index = String(decoding: folder.data("out/connections.ndjson") ?? Data(), as: UTF8.self).split(separator: "\n")
      let seen = String(decoding: folder.data("seen") ?? Data(), as: UTF8.self).split(separator: "\n")
      // ls has the directory it reads open, and the pipe.
      #expect(Set(seen) == Set(index.map { "65534 4 \($0)" }))
      #expect(capture.errors.components(separatedBy: "--on-close ./told: ").count == 2, "\(capture.errors)")
      #expect(capture.errors.contains("note: --on-close failed 20 times"))
      let events = capture.output.split(separator: "\n")
      #expect(events.count == 40 && events.allSatisfy { $0.hasPrefix("{\"event\":\"") })
      #expect(!capture.output.contains("printed"))
    }
  }
}

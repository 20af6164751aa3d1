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

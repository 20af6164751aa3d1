import Foundation
import Testing

extension LiveTests {
  /// More connections close than programs of `--on-close` may run.
  @Suite(.enabled(if: Needs.met("ip", "bash"), "needs root, ip and bash"))
  struct CloseCommandTests {
    private func lineCount(_ data: Data?) -> Int { (data ?? Data()).count { $0 == 0x0a } }

    /// Four run at a time, the others wait; the capture does not; the end waits for all of them.
    @Test func moreThanMayRun() throws {
      let (network, folder) = (try Network(), try Folder())
      let script = "#!/bin/bash\nread line\necho + >> log\nsleep 0.3\necho \"$line\" >> seen\necho - >> log\n"
      try folder.write("told", Data(script.utf8), mode: 0o755)
      let capture = try network.capture(["-i", "lo", "-o", "out", "--on-close", "./told"], in: folder)
      _ = try network.run(["bash", "-c", "for i in {1..40}; do echo > /dev/tcp/127.0.0.1/9; done"], in: folder)
      #expect(capture.wait(upTo: 1) { lineCount(folder.data("out/connections.ndjson")) == 40 })
      #expect(lineCount(folder.data("seen")) < 40)
      #expect(capture.interrupt() == 0)
      #expect(capture.errors.contains(/waiting for \.\/told, \d+ to go; another signal ends this at once/))
      let index = String(decoding: folder.data("out/connections.ndjson") ?? Data(), as: UTF8.self).split(separator: "\n")
      let seen = String(decoding: folder.data("seen") ?? Data(), as: UTF8.self).split(separator: "\n")
      #expect(Set(seen) == Set(index) && seen.count == 40)
      var (running, most) = (0, 0)
      for mark in String(decoding: folder.data("log") ?? Data(), as: UTF8.self).split(separator: "\n") {
        running += mark == "+" ? 1 : -1
        most = max(most, running)
      }
      #expect(most == 4 && running == 0)
      #expect(!capture.errors.contains("--on-close ./told:"), "\(capture.errors)")
    }

    /// The queue is full: one warning, what is left out is counted, everything is in the index.
    ///
    /// The second signal does not wait.
    @Test(.enabled(if: Needs.met("tcpreplay"), "needs tcpreplay"))
    func moreThanMayWait() throws {
      let (here, there) = try Network.pair()
      let folder = try Folder()
      try folder.write("told", Data("#!/bin/sh\nexec sleep 600\n".utf8), mode: 0o755)
      try folder.write("short.pcap", ShortConnections.capture(10_200, pass: 1))
      let capture = try there.capture(["-i", "wire", "-o", "out", "-B", "256M", "--on-close", "./told"], in: folder)
      let replay = try here.run(["tcpreplay", "-q", "-i", "wire", "-M", "40", "short.pcap"], in: folder)
      #expect(replay.status == 0, "\(replay.errors)")
      #expect(capture.wait(upTo: 30) { folder.size("out/connections.ndjson") > 10_200 * 500 })
      #expect(capture.wait(upTo: 10) { lineCount(folder.data("out/connections.ndjson")) == 10_200 })
      let warnings = capture.errors.components(separatedBy: "--on-close ./told: ").count - 1
      #expect(warnings == 1 && capture.errors.contains("too many connections at once for it: some are left out"))
      kill(capture.identifier, SIGUSR1)
      // Four run and 10 000 wait.
      let note = "note: --on-close was too slow for 196 connections, which it was not run for"
      #expect(capture.wait(upTo: 3) { capture.errors.contains(note) }, "\(capture.errors)")
      kill(capture.identifier, SIGINT)
      #expect(capture.wait(upTo: 5) { capture.errors.contains("waiting for ./told, 10004 to go; another signal ends this at once") })
      #expect(folder.names("out").contains("run.json"))
      kill(capture.identifier, SIGINT)
      #expect(capture.end(within: 3) == -SIGINT)
    }
  }
}

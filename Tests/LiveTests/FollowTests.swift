import Foundation
import Testing

extension LiveTests {
  /// tcpdump captures and writes, reasm follows the file.
  @Suite(.enabled(if: Needs.met("ip", "nginx", "curl", "tcpdump"), "needs root, ip, nginx, curl and tcpdump"))
  struct FollowTests {
    @Test(arguments: [["-U"], []])
    func whatTcpdumpWritesEndsEqualToReadingItAfterwards(_ option: [String]) throws {
      let (network, folder) = (try Network(), try Folder())
      let sizes = [1, 1_000, 1_000_000]
      let server = try WebServer(network, sizes: sizes)
      // Signals may be blocked in what a test starts: it ends by itself, with the first packet that comes after six seconds.
      let tcpdump = try network.start(
        ["tcpdump", "-i", "lo", "-w", "growing.pcap", "-Z", "root", "-B", "65536", "-G", "6", "-W", "1"] + option, in: folder)
      let isCapturing = tcpdump.wait { tcpdump.errors.contains("listening on") && folder.names().contains("growing.pcap") }
      try #require(isCapturing, "\(tcpdump.errors)")
      let reader = try network.start([Needs.reasm, "-r", "growing.pcap", "--follow", "-o", "out", "-q"], in: folder)
      for _ in 0..<3 {
        for size in sizes {
          let address = "http://127.0.0.1:8080/\(size)"
          #expect(try network.run(["curl", "-sf", "--limit-rate", "4M", "-o", "/dev/null", address], in: folder).status == 0)
        }
      }
      for _ in 0..<200 where tcpdump.isRunning {
        usleep(100_000)
        _ = try network.run(["curl", "-s", "-o", "/dev/null", "http://127.0.0.1:8080/1"], in: folder)
      }
      #expect(tcpdump.end() == 0, "\(tcpdump.errors)")
      #expect(tcpdump.errors.contains("\n0 packets dropped by kernel"), "\(tcpdump.errors)")
      #expect(reader.interrupt() == 0, "\(reader.errors)")
      let lines = try IndexLine.all(folder, "out")
      #expect(lines.count { $0.client.isComplete && $0.server.isComplete } >= 3 * sizes.count)
      #expect(try network.run([Needs.reasm, "-r", "growing.pcap", "-o", "afterwards", "-q"], in: folder).status == 0)
      let difference = try network.run(["diff", "-r", "out", "afterwards"], in: folder)
      #expect(difference.status == 0, "\(difference.output)")
      withExtendedLifetime(server) {}
    }
  }
}

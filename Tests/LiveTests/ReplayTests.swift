import Foundation
import Testing

extension LiveTests {
  /// Many short connections, replayed by tcpreplay over a cable: memory does not grow with what is over.
  @Suite(.enabled(if: Needs.met("ip", "tcpreplay"), "needs root, ip and tcpreplay"))
  struct ReplayTests {
    /// Connections of one pass, and how often it is made: ten times 20 000 with `LIVE_FULL=1`, which takes minutes.
    private static let isFull = ProcessInfo.processInfo.environment["LIVE_FULL"] == "1"
    private static let connections = isFull ? 20_000 : 1_000
    private static let passes = 10

    /// Resident memory in KiB.
    private func residentMemory(_ process: Int32) throws -> Int {
      let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
      let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
      return try #require(Int(line.filter { $0.isNumber }))
    }

    @Test func memoryAfterManyConnectionsIsThatAfterTheFirst() throws {
      let (here, there) = try Network.pair()
      let folder = try Folder()
      let capture = try there.capture(["-i", "wire", "-o", "out", "-B", "256M"], in: folder)
      let index = "out/connections.ndjson"
      var resident: [Int] = []
      for pass in 1...Self.passes {
        try folder.write("short.pcap", ShortConnections.capture(Self.connections, pass: pass))
        let replay = try here.run(["tcpreplay", "-q", "-i", "wire", "-M", Self.isFull ? "60" : "20", "short.pcap"], in: folder)
        #expect(replay.status == 0, "\(replay.errors)")
        // Lines are longer than 500 bytes: a look at the size is cheaper than counting them.
        #expect(capture.wait(upTo: 120) { folder.size(index) > pass * Self.connections * 500 })
        usleep(600_000)
        resident.append(try residentMemory(capture.identifier))
      }
      #expect(capture.interrupt() == 0)
      #expect(try IndexLine.kernel(folder, "out")["dropped"] == 0)
      let lines = try String(decoding: #require(folder.data(index)), as: UTF8.self).utf8.count { $0 == 0x0a }
      #expect(lines == Self.connections * Self.passes)
      let growth = (resident.last ?? 0) - (resident.first ?? 0)
      print("resident after each pass of \(Self.connections) connections, KiB: \(resident)")
      // Noise: ten bytes for each connection of the whole run.
      #expect(growth <= 2_048, "\(resident) KiB")
    }
  }
}

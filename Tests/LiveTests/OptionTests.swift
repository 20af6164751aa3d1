import Foundation
import Testing

extension LiveTests {
  /// What the options of capturing make of the interface and of the packets.
  @Suite(.enabled(if: Needs.met("ip", "nginx", "curl", "bash"), "needs root, ip, nginx, curl and bash"))
  struct OptionTests {
    /// How the kernel sees a capture on `wire` that runs with `options`: its socket, and its interface.
    private func state(_ options: [String]) throws -> (socket: String, interface: String) {
      let (here, there) = try Network.pair()
      let folder = try Folder()
      let capture = try there.capture(["-i", "wire", "-o", "out"] + options, in: folder)
      let socket = try there.run(["ss", "-0", "-e", "-n", "-O"], in: folder).output
      let interface = try there.run(["ip", "-d", "link", "show", "dev", "wire"], in: folder).output
      #expect(capture.interrupt() == 0)
      withExtendedLifetime(here) {}
      return (socket, interface)
    }

    /// A ring of blocks that are handed over when they are full or a tenth of a second old; of packets, each at once, with `--immediate`.
    @Test(.enabled(if: Needs.met("ss") && Needs.describesSockets, "needs ss, and a kernel that tells it"))
    func immediateAndTheBuffer() throws {
      let usual = try state([]).socket
      // 64 MiB, blocks of 256 KiB, 100 ms.
      #expect(usual.contains(/ver:2 .*ring_rx\(blk_size:262144,blk_nr:256,.*tmo:100/), "\(usual)")
      #expect(try state(["-B", "1M"]).socket.contains(/ring_rx\(blk_size:262144,blk_nr:4,/))
      #expect(try state(["--immediate"]).socket.contains(/ver:1 .*ring_rx\(.*tmo:0/))
    }

    @Test func promiscuity() throws {
      #expect(try state([]).interface.contains("promiscuity 1 "))
      #expect(try state(["-p"]).interface.contains("promiscuity 0 "))
      #expect(try state(["--no-promiscuous"]).interface.contains("promiscuity 0 "))
    }

    /// With `--immediate` packets are read and events are told as with whole blocks.
    @Test func eachPacketAtOnce() throws {
      let (network, folder) = (try Network(), try Folder())
      let server = try WebServer(network, sizes: [65_536])
      let capture = try network.capture(["-i", "lo", "-o", "out", "--immediate", "--events"], in: folder)
      #expect(try network.run(["curl", "-sf", "-o", "/dev/null", "http://127.0.0.1:8080/65536"], in: folder).status == 0)
      #expect(capture.wait(upTo: 1) { capture.output.contains("\"event\":\"closed\"") })
      #expect(capture.interrupt() == 0)
      let line = try #require(try IndexLine.all(folder, "out").first)
      #expect(line.client.isComplete && line.server.isComplete)
      let response = try #require(folder.data("out/" + (line.server.file ?? "")))
      #expect(Bytes.areEqual(response, from: response.count - 65_536, server.body(65_536)))
    }

    /// Tails are gaps of their own kind, offsets stay, and the summary says what to do.
    @Test func aSnapLengthThatCuts() throws {
      let (network, folder) = (try Network(), try Folder())
      let server = try WebServer(network, sizes: [1_000_000])
      let capture = try network.capture(["-i", "lo", "-o", "out", "-s", "400", "-w", "raw.pcap", "tcp port 8080"], in: folder)
      #expect(try network.run(["curl", "-sf", "-o", "/dev/null", "http://127.0.0.1:8080/1000000"], in: folder).status == 0)
      #expect(capture.interrupt() == 0)
      let line = try #require(try IndexLine.all(folder, "out").first)
      #expect(line.client.isComplete && !line.server.isComplete)
      #expect(line.server.gaps > 5 && line.server.listed.allSatisfy { $0.kind == "cut" })
      #expect(line.server.listed.reduce(line.server.bytes) { $0 + $1.range.count } == line.server.length)
      var response = try #require(folder.data("out/" + (line.server.file ?? "")))
      // The last segment's tail takes no room, because nothing follows it.
      #expect(response.count < line.server.length)
      response.append(Data(count: line.server.length - response.count))
      #expect(Bytes.areEqual(response, from: response.count - 1_000_000, server.body(1_000_000), without: line.server.listed))
      let note = /note: \d+ packets cut off by the snapshot length \(400\): the tails are gaps; capture with -s 0/
      #expect(capture.errors.contains(note), "\(capture.errors)")
      // The kept packets are cut likewise, and give the same.
      #expect(try network.run([Needs.reasm, "-r", "raw.pcap", "-o", "again", "-q"], in: folder).status == 0)
      #expect(folder.data("again/connections.ndjson") == folder.data("out/connections.ndjson"))
    }

    /// The clock that every interface has, and in its file the nanoseconds that the kernel gives.
    @Test func timeStamps() throws {
      let (network, folder) = (try Network(), try Folder())
      let before = Date().timeIntervalSince1970
      let capture = try network.capture(
        ["-i", "lo", "-o", "out", "--time-stamp-type", "host", "--events", "-w", "raw.pcap"], in: folder)
      for _ in 0..<5 { try network.knock() }
      #expect(capture.wait(upTo: 2) { capture.output.components(separatedBy: "\"opened\"").count == 6 })
      #expect(capture.interrupt() == 0)
      #expect(String(decoding: folder.data("out/run.json") ?? Data(), as: UTF8.self).contains("\"time_stamp_type\": \"host\""))
      #expect(folder.data("raw.pcap")?.prefix(4) == Data([0x4d, 0x3c, 0xb2, 0xa1]))
      let fractions = capture.output.matches(of: /"time":"[0-9T:-]+\.(\d{9})Z"/).map(\.output.1)
      #expect(fractions.count == 5 && fractions.contains { !$0.hasSuffix("000") }, "\(fractions)")
      let dates = capture.output.matches(of: /"time":"([0-9T:-]+)\./).map { String($0.output.1) + "Z" }
      let times = dates.compactMap { ISO8601DateFormatter().date(from: $0)?.timeIntervalSince1970 }
      #expect(times.count == 5 && times.allSatisfy { (before - 2...before + 60).contains($0) })
    }

    /// Packet time goes on where no packet comes.
    @Test func timersOnAQuietNetwork() throws {
      let (network, folder) = (try Network(), try Folder())
      let server = try WebServer(network, sizes: [10])
      let capture = try network.capture(["-i", "lo", "-o", "out", "--idle-timeout", "1s"], in: folder)
      let talk = "exec 3<>/dev/tcp/127.0.0.1/8080; printf 'GET /10 HTTP/1.1\\r\\nHost: here\\r\\n\\r\\n' >&3; sleep 60"
      let client = try network.start(["bash", "-c", talk], in: folder)
      #expect(capture.wait(upTo: 4) { (try? IndexLine.all(folder, "out").map(\.close)) == ["idle"] })
      #expect(client.isRunning)
      #expect(capture.interrupt() == 0)
      client.stop()
      withExtendedLifetime(server) {}
    }
  }
}

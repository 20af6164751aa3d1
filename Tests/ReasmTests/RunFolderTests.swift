import Foundation
import Packets
import TestSupport
import Testing

/// The folder of a run that was cut short, or that another run writes to.
@Suite struct RunFolderTests {
  /// 300 connections, several of which are open at once.
  static let capture: [UInt8] = {
    var packets: [ScriptedPacket] = []
    for number in 0..<300 {
      var c = Conversation(
        client: Endpoint("10.0.\(number / 100).1", UInt16(40_000 + number)), start: Conversation.epoch + Int64(number) * 2_500_000)
      c.handshake()
      c.send(.client, "GET /\(number)\n")
      for _ in 0..<(number % 7) { c.send(.server, [UInt8].letters(700 + number)) }
      c.close()
      packets += c.packets
    }
    return merged(packets)
  }()

  /// Capture of the packets of several connections in the order of their times.
  static func merged(_ packets: [ScriptedPacket]) -> [UInt8] {
    var writer = PcapWriter(linkType: .ethernet)
    for packet in packets.sorted(by: { $0.time < $1.time }) {
      writer.add(LinkLayer.ethernet().frame(PacketBuilder.ip(packet.segment)), time: packet.time)
    }
    return writer.bytes
  }

  /// Contents of everything in a folder; nil for folders.
  static func contents(_ command: Command, _ name: String) -> [String: Data?] {
    let path = command.folder + "/" + name
    var found: [String: Data?] = [:]
    for case let name as String in FileManager.default.enumerator(atPath: path) ?? .init() {
      found[name] = .some(FileManager.default.contents(atPath: path + "/" + name))
    }
    return found
  }

  @Test(arguments: [[], ["-T", "%K/%A/%a-%B.%b"], ["--chunks", "--hash", "--write-empty"]])
  func killedAtAnyMoment(_ options: [String]) throws {
    let command = try Command(["a.pcap": Self.capture])
    let arguments = ["-r", "a.pcap", "-q"] + options
    // Other tests run beside this one: the shortest of a few runs is what the process itself takes.
    var length = Duration.seconds(60)
    for name in ["fresh", "second", "third"] {
      let start = ContinuousClock.now
      #expect(try command.run(arguments + ["-o", name]).status == 0)
      length = min(length, ContinuousClock.now - start)
    }
    let expected = Self.contents(command, "fresh")
    #expect(expected.count > 300 && expected[".reasm-run"] == nil)
    var random = SplitMix64(seed: 7)
    var killed = 0
    for attempt in 0..<24 {
      // Every third one finds what the one before left.
      let output = "out\(attempt / 3)"
      try command.start(arguments + ["-o", output, "--force"])
      let pause = length * Double.random(in: 0..<1.1, using: &random)
      let delay = pause.components
      usleep(useconds_t(delay.seconds * 1_000_000 + delay.attoseconds / 1_000_000_000_000))
      command.kill()
      // A run that was over before takes less time than the first ones did.
      if command.wait().isKilled { killed += 1 } else { length = min(length, pause) }
      guard attempt % 3 == 2 else { continue }
      let outcome = try command.run(arguments + ["-o", output, "--force"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let got = Self.contents(command, output)
      let strange = got.keys.filter { expected[$0] == nil }
      #expect(got == expected, "attempt \(attempt): \(got.count) of \(expected.count), strange: \(strange.prefix(5))")
    }
    #expect(killed > 4, "of 24")
  }

  /// A disk that fills up in the middle of a run, and has room again for the next one.
  @Test(.enabled(if: FullDisk.canMount, "needs root and the right to mount in a namespace of its own"))
  func aDiskThatWasFull() throws {
    let command = try Command(["a.pcap": Self.capture])
    let script = """
      mkdir disk && mount -t tmpfs -o size=4m tmpfs disk || exit 99
      for pages in 1 2 3 5 8 20 90 300; do
        head -c $(( (1024 - pages) * 4096 )) /dev/zero > disk/fill
        "$0" -q -r a.pcap -o disk/out --force --chunks 2> first; echo "first $?"
        rm disk/fill
        "$0" -q -r a.pcap -o disk/out --force --chunks; echo "then $?"
        "$0" -q -r a.pcap -o fresh --force --chunks && diff -r fresh disk/out || echo differs
      done
      """
    let outcome = try command.run(FullDisk.arguments + ["/bin/sh", "-c", script, Command.reasm], of: FullDisk.program)
    #expect(!outcome.output.contains("differs"), "\(outcome.output)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count { $0 == "then 0" } == 8, "\(outcome.output)\(outcome.errors)")
    #expect(lines.contains("first 2") && !lines.contains("first 0"), "\(outcome.output)")
  }

  @Test func aFolderThatARunLeftIsRefusedWithoutForce() throws {
    let command = try Command(["a.pcap": Self.capture])
    let pipe = Pipe()
    try pipe.fileHandleForWriting.write(contentsOf: Self.capture.prefix(60_000))
    try command.start(["-r", "-", "-o", "out", "-v"], input: pipe)
    for _ in 0..<500 where !FileManager.default.fileExists(atPath: command.folder + "/out/.reasm-run") { usleep(10_000) }
    command.kill()
    #expect(command.wait().isKilled)
    let outcome = try command.run(["-r", "a.pcap", "-o", "out"])
    #expect(outcome.status == 1)
    #expect(
      outcome.errors
        == "reasm: out: an earlier run ended here before it was finished; remove what it left with --force, or name another directory\n")
  }

  @Test func aSecondRunInOneFolderIsRefused() throws {
    let command = try Command(["a.pcap": Self.capture])
    let second = try Command(["a.pcap": Self.capture])
    let pipe = Pipe()
    try pipe.fileHandleForWriting.write(contentsOf: Self.capture.prefix(60_000))
    try command.start(["-r", "-", "-o", "out", "-q"], input: pipe)
    for _ in 0..<500 where command.contents("out/connections.ndjson") == nil { usleep(10_000) }
    for arguments in [[], ["--force"]] {
      let outcome = try second.run(["-r", "a.pcap", "-o", command.folder + "/out"] + arguments)
      #expect(outcome.status == 1)
      #expect(outcome.errors == "reasm: \(command.folder)/out: another run writes to it; wait for its end, or name another directory\n")
    }
    try pipe.fileHandleForWriting.write(contentsOf: Self.capture.dropFirst(60_000))
    try pipe.fileHandleForWriting.close()
    #expect(command.wait().status == 0)
    #expect(try second.run(["-r", "a.pcap", "-o", "out", "-q"]).status == 0)
    var (first, alone) = (Self.contents(command, "out"), Self.contents(second, "out"))
    #expect(first.removeValue(forKey: "run.json") != nil && alone.removeValue(forKey: "run.json") != nil)
    #expect(first == alone)
  }

  /// The limit of processes leaves no second thread: one does everything.
  @Test(.enabled(if: Limits.canLimit, "needs prlimit, and setpriv where the tests run as root"))
  func withoutASecondThread() throws {
    let command = try Command(["a.pcap": Self.capture])
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: command.folder)
    let outcome = try command.run(Limits.arguments(["--nproc=1"]) + ["-r", "a.pcap", "-o", "one", "-q"], of: Limits.program)
    #expect(outcome.status == 0 && !outcome.isKilled, "\(outcome.errors)")
    #expect(try command.run(["-r", "a.pcap", "-o", "two", "-q"]).status == 0)
    #expect(Self.contents(command, "one") == Self.contents(command, "two"))
  }

  /// A block of pcapng may be 16 MiB long, more than there is memory for.
  @Test(.enabled(if: Limits.canLimit, "needs prlimit, and setpriv where the tests run as root"))
  func withoutMemoryForABlock() throws {
    func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
      let length = littleEndian(UInt32(body.count + 12))
      return littleEndian(type) + length + body + length
    }
    let section = block(0x0a0d_0d0a, littleEndian(UInt32(0x1a2b_3c4d)) + littleEndian(UInt32(1)) + [UInt8](repeating: 0xff, count: 8))
    let comment = littleEndian(UInt16(1)) + littleEndian(UInt16(65_000)) + [UInt8](repeating: 0x63, count: 65_000)
    let comments = (0..<240).flatMap { _ in comment }
    let interface = block(1, littleEndian(UInt32(1)) + littleEndian(UInt32(65_535)) + comments)
    let command = try Command(["a.pcapng": section + interface])
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: command.folder)
    // How much the program takes besides depends on how it was built: the first limit that is too low is what this is about.
    for mebibytes in stride(from: 200, to: 20, by: -6) {
      let outcome = try command.run(
        Limits.arguments(["--as=\(mebibytes << 20)"]) + ["-r", "a.pcapng", "-o", "out\(mebibytes)", "-q"], of: Limits.program)
      if outcome.status == 0, !outcome.isKilled { continue }
      #expect(!outcome.isKilled && outcome.status == 1, "\(outcome.status)")
      #expect(outcome.errors == "reasm: a.pcapng: Cannot allocate memory; what was read until then was used\n")
      return
    }
    Issue.record("no limit was too low")
  }
}

/// Ways to run the program with few resources.
///
/// Root has no limit of processes, so the program is run as another user.
enum Limits {
  private static let setpriv = "/usr/bin/setpriv"
  private static let prlimit = "/usr/bin/prlimit"
  static let program = isRoot ? setpriv : prlimit

  static func arguments(_ limits: [String]) -> [String] {
    (isRoot ? ["--reuid", "65534", "--regid", "65534", "--clear-groups", prlimit] : []) + limits + [Command.reasm]
  }

  static let canLimit: Bool = {
    guard FileManager.default.isExecutableFile(atPath: prlimit), let command = try? Command() else { return false }
    return (try? command.run(arguments(["--core=0"]) + ["--version"], of: program).status) == 0
  }()
}

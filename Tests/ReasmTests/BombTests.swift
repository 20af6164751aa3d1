import Foundation
import Testing

/// Small files that stand for very many bytes, and headers that ask for much memory: what they take is bounded.
@Suite struct BombTests {
  /// In MiB, the program itself and its buffers included: about 20 of these.
  private static let most = 64

  private static func littleEndian(_ words: [UInt32]) -> [UInt8] {
    words.flatMap { word in [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> $0) } }
  }

  /// Makes `name` of parts, each compressed for itself: `zeros` stands for 64 MiB of them.
  private func pack(_ command: Command, _ name: String, _ parts: [String], with compressor: String) throws {
    let script = """
      head -c 67108864 /dev/zero | "$0" -1 -c > zeros.packed
      for part in "$@"; do test $part = zeros || "$0" -c $part > $part.packed; cat $part.packed; done > \(name)
      """
    #expect(try command.run(["-c", script, compressor] + parts, of: "/bin/sh").status == 0)
  }

  /// Runs on a file as standard input, which stays open until the program waits for more, and looks at the memory it has had by then.
  private func run(_ command: Command, _ name: String, _ arguments: [String] = []) throws -> (Command.Outcome, resident: Int) {
    let pipe = Pipe()
    let bytes = try #require(FileManager.default.contents(atPath: command.folder + "/" + name))
    try command.start(["-r", "-", "-o", "out", "-q"] + arguments, input: pipe)
    try pipe.fileHandleForWriting.write(contentsOf: bytes)
    let process = "/proc/\(command.identifier)/"
    var (processorTime, unchanged) = ("", 0)
    for _ in 0..<6_000 where unchanged < 20 {
      usleep(10_000)
      let fields = (try? String(contentsOfFile: process + "stat", encoding: .utf8))?.split(separator: " ") ?? []
      let now = fields.count > 14 ? "\(fields[2]) \(fields[13]) \(fields[14])" : ""
      unchanged = now == processorTime && now.hasPrefix("S") ? unchanged + 1 : 0
      processorTime = now
    }
    let status = try String(contentsOfFile: process + "status", encoding: .utf8)
    let resident = try #require(status.firstMatch(of: /VmHWM:\s+(\d+) kB/).flatMap { Int($0.1) })
    try pipe.fileHandleForWriting.close()
    return (command.wait(), resident / 1_024)
  }

  /// A block of 640 MiB that nobody knows, and a whole conversation behind it.
  @Test(arguments: Containers.compressors.map(\.name))
  func aBlockOfZerosIsPassedOver(_ name: String) throws {
    let compressor = try #require(Containers.compressors.first { $0.name == name })
    let length: UInt32 = 640 << 20 + 12
    let start = Containers.capture(.pcapng, []) + Self.littleEndian([0xbad, length])
    let command = try Command(["start": start, "end": Self.littleEndian([length]) + Containers.capture(.pcapng)])
    let parts = ["start"] + Array(repeating: "zeros", count: 10) + ["end"]
    try pack(command, "bomb", parts, with: compressor.program)
    let (outcome, resident) = try run(command, "bomb")
    #expect(outcome == Command.Outcome.quietSuccess)
    #expect(try Containers.output(command, "out") == ContainerTests.expected)
    print("640 MiB of zeros in \(name): \(resident) MiB resident")
    #expect(resident < Self.most)
  }

  /// Behind the header of a classic capture zeros are packets without a byte: four million of them.
  @Test func zerosAreEmptyPackets() throws {
    let compressor = try #require(Containers.compressors.first)
    let command = try Command(["start": CaptureBytes().bytes])
    try pack(command, "bomb", ["start", "zeros"], with: compressor.program)
    let (outcome, resident) = try run(command, "bomb", ["--summary", "json"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains(#""packets": 4194304,"#))
    #expect(resident < Self.most)
  }

  /// A packet or a block that says it is longer than any can be is damage, and nothing of it is read.
  @Test(arguments: Containers.compressors.map(\.name), [Containers.Container.microseconds, .pcapng])
  func aHugePacketIsDamage(_ name: String, _ container: Containers.Container) throws {
    let compressor = try #require(Containers.compressors.first { $0.name == name })
    let huge: [UInt32] = container == .pcapng ? [6, 0x7fff_fffc] : [1, 0, 0x7fff_ffff, 0x7fff_ffff]
    let command = try Command(["start": Containers.capture(container) + Self.littleEndian(huge)])
    try pack(command, "bomb", ["start"] + Array(repeating: "zeros", count: 32), with: compressor.program)
    let script = "ulimit -v 131072; exec \"$0\" -r bomb -o out -q"
    let outcome = try command.run(["-c", script, Command.reasm], of: "/bin/sh")
    #expect(outcome.status == 2)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains(/bomb: damaged: a (packet|block) of 21474836\d\d bytes, where \d+ is the most there can be/))
    #expect(try Containers.output(command, "out") == ContainerTests.expected)
  }

  @Test(arguments: Containers.compressors.map(\.name))
  func zerosAloneAreNoCapture(_ name: String) throws {
    let compressor = try #require(Containers.compressors.first { $0.name == name })
    let command = try Command()
    try pack(command, "bomb", ["zeros", "zeros"], with: compressor.program)
    let script = "ulimit -v 131072; exec \"$0\" -r bomb -o out"
    let outcome = try command.run(["-c", script, Command.reasm], of: "/bin/sh")
    #expect(outcome.status == 1)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.hasPrefix("reasm: bomb: not a capture but, by its first bytes, a file of zeros; "), "\(outcome.errors)")
  }

  /// What is compressed twice is not unpacked twice: it is said, with the line that does it.
  @Test(arguments: Containers.compressors.map(\.name), Containers.compressors.map(\.name))
  func aCaptureCompressedTwiceIsSaid(_ outer: String, _ inner: String) throws {
    let programs = Dictionary(uniqueKeysWithValues: Containers.compressors.map { ($0.name, $0.program) })
    let command = try Command(["a.pcap": Containers.capture(.microseconds)])
    let script = "\"$0\" -c a.pcap | \"$1\" -c > twice"
    #expect(try command.run(["-c", script, programs[inner] ?? "", programs[outer] ?? ""], of: "/bin/sh").status == 0)
    let outcome = try command.run(["-r", "twice", "-o", "out"])
    #expect(outcome.status == 1)
    let advice = "unpack it once: \(outer) -dc FILE | reasm -r - -o DIR"
    #expect(outcome.errors == "reasm: twice: not a capture but, by its first bytes, compressed twice, \(inner) in \(outer); \(advice)\n")
  }

  /// An .xz block of which the dictionary has 4 GiB, and a Zstandard frame with a window of 2 GiB.
  static let greedy: [(name: String, bytes: [UInt8], words: String)] = [
    (
      "xz",
      [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02, 0x00, 0x21, 0x01, 0x28, 0x00, 0x00, 0x00]
        + littleEndian([checksum([0x02, 0x00, 0x21, 0x01, 0x28, 0x00, 0x00, 0x00])]) + [1, 0, 0, 0],
      "decompressing it takes more than 256 MiB of memory"
    ),
    ("zstd", [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00], "Frame requires too much memory for decoding"),
  ]

  /// CRC-32 as in .xz.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { value, byte in
      (0..<8).reduce(value ^ UInt32(byte)) { bits, _ in bits & 1 == 1 ? bits >> 1 ^ 0xedb8_8320 : bits >> 1 }
    }
  }

  @Test(arguments: greedy)
  func aHeaderThatAsksForTooMuchMemoryIsRefused(_ name: String, _ bytes: [UInt8], _ words: String) throws {
    let command = try Command(["greedy": bytes])
    let script = "ulimit -v 131072; exec \"$0\" -r greedy -o out"
    let outcome = try command.run(["-c", script, Command.reasm], of: "/bin/sh")
    #expect(outcome.status == 1)
    #expect(outcome.errors == "reasm: greedy: cannot be read: \(words); try: \(name) -dc FILE | reasm -r - -o DIR\n")
  }
}

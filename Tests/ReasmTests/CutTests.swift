import Foundation
import Testing

/// Captures that end too early, or never.
@Suite struct CutTests {
  /// Offsets at which a packet ends, after that at which the header does.
  private static func borders(_ capture: [UInt8], header: Int, container: Containers.Container) -> [Int] {
    var borders = [header]
    func word(_ offset: Int) -> Int { (0..<4).reduce(0) { $0 | Int(capture[offset + $1]) << (8 * $1) } }
    while let last = borders.last, last < capture.count {
      borders.append(last + (container == .pcapng ? word(last + 4) : 16 + word(last + 8)))
    }
    return borders
  }

  /// Bytes of a section header block without options.
  private static let sectionHeader = 28

  @Test(arguments: [(Containers.Container.microseconds, 24), (.pcapng, 48)])
  func atEveryByte(_ container: Containers.Container, _ header: Int) throws {
    let packets = [0, 1, 3].map { Containers.Packet(seconds: 1, bytes: [UInt8](repeating: 0xff, count: 20 - $0), isFromClient: true) }
    let whole = Containers.capture(container, packets)
    let borders = Self.borders(whole, header: header, container: container)
    #expect(borders.last == whole.count)
    for length in 0...whole.count {
      let command = try Command(["cut": Array(whole.prefix(length))])
      let outcome = try command.run(["-r", "cut", "-o", "out", "--summary", "json"])
      // A section header alone is a whole capture without interfaces.
      let isEmpty = container == .pcapng && length == Self.sectionHeader
      let warnings = !isEmpty && (length < header || !borders.contains(length)) ? 1 : 0
      #expect(outcome.status == (warnings == 0 ? 0 : length < header ? 1 : 2), "\(length)")
      #expect(outcome.errorLines.count == warnings, "\(length): \(outcome.errors)")
      let count = borders.count { $0 <= length } - 1
      if length >= header { #expect(outcome.output.contains(#""packets": \#(count),"#), "\(length): \(outcome.output)") }
    }
  }

  /// Everything that was decompressed is used, whatever the decoder would have given next.
  @Test(arguments: Containers.compressors.map(\.name))
  func compressedCapturesAreUsedUpToTheCut(_ name: String) throws {
    let compressor = try #require(Containers.compressors.first { $0.name == name })
    let command = try Command(["whole": Containers.capture(.microseconds)])
    let script = """
      "$0" -c whole > packed; size=$(stat -c %s packed); head -c $((size - 5)) packed > cut
      for part in 1 2 3 4 5 6 7 8 9; do head -c $((size * part / 10)) packed > cut$part; done
      """
    #expect(try command.run(["-c", script, compressor.program], of: "/bin/sh").status == 0)
    for part in ["cut"] + (1...9).map({ "cut\($0)" }) {
      let outcome = try command.run(["-r", part, "-o", "out-" + part, "--summary", "json"])
      #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
      guard outcome.status == 2 else {
        // Not even the capture's header came out.
        #expect(outcome.status == 1)
        continue
      }
      #expect(outcome.errors.contains("its \(name) data is not whole"))
      let unpack = "\"$0\" -dc \(part) > plain-\(part) 2> /dev/null; stat -c %s plain-\(part)"
      let plain = try command.run(["-c", unpack, compressor.program], of: "/bin/sh")
      let reread = try command.run(["-r", "plain-" + part, "-o", "plain-out-" + part, "--summary", "json"])
      let packets = outcome.output.firstMatch(of: /"packets": (\d+),/)?.1
      let rereadPackets = reread.output.firstMatch(of: /"packets": (\d+),/)?.1 ?? "0"
      #expect(Int(packets ?? "-1") ?? -1 >= Int(rereadPackets) ?? 0, "\(part): \(plain.output)")
    }
  }

  /// Header and packets compressed each for itself, cut at every byte: a border of the parts is a border of packets, and elsewhere
  /// the part at hand is used as far as its packet came out whole.
  @Test(arguments: Containers.compressors.map(\.name), [Containers.Container.microseconds, .pcapng])
  func compressedAtEveryByte(_ name: String, _ container: Containers.Container) throws {
    let compressor = try #require(Containers.compressors.first { $0.name == name })
    let packets = [0, 3].map { Containers.Packet(seconds: 1, bytes: [UInt8](repeating: 0xff, count: 20 - $0), isFromClient: true) }
    let whole = Containers.capture(container, packets)
    let borders = Self.borders(whole, header: container == .pcapng ? 48 : 24, container: container)
    let parts = zip([0] + borders, borders).map { Array(whole[$0..<$1]) }
    let command = try Command(Dictionary(uniqueKeysWithValues: parts.enumerated().map { ("\($0)", $1) }))
    let script = "for part in 0 1 2; do \"$0\" -c $part > $part.packed; stat -c %s $part.packed; cat $part.packed >> packed; done"
    let sizes = try command.run(["-c", script, compressor.program], of: "/bin/sh").output.split(separator: "\n").compactMap { Int($0) }
    let packedBorders = sizes.indices.map { sizes[...$0].reduce(0, +) }
    let packed = Array(try #require(FileManager.default.contents(atPath: command.folder + "/packed")))
    #expect(packedBorders.last == packed.count)
    var least = 0
    var isBehindHeader = false
    for length in 0...packed.count {
      let cut = try Command(["cut": Array(packed.prefix(length))])
      let outcome = try cut.run(["-r", "cut", "-o", "out", "--summary", "json"])
      let parts = packedBorders.count { $0 <= length }
      let isBorder = packedBorders.contains(length)
      #expect(outcome.errorLines.count == (isBorder ? 0 : 1), "\(length): \(outcome.errors)")
      if outcome.status == 1 {
        #expect(parts == 0 && !isBehindHeader, "\(length): \(outcome.errors)")
        continue
      }
      isBehindHeader = true
      #expect(outcome.status == (isBorder ? 0 : 2), "\(length): \(outcome.errors)")
      let count = outcome.output.firstMatch(of: /"packets": (\d+),/).flatMap { Int($0.1) } ?? -1
      #expect(count >= max(least, parts - 1) && count <= (isBorder ? parts - 1 : parts), "\(length): \(count) packets")
      least = count
    }
    #expect(least == 2)
  }

  /// Bytes one in a thousand, as in a capture of headers alone: the holes get so much room and no more, and every byte is there.
  @Test func aCaptureOfHeadersDoesNotFillTheDisk() throws {
    var capture = CaptureBytes(snapshotLength: 64)
    capture.packet(CaptureBytes.segment(sequence: 999, flags: 0x02))
    for index in 0..<100 as Range<UInt32> {
      let whole = CaptureBytes.segment(sequence: 1000 + index * 1000, flags: 0x18, String(repeating: "x", count: 1000))
      capture.packet(seconds: 2 + index, originalLength: whole.count, Array(whole.prefix(64)))
    }
    let command = try Command(["headers.pcap": capture.bytes])
    let outcome = try command.run(["-r", "headers.pcap", "-o", "out", "--max-holes", "10000"])
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains("limit: --max-holes 10000 left gaps without room in the files, 89 times"), "\(outcome.errors)")
    #expect(command.contents("out/010.000.000.001.40000-010.000.000.002.00080")?.utf8.count == 100 * 10 + 10 * 990)
    #expect(command.contents("out/run.json")?.contains(#""max_holes""#) == true)
    #expect(try command.run(["-r", "headers.pcap", "-o", "all", "--max-holes", "0", "-q"]).status == 0)
    #expect(command.contents("all/010.000.000.001.40000-010.000.000.002.00080")?.utf8.count == 100 * 10 + 99 * 990)
  }
}

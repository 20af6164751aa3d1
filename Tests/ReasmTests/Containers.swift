import Foundation

/// One conversation both ways, written as every kind of capture.
enum Containers {
  struct Packet {
    var seconds: UInt32
    var bytes: [UInt8]
    var isFromClient: Bool
  }

  /// Handshake, a request of 3 kB, an answer of 6 kB, both FINs.
  static let packets: [Packet] = {
    var packets: [Packet] = []
    var (client, server): (UInt32, UInt32) = (1000, 5000)
    func add(_ isFromClient: Bool, _ flags: UInt8, _ payload: String = "") {
      let segment = CaptureBytes.segment(
        from: isFromClient ? 1 : 2, to: isFromClient ? 2 : 1, ports: isFromClient ? (40000, 80) : (80, 40000),
        sequence: isFromClient ? client : server, acknowledgment: flags == 0x02 ? 0 : isFromClient ? server : client, flags: flags, payload)
      let length = UInt32(payload.utf8.count) + (flags & 0x03 != 0 ? 1 : 0)
      if isFromClient { client += length } else { server += length }
      packets.append(Packet(seconds: 1_700_000_000 + UInt32(packets.count), bytes: segment, isFromClient: isFromClient))
    }
    add(true, 0x02)
    add(false, 0x12)
    add(true, 0x10)
    for line in 0..<3 { add(true, 0x18, String(repeating: "request line \(line) ", count: 64)) }
    for line in 0..<6 { add(false, 0x18, String(repeating: "answer line \(line)  ", count: 64)) }
    add(true, 0x11)
    add(false, 0x11)
    add(true, 0x10)
    return packets
  }()

  enum Container: String, CaseIterable, Sendable {
    case microseconds, nanoseconds, modified, pcapng
  }

  /// A capture of some of the packets.
  static func capture(_ container: Container, bigEndian: Bool = false, _ packets: [Packet] = packets) -> [UInt8] {
    var bytes: [UInt8] = []
    func put(_ word: UInt32) { withUnsafeBytes(of: bigEndian ? word.bigEndian : word.littleEndian) { bytes += $0 } }
    func put(_ halves: (UInt16, UInt16)) {
      for half in [halves.0, halves.1] { withUnsafeBytes(of: bigEndian ? half.bigEndian : half.littleEndian) { bytes += $0 } }
    }
    if container == .pcapng {
      for word in [0x0a0d_0d0a, 28, 0x1a2b_3c4d] as [UInt32] { put(word) }
      put((1, 0))
      for word in [.max, .max, 28, 1, 20] as [UInt32] { put(word) }
      put((1, 0))
      for word in [65535, 20] as [UInt32] { put(word) }
    } else {
      put(container == .microseconds ? 0xa1b2_c3d4 : container == .nanoseconds ? 0xa1b2_3c4d : 0xa1b2_cd34)
      put((2, 4))
      for word in [0, 0, 65535, 1] as [UInt32] { put(word) }
    }
    for packet in packets {
      let count = UInt32(packet.bytes.count)
      if container == .pcapng {
        let ticks = UInt64(packet.seconds) * 1_000_000
        let padding = [UInt8](repeating: 0, count: -packet.bytes.count & 3)
        let length = 32 + count + UInt32(padding.count)
        for word in [6, length, 0, UInt32(ticks >> 32), UInt32(truncatingIfNeeded: ticks), count, count] { put(word) }
        bytes += packet.bytes + padding
        put(length)
      } else {
        for word in [packet.seconds, 0, count, count] { put(word) }
        if container == .modified { for word in [0, 0] as [UInt32] { put(word) } }
        bytes += packet.bytes
      }
    }
    return bytes
  }

  /// The programs that compress, with their arguments; only those that are installed.
  static let compressors: [(name: String, program: String)] = ["gzip", "zstd", "xz", "lz4", "bzip2"].compactMap { name in
    let program = "/usr/bin/\(name)"
    return FileManager.default.isExecutableFile(atPath: program) ? (name, program) : nil
  }

  /// The folder that a run wrote, without what names the input: run.json, and inputs and packet numbers of the index.
  static func output(_ command: Command, _ folder: String) throws -> [String: String] {
    var files: [String: String] = [:]
    for name in command.names(in: folder) ?? [] where name != "run.json" { files[name] = command.contents(folder + "/" + name) }
    files["connections.ndjson"]?.replace(/"(first|last)_(packet|input)":\d+,/, with: "")
    // The packet after the longest silence.
    files["connections.ndjson"]?.replace(/,"packet":\d+(,"input":\d+)?}/, with: "}")
    files["connections.ndjson"]?.replace(/( && frame.number[<>]=\d+)+/, with: "")
    return files
  }
}
